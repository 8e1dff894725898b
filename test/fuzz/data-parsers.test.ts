// Every parser that reads what is in a backup, on what nobody meant it to read: it answers, or throws a Failure, ends, and no
// prototype is touched.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { countRows } from '../../src/datastores/files/csv-rows.ts';
import { documentIn, valueIn } from '../../src/datastores/firestore/document-text.ts';
import { heartbeatIn as heartbeatInText } from '../../src/datastores/firestore/heartbeat.ts';
import { readLines } from '../../src/datastores/firestore/load-documents.ts';
import { MAGIC, readArchive } from '../../src/datastores/mongodb/archive.ts';
import { fieldsIn, textOf } from '../../src/datastores/mongodb/bson-bytes.ts';
import { heartbeatIn } from '../../src/datastores/mongodb/heartbeat.ts';
import { Failure } from '../../src/domain/failure.ts';

const RUNS = { numRuns: 300 };
const before = Reflect.ownKeys(Object.prototype).length;

/** Answers with what was thrown, if it was a Failure. */
function read(parse: () => unknown): Failure | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  } finally {
    assert.equal(Reflect.ownKeys(Object.prototype).length, before);
  }
}

const scalar = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const document = fc.dictionary(
  fc.string({ maxLength: 8 }).filter((key) => !key.includes('\0')),
  scalar,
  {
    maxKeys: 5,
  },
);
/** A document as it should be, with some bytes that are not. */
const bson = fc
  .tuple(document, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }))
  .map(([value, changes]) => {
    const bytes = Buffer.from(BSON.serialize({ ...value, nested: value, list: [value] }));
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes;
  });

/** Cut where nobody expects it. */
async function* inPieces(whole: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) {
    yield await Promise.resolve(whole.subarray(at, at + size));
  }
}

async function holdsAsync<T>(
  input: fc.Arbitrary<T>,
  parse: (value: T) => Promise<unknown>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(input, async (value) => {
      await parse(value).catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
      });
    }),
    RUNS,
  );
  assert.equal(Reflect.ownKeys(Object.prototype).length, before);
}

describe('an archive of mongodump', () => {
  test('whose documents are damaged anywhere is read, or refused', () => {
    fc.assert(
      fc.property(bson, (bytes) => {
        read(() => [...fieldsIn(bytes)]);
        read(() => textOf(bytes));
        read(() => heartbeatIn(bytes));
      }),
      RUNS,
    );
  });

  test('whose document says that a field has a length below zero ends', () => {
    // A document in which a field `a` of kind 3 is as long as leads back to itself.
    for (const length of [-3, -1, -2_147_483_648]) {
      const bytes = Buffer.from([0, 0, 0, 0, 3, 0x61, 0, 0, 0, 0, 0, 0]);
      bytes.writeInt32LE(bytes.length, 0);
      bytes.writeInt32LE(length, 7);
      assert.equal(read(() => [...fieldsIn(bytes)])?.kind, 'CheckFailed');
    }
  });

  test('whose documents lie in each other deeper than any server takes is refused', () => {
    let bytes: Buffer = Buffer.from([5, 0, 0, 0, 0]);
    for (let depth = 0; depth < 20_000; depth += 1) {
      const head = Buffer.from([0, 0, 0, 0, 3, 0x61, 0]);
      head.writeInt32LE(bytes.length + 8, 0);
      bytes = Buffer.concat([head, bytes, Buffer.from([0])]);
      if (depth % 1000 === 0) assert.notEqual(read(() => textOf(bytes))?.kind, 'Broken');
    }
    assert.equal(read(() => textOf(bytes))?.kind, 'CheckFailed');
  });

  test('in pieces of any size is read to its end, or refused', async () => {
    const mark = Buffer.from(MAGIC, 'latin1');
    const blocks = fc.array(
      fc.oneof(
        bson,
        fc.constant(Buffer.from([255, 255, 255, 255])),
        fc.uint8Array().map((some) => Buffer.from(some)),
      ),
      {
        maxLength: 8,
      },
    );
    await holdsAsync(fc.tuple(blocks, fc.integer({ min: 1, max: 40 })), ([all, size]) =>
      readArchive(inPieces(Buffer.concat([mark, ...all]), size), {}),
    );
  });
});

describe('a backup of a Firestore', () => {
  const odd = fc.constantFrom('__proto__', 'constructor', 'toString', 'mapValue', 'arrayValue');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .array(fc.tuple(fc.oneof(odd, fc.string()), tie('value')), { maxLength: 4 })
        .map((pairs) => {
          const fields = pairs.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`);
          return JSON.parse(`{${fields.join(',')}}`) as unknown;
        }),
    ),
  }));

  test('whose lines hold anything is read, or refused', () => {
    fc.assert(
      fc.property(value, (one) => {
        const text = JSON.stringify({
          name: 'orders/1',
          fields: { a: one, b: { mapValue: { fields: one } } },
        });
        read(() => documentIn(text, 'projects/p/databases/d'));
        read(() => documentIn(JSON.stringify(one), 'projects/p/databases/d'));
        read(() => heartbeatInText(text));
      }),
      RUNS,
    );
  });

  test('whose value is called as what every object has is refused', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      const one: unknown = JSON.parse(`{${JSON.stringify(name)}: {}}`);
      assert.equal(read(() => valueIn(one, 'root'))?.kind, 'CheckFailed', name);
    }
  });

  test('whose lists lie in each other deeper than any server takes is refused', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(20_000)}${']}}'.repeat(20_000)}`;
    const text = `{"name":"orders/1","fields":{"a":${deep}}}`;
    assert.equal(read(() => documentIn(text, 'root'))?.kind, 'CheckFailed');
  });

  test('with a line that does not end is refused before it fills the memory', async () => {
    let sent = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        sent += 1;
        yield await Promise.resolve(Buffer.alloc(1_000_000, 'x'));
      }
    };
    await assert.rejects(
      readLines(endless(), () => undefined),
      /longer than any document/,
    );
    assert.ok(sent < 40);
  });

  test('in pieces is read to its end, or refused', async () => {
    const lines = fc.array(
      fc.oneof(fc.string(), fc.constantFrom('{"documents":1}', '{"format":"x"}')),
    );
    await holdsAsync(fc.tuple(lines, fc.integer({ min: 1, max: 30 })), ([all, size]) =>
      readLines(inPieces(Buffer.from(all.join('\n')), size), (text) => {
        read(() => documentIn(text, 'root'));
      }),
    );
  });
});

test('rows of a table of text are counted alike, however it comes', () => {
  const bytes = fc.array(fc.constantFrom(0, 10, 13, 34, 44, 59, 9, 97, 0xff, 0xfe), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 9 }), (all, size) => {
      const [whole, pieces] = [countRows(), countRows()];
      whole.add(Uint8Array.from(all));
      for (let at = 0; at < all.length; at += size) {
        pieces.add(Uint8Array.from(all.slice(at, at + size)));
      }
      assert.equal(pieces.rows(), whole.rows());
    }),
    RUNS,
  );
});
