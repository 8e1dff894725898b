import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FieldValue, GeoPoint, Timestamp } from '@google-cloud/firestore';
import { createCopies } from '../../src/datastores/copies.ts';
import { documentIn, textOf } from '../../src/datastores/firestore/document-text.ts';
import { comparePaths } from '../../src/datastores/firestore/look.ts';
import { questionProblem } from '../../src/datastores/firestore/settings.ts';
import { judgeCorrect } from '../../src/domain/backup/ladder.ts';
import { keyOf } from '../support/datastores/copies.ts';
import { fill } from '../support/datastores/firestore.ts';
import { at, firestoreWorld, refusingProxy } from '../support/datastores/firestore-world.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';

const ROOT = 'projects/shop/databases/orders';
const OTHER = 'projects/shop/databases/restored';

test('a document is the same text whatever order its fields come in, and the same document again', () => {
  const fields = {
    long: { integerValue: '9007199254740993' },
    one: { doubleValue: 1 },
    minusZero: { doubleValue: -0 },
    none: { doubleValue: NaN },
    most: { doubleValue: -Infinity },
    moment: { timestampValue: { seconds: '-62135596800', nanos: 123_456_789 } },
    bytes: { bytesValue: Buffer.from([0, 255, 10]) },
    own: { referenceValue: `${ROOT}/documents/customers/c1` },
    foreign: { referenceValue: `${OTHER}/documents/customers/c1` },
    place: { geoPointValue: { latitude: -0, longitude: 179.5 } },
    nothing: { nullValue: 'NULL_VALUE' as const },
    'a.b `c`': { mapValue: { fields: { z: { booleanValue: false }, a: { stringValue: 'é\n"' } } } },
    list: { arrayValue: { values: [{ integerValue: '1' }, { doubleValue: 1 }] } },
    empty: { arrayValue: {} },
  };
  const name = `${ROOT}/documents/orders/1`;
  const text = textOf({ name, fields }, ROOT);
  const turned = Object.fromEntries(Object.entries(fields).reverse());
  assert.equal(textOf({ name, fields: turned }, ROOT), text);
  assert.ok(!text.includes('\n'));
  const again = documentIn(text, ROOT);
  assert.equal(textOf(again, ROOT), text);
  assert.ok(Object.is(again.fields['minusZero']?.doubleValue, -0));
  assert.equal(again.fields['long']?.integerValue, '9007199254740993');
  assert.deepEqual(again.fields['moment']?.timestampValue, {
    seconds: -62_135_596_800,
    nanos: 123_456_789,
  });
  const elsewhere = documentIn(text, OTHER);
  assert.equal(elsewhere.name, `${OTHER}/documents/orders/1`);
  assert.equal(elsewhere.fields['own']?.referenceValue, `${OTHER}/documents/customers/c1`);
  assert.equal(elsewhere.fields['foreign']?.referenceValue, `${OTHER}/documents/customers/c1`);
});

test('a whole number, a double of the same size and a text are three contents', () => {
  const texts = [{ integerValue: '1' }, { doubleValue: 1 }, { stringValue: '1' }].map((value) =>
    textOf({ name: `${ROOT}/documents/a/b`, fields: { value } }, ROOT),
  );
  assert.equal(new Set(texts).size, 3);
});

test('a line that is no document, and a value of no known type, are refused', async () => {
  for (const text of ['', '{', '{"fields":{}}', '{"name":"a/b","fields":{"x":{"what":1}}}']) {
    await fails(
      'CheckFailed',
      Promise.resolve().then(() => documentIn(text, ROOT)),
    );
  }
  const strange = { name: `${ROOT}/documents/a/b`, fields: { x: { decimalValue: '1' } } };
  await fails(
    'Unsupported',
    Promise.resolve().then(() => textOf(strange, ROOT)),
  );
});

test('paths are sorted as the server sorts them', () => {
  const sorted = [
    'a',
    'a/__id-3__',
    'a/__id20__',
    'a/0',
    'a/B',
    'a/b',
    'a/b/c/d',
    'a/é',
    'a/\u{10000}',
  ];
  assert.deepEqual(sorted.toReversed().sort(comparePaths), sorted);
});

test('a question has a collection, and a field where it is about one', () => {
  for (const good of [
    '{"count":"orders"}',
    '{"sum":"orders","field":"total","where":[["paid","==",true],["at",">",{"timestampValue":"2026-01-01T00:00:00Z"}]]}',
    '{"newest":"orders","field":"placedAt"}',
  ]) {
    assert.equal(questionProblem(good), undefined, good);
  }
  for (const bad of [
    'SELECT 1',
    '{"sum":"orders"}',
    '{"count":"orders","where":[["a","~",1]]}',
    '{}',
  ]) {
    assert.match(questionProblem(bad) ?? '', /^is no question to Firestore/, bad);
  }
});

test('every type, documents below ones that are not there, and heartbeats come through a backup', async (t) => {
  const it = await firestoreWorld(t);
  if (it === undefined) return;
  const { db, backups, input, id, target, stores, store, heartbeats, objects } = it;
  await fill(db);
  await db.doc('types/all').set({
    long: 2n ** 62n,
    one: 1,
    half: 0.5,
    minusZero: -0,
    nan: NaN,
    moment: new Timestamp(1_700_000_000, 123_456_000),
    bytes: Buffer.from([0, 255]),
    own: db.doc('orders/order-1'),
    place: new GeoPoint(1.5, -0),
    vector: FieldValue.vector([1, 2.5]),
    map: { 'dotted.key': [null, { deep: true }] },
    large: Buffer.alloc(900_000, 7),
  });
  await db.doc('missing/parent/found/child').set({ there: true });
  const ring = {
    ...store,
    settings: { ...store.settings, recoveryPoint: { canary: { interval: 60_000, keep: 10 } } },
  };
  for (let n = 1; n <= 12; n += 1) {
    const { number } = await heartbeats.write(ring, waiting());
    assert.equal(number, n);
  }
  const manifest = await backups.backup(input, waiting());
  const { parts } = manifest.contents;
  assert.deepEqual(
    parts.map(({ name, rows }) => [name, rows]),
    [
      ['customers', 50],
      ['found', 1],
      ['lines', 300],
      ['orders', 300],
      ['types', 1],
    ],
  );
  assert.equal(manifest.canary?.number, 12);
  const { notBefore, notAfter } = manifest.recoveryPoint;
  assert.ok(Date.parse(notAfter) - Date.parse(notBefore) <= 1, `${notBefore} ${notAfter}`);
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const copy = await backups.fingerprint(target, waiting());
  assert.deepEqual(judgeCorrect(manifest.contents, copy.contents).verdict, 'pass');
  assert.equal((await heartbeats.newest(target, waiting()))?.number, 12);
  const ask = (query: object) => backups.ask({ target, query: JSON.stringify(query) }, waiting());
  assert.equal(await ask({ count: 'orders' }), '300');
  assert.equal(await ask({ count: 'lines', where: [['amount', '>=', 290]] }), '10');
  assert.equal(await ask({ sum: 'lines', field: 'amount' }), '44850');
  assert.equal(await ask({ newest: 'orders', field: 'placedAt' }), '2023-11-14T22:18:19.000Z');
  const never = { newest: 'orders', field: 'placedAt', where: [['customer', '==', 'nobody']] };
  assert.equal(await ask(never), null);
  await fails('BadInput', ask({ what: 'orders' }));

  // What was done since shows by its path.
  await db.doc('orders/order-0').update({ total: 7 });
  await db.doc('orders/order-1').delete();
  await db.doc('orders/new').set({ total: 1 });
  const compare = () => stores.firestore.look?.loss(store, copyFolder, waiting());
  const { copy: name } = target;
  const copyFolder = await folderOf(it.root, name);
  const loss = (await compare()) ?? assert.fail('no loss');
  assert.deepEqual(
    [loss.onlyThere.shown, loss.onlyHere.shown, loss.changed.shown],
    [['orders/new'], ['orders/order-1'], ['orders/order-0']],
  );

  // A dump that somebody names: whole, and cut.
  const bytes = objects.stored.get(keyOf(manifest))?.bytes ?? assert.fail('no object');
  const file = join(it.root, 'documents.ndjson');
  await writeFile(file, bytes);
  const named = await stores.firestore.named(file, waiting());
  assert.match(named.holds, /^662 documents of projects\/shop\/databases\/orders$/);
  await writeFile(file, bytes.subarray(0, bytes.length - 20));
  assert.match(
    (await fails('CheckFailed', stores.firestore.named(file, waiting()))).message,
    /cut/,
  );
  await writeFile(file, bytes.subarray(0, bytes.lastIndexOf('\n', bytes.length - 2) + 1));
  assert.match(
    (await fails('CheckFailed', stores.firestore.named(file, waiting()))).message,
    /is cut after 662 doc/,
  );
});

test('a quota that is used up is waited for, a moment that is forgotten becomes a range, and what stays is said', async (t) => {
  const it = await firestoreWorld(t);
  if (it === undefined) return;
  const { db, backups, input, store, server, target, id } = it;
  const empty = await fails('NotFound', backups.backup(input, waiting()));
  assert.match(empty.message, /no document in firestore:\/\/127/);
  await fill(db);
  const quota = { code: 8, message: 'Quota exceeded.' };
  const told: unknown[] = [];
  const patient = await refusingProxy(t, server.port, (method, times) =>
    method === 'RunQuery' && times === 2 ? quota : undefined,
  );
  const beaten = { ...waiting(), beat: (progress: unknown) => told.push(progress) };
  const manifest = await backups.backup({ ...input, store: at(store, patient) }, beaten);
  assert.equal(manifest.contents.parts.length, 3);
  assert.match(JSON.stringify(told), /its quota is used up/);

  const forgetful = await refusingProxy(t, server.port, (method, times) =>
    method === 'RunQuery' && times === 2
      ? { code: 9, message: "The requested 'read_time' is too old." }
      : undefined,
  );
  const later = { ...input, id: id.replace('2023', '2024'), store: at(store, forgetful) };
  const { recoveryPoint, contents } = await backups.backup(later, waiting());
  assert.ok(Date.parse(recoveryPoint.notBefore) < Date.parse(recoveryPoint.notAfter) - 1);
  assert.deepEqual(contents, manifest.contents);

  const refused = await refusingProxy(t, server.port, () => ({ code: 7, message: 'No rights.' }));
  const no = await fails(
    'Refused',
    backups.backup(
      { ...input, id: id.replace('2023', '2025'), store: at(store, refused) },
      waiting(),
    ),
  );
  assert.match(no.message, /roles\/datastore\.viewer/);
  await backups.restore({ id, target, into: 'scratch' }, waiting());
});

async function folderOf(root: string, copy: string): Promise<string> {
  return (await createCopies(join(root, 'copies')).find(copy)).folder;
}
