// What no server here can hold is held by an archive: it is read as its bytes, cut and damaged in every place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, Decimal128, Double, Long } from 'mongodb';
import { readArchive, type Prelude } from '../../src/datastores/mongodb/archive.ts';
import { textOf } from '../../src/datastores/mongodb/bson-bytes.ts';
import { documentSum } from '../../src/datastores/documents/document-sums.ts';
import { lackingInFerretdb } from '../../src/datastores/mongodb/ferretdb-lacks.ts';
import { databaseIn, preludeOf } from '../../src/datastores/mongodb/load-dump.ts';
import { archiveOf, chunked, type Dumped } from '../support/datastores/mongodb-archive.ts';
import { fails } from '../support/fails.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));

const ODD: Dumped[] = [
  {
    collection: 'odd',
    documents: [
      raw({
        _id: 1,
        long: Long.fromString('9007199254740993'),
        price: Decimal128.fromString('1.10'),
      }),
      raw({ _id: 2, none: NaN, negative: new Double(-0.0), positive: new Double(0) }),
      raw({ _id: 3, 'a.b': 1, $set: { '$c.d': 2 }, '': 3 }),
      raw({ _id: 4, much: 'x'.repeat(15 * 1024 * 1024) }),
      raw({ _id: new Double(5), b: 1, '0': 2 }),
    ],
  },
  { collection: 'empty', documents: [] },
  { collection: 'view', type: 'view' },
  { collection: 'measured', type: 'timeseries' },
  { collection: 'system.buckets.measured', type: null, documents: [raw({ _id: 6 })] },
];

for (const size of [1_000_000, 65_536, 4_099] as const) {
  test(`an archive in chunks of ${size} bytes is read document by document, to the byte`, async () => {
    const found = new Map<string, Buffer[]>();
    const preludes: Prelude[] = [];
    const whole = archiveOf('orders', ODD);
    const prelude = await readArchive(chunked(whole, size), {
      prelude: (one) => preludes.push(one),
      document: ({ collection }, document) => {
        found.set(collection, [...(found.get(collection) ?? []), Buffer.from(document)]);
      },
    });
    assert.equal(databaseIn(prelude), 'orders');
    assert.deepEqual(preludes, [prelude]);
    const expected = ODD.filter(({ documents = [] }) => documents.length > 0);
    assert.deepEqual(
      [...found.keys()],
      expected.map(({ collection }) => collection),
    );
    for (const { collection, documents = [] } of expected) {
      const there = found.get(collection) ?? [];
      assert.ok(documents.every((document, index) => there[index]?.equals(document)));
    }
  });
}

test('an archive that is cut in any place is not whole', async () => {
  const small = ODD.map(({ documents, ...one }) => ({
    ...one,
    ...(documents && { documents: documents.filter((document) => document.length < 1000) }),
  }));
  const whole = archiveOf('orders', small);
  for (let length = 0; length < whole.length; length += 1) {
    const cut = chunked(whole.subarray(0, length), 512);
    const { message } = await fails('CheckFailed', readArchive(cut, {}));
    assert.match(message, /no whole archive of mongodump/);
  }
  await readArchive(chunked(whole, 512), {});
});

test('an archive of another database, of several and of none say so', async () => {
  const two = archiveOf('orders', [{ collection: 'a', documents: [], database: 'other' }, ...ODD]);
  const several = await readArchive(chunked(two, 65_536), {});
  assert.throws(() => databaseIn(several), /several databases \(orders, other\)/);
  const none = await readArchive(chunked(archiveOf('orders', []), 65_536), {});
  assert.throws(() => databaseIn(none), /of a database that was not there/);
});

test('the prelude is read without the rest, and bytes that are none are refused', async () => {
  const whole = archiveOf('orders', ODD);
  const prelude = await preludeOf(chunked(whole.subarray(0, 100_000), 4096));
  assert.equal(prelude.server, '7.0.1');
  assert.equal(databaseIn(prelude), 'orders');
  for (const bytes of [Buffer.alloc(0), Buffer.from('PGDMP and more'), Buffer.alloc(5000, 0xff)]) {
    await fails('CheckFailed', preludeOf(chunked(bytes, 4096)));
  }
});

test('documents have one sum in whatever order, and another with one byte changed', () => {
  const sumOf = (documents: readonly Buffer[]): string => {
    const sum = documentSum();
    documents.forEach(sum.add);
    return sum.part('odd').hash;
  };
  const [{ documents = [] } = { documents: [] }] = ODD;
  assert.equal(sumOf(documents), sumOf(documents.toReversed()));
  assert.notEqual(sumOf(documents), sumOf(documents.slice(1)));
  const pairs: [object, object][] = [
    [{ n: Long.fromString('9007199254740993') }, { n: Long.fromString('9007199254740992') }],
    [{ n: Decimal128.fromString('1.10') }, { n: Decimal128.fromString('1.1') }],
    [{ n: new Double(-0.0) }, { n: new Double(0) }],
    [{ n: 1 }, { n: new Double(1) }],
    [{ n: NaN }, { n: Infinity }],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{ 'a.b': 1 }, { a: { b: 1 } }],
  ];
  for (const [one, other] of pairs) assert.notEqual(sumOf([raw(one)]), sumOf([raw(other)]));
});

test('definitions are the same text whatever type a number has, and keep the order of keys', () => {
  const text = (document: object): string => textOf(raw(document));
  assert.equal(
    text({ key: { a: 1, b: -1 } }),
    text({ key: { a: new Double(1), b: Long.fromInt(-1) } }),
  );
  assert.notEqual(text({ key: { a: 1, b: -1 } }), text({ key: { b: -1, a: 1 } }));
  assert.equal(
    text({ key: { h: 'hashed' }, in: [1, { $gt: 2.5 }] }),
    '{"key":{"h":"hashed"},"in":[1,{"$gt":2.5}]}',
  );
});

test('what FerretDB would refuse or forget is found in the definitions', () => {
  const index = (name: string, text: object) => ({
    ...{ kind: 'index', of: 'orders', name, text: JSON.stringify(text) },
  });
  const other = (kind: string, name: string, text: object) => ({
    ...{ kind, of: '', name, text: JSON.stringify(text) },
  });
  const fine = [
    index('_id_', { key: { _id: 1 } }),
    index('a_1_b_-1', { key: { a: 1, b: -1 }, unique: true }),
    other('collection', 'log', { capped: true, size: 4096 }),
  ];
  assert.deepEqual(lackingInFerretdb(fine), []);
  assert.deepEqual(
    lackingInFerretdb([
      index('_id_hashed', { key: { _id: 'hashed' } }),
      index('place', { key: { at: '2dsphere' }, '2dsphereIndexVersion': 3 }),
      index('name', { key: { name: -1 }, collation: { locale: 'de' } }),
      index('old', { key: { at: 1 }, expireAfterSeconds: 60 }),
      other('collection', 'orders', { validator: { $jsonSchema: {} } }),
      other('view', 'open', { viewOn: 'orders', pipeline: [] }),
      other('timeseries', 'measured', { timeseries: { timeField: 'at' } }),
    ]),
    [
      'the index _id_hashed of orders is "hashed"',
      'the index place of orders has the option 2dsphereIndexVersion',
      'the index name of orders has the option collation',
      'the index old of orders has the option expireAfterSeconds',
      'the collection orders has the option validator',
      'the view open is a view',
      'the timeseries measured is a timeseries',
    ],
  );
});
