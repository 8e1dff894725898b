// Reads what mongodump --archive writes: a mark, a prelude with a header and a description of each collection, then blocks of
// documents, each with the name of its collection, until a block says that there are no more of that one. A stream that is
// cut anywhere shows by that. In constant memory; a document is kept until it is whole.
import type { Bytes } from '../../ports/objects.ts';
import { Failure } from '../../domain/failure.ts';
import { fieldsIn, isTrue, textIn, type Field } from './bson-bytes.ts';

/** The first four bytes, as text of one byte each. */
export const MAGIC = '\x6d\xe2\x99\x81';
const TERMINATOR = 0xffffffff;
const LARGEST = 16 * 1024 * 1024 + 16 * 1024;

/** One collection, view or time series that the prelude describes. */
export interface Described {
  database: string;
  collection: string;
  type: string;
}

export interface Prelude {
  server: string;
  tool: string;
  collections: readonly Described[];
}

/** Who is shown what is read. */
export interface ArchiveReader {
  prelude?: (prelude: Prelude) => void;
  /** `document` is valid until the next one. */
  document?: (of: { database: string; collection: string }, document: Buffer) => void;
}

/** Shows an archive to its end. Throws CheckFailed where it is none, damaged, or cut. */
export async function readArchive(body: Bytes, reader: ArchiveReader): Promise<Prelude> {
  const state = archiveState(reader);
  let mark = Buffer.alloc(0);
  const pieces = createPieces();
  for await (const chunk of body) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (mark.length < MAGIC.length) {
      const head = rest.subarray(0, MAGIC.length - mark.length);
      mark = Buffer.concat([mark, head]);
      rest = rest.subarray(head.length);
      if (!MAGIC.startsWith(mark.toString('latin1'))) throw broken('it does not begin as one does');
    }
    for (const piece of pieces.take(rest)) state.take(piece);
  }
  if (mark.length < MAGIC.length) throw broken('it has no beginning');
  if (pieces.pending() > 0) throw broken('it ends within a document: it is cut');
  return state.end();
}

/** Documents, and the terminators between them (`null`), of chunks as they come. */
function createPieces() {
  let kept: Buffer[] = [];
  let length = 0;
  const whole = (): Buffer => {
    const [first] = kept;
    const all = kept.length === 1 && first !== undefined ? first : Buffer.concat(kept);
    kept = [all];
    return all;
  };
  return {
    pending: () => length,
    take: function* (chunk: Buffer): Generator<Buffer | null> {
      kept.push(chunk);
      length += chunk.length;
      // Chunks of a long document are put together once, when the last of it has come.
      if (length < 4 || length < sizeIn(kept, whole)) return;
      let rest = whole();
      while (rest.length >= 4) {
        const size = sizeAt(rest);
        if (rest.length < size) break;
        yield size === 4 ? null : rest.subarray(0, size);
        rest = rest.subarray(size);
      }
      kept = rest.length === 0 ? [] : [rest];
      length = rest.length;
    },
  };
}

function sizeIn([first]: readonly Buffer[], whole: () => Buffer): number {
  return sizeAt(first !== undefined && first.length >= 4 ? first : whole());
}

/** Of a document; 4 for a terminator. */
function sizeAt(bytes: Buffer): number {
  const size = bytes.readUInt32LE(0);
  if (size === TERMINATOR) return 4;
  if (size >= 5 && size <= LARGEST) return size;
  throw broken(`a document of ${size} bytes is announced`);
}

interface Place {
  database: string;
  collection: string;
}

function archiveState(reader: ArchiveReader) {
  let header: Field[] | undefined;
  const collections: Described[] = [];
  let prelude: Prelude | undefined;
  let block: Place | undefined;
  /** Collections, and whether all of their documents have come. */
  const ended = new Map<string, boolean>();
  const describe = (document: Buffer): void => {
    const fields = [...fieldsIn(document)];
    if (header === undefined) header = fields;
    else collections.push({ ...placeIn(fields), type: textIn(fields, 'type') ?? '' });
  };
  const endPrelude = (): void => {
    const [server, tool] = ['server_version', 'tool_version'].map((name) =>
      textIn(header ?? [], name),
    );
    prelude = { server: server ?? '', tool: tool ?? '', collections };
    reader.prelude?.(prelude);
  };
  const beginBlock = (document: Buffer): void => {
    const fields = [...fieldsIn(document)];
    block = placeIn(fields);
    const name = nameOf(block);
    if (ended.get(name) === true) throw broken(`documents of ${name} come after its end`);
    ended.set(name, isTrue(fields, 'EOF'));
  };
  return {
    take: (piece: Buffer | null): void => {
      if (prelude === undefined) {
        if (piece === null) endPrelude();
        else describe(piece);
      } else if (piece === null) block = undefined;
      else if (block === undefined) beginBlock(piece);
      else reader.document?.(block, piece);
    },
    end: (): Prelude => {
      if (prelude === undefined) throw broken('it ends within its prelude: it is cut');
      if (block !== undefined) throw broken(`it ends within ${nameOf(block)}: it is cut`);
      for (const [name, isWhole] of ended)
        if (!isWhole) throw broken(`${name} has no end: it is cut`);
      const lacking = collections.flatMap(holderOf).filter((name) => !ended.has(name));
      if (lacking.length === 0) return prelude;
      throw broken(`it lacks ${lacking.join(', ')}: it is cut`);
    },
  };
}

/** Whose documents have to come: a view has none, and those of a time series come under the name of its buckets. */
function holderOf({ database, collection, type }: Described): string[] {
  if (type === 'view') return [];
  const holder = type === 'timeseries' ? `system.buckets.${collection}` : collection;
  return [nameOf({ database, collection: holder })];
}

function placeIn(fields: readonly Field[]): Place {
  return { database: textIn(fields, 'db') ?? '', collection: textIn(fields, 'collection') ?? '' };
}

function nameOf({ database, collection }: Place): string {
  return `${database}.${collection}`;
}

function broken(how: string): Failure {
  return new Failure('CheckFailed', `the dump is no whole archive of mongodump: ${how}`);
}
