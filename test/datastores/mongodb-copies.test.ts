import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { BSON, Long, MongoClient } from 'mongodb';
import { judgeCorrect } from '../../src/domain/backup/ladder.ts';
import type { CopyRef } from '../../src/ports/backups.ts';
import { serversIn } from '../../src/datastores/scratch-server.ts';
import { keyOf, streamedManifest } from '../support/datastores/copies.ts';
import { fill } from '../support/datastores/mongodb.ts';
import { mongoWorld } from '../support/datastores/mongodb-world.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';

const run = promisify(execFile);

test('documents of every type that the server takes are the same in two copies of one backup', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { db, backups, input, id, target, store } = it;
  const odd = [
    { _id: Long.fromString('9007199254740993'), n: Long.fromString('-9007199254740993') },
    { _id: { b: 1, a: 2 }, at: new Date(-1), bytes: Buffer.from('abc'), none: null },
    { _id: 1.5, negative: new BSON.Double(-0.0), whole: new BSON.Double(5) },
    { _id: 'big', text: 'x'.repeat(15 * 1024 * 1024) },
  ];
  await db.collection<{ _id: unknown; n?: unknown }>('odd').insertMany(odd);
  await db.collection('odd').createIndex({ n: -1 });
  await db.createCollection('log', { capped: true, size: 4096, max: 10 });
  const { contents } = await backups.backup(input, waiting());
  const second: CopyRef = { copy: 'second', store };
  for (const one of [target, second]) {
    await backups.restore({ id, target: one, into: 'scratch' }, waiting());
    const copy = await backups.fingerprint(one, waiting());
    assert.equal(judgeCorrect(contents, copy.contents).verdict, 'pass');
    assert.deepEqual(copy.contents.definitions, contents.definitions);
  }
  await backups.discard('second', waiting());
});

test('a copy answers questions with one value, and none that writes', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { db, backups, input, id, target } = it;
  await fill(db);
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const ask = (query: object) => backups.ask({ target, query: JSON.stringify(query) }, waiting());
  assert.equal(await ask({ count: 'orders' }), '1000');
  assert.equal(await ask({ count: 'orders', query: { total: { $gte: 124.5 } } }), '4');
  const newest = { find: 'orders', sort: { placedAt: -1 }, limit: 1 };
  const at = await ask({ ...newest, projection: { _id: 0, placedAt: 1 } });
  assert.equal(at, new Date(1_700_000_999_000).toISOString());
  const group = { $group: { _id: null, n: { $sum: 1 } } };
  assert.equal(
    await ask({ aggregate: 'orders', pipeline: [group, { $project: { _id: 0, n: 1 } }] }),
    '1000',
  );
  assert.match((await fails('CheckFailed', ask(newest))).message, /has to give one value/);
  await fails('CheckFailed', ask({ find: 'orders', filter: { _id: -1 } }));
  await fails('BadInput', ask({ drop: 'orders' }));
  await fails('BadInput', ask({ aggregate: 'orders', pipeline: [{ $out: 'gone' }] }));
  await fails('BadInput', backups.ask({ target, query: 'SELECT 1' }, waiting()));
});

test('heartbeats count on in their ring, are in every dump and in no comparison', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { db, backups, input, id, target, store, heartbeats } = it;
  const canary = { interval: 1000, keep: 10 };
  const beating = { ...store, settings: { ...store.settings, recoveryPoint: { canary } } };
  await fill(db);
  for (let number = 1; number <= 12; number += 1) {
    assert.equal((await heartbeats.write(beating, waiting())).number, number);
  }
  assert.equal(await db.collection('fairlead_canary').countDocuments(), 10);
  const manifest = await backups.backup(input, waiting());
  assert.equal(manifest.canary?.number, 12);
  assert.ok(manifest.contents.parts.every(({ name }) => name !== 'fairlead_canary'));
  const last = await heartbeats.write(beating, waiting());
  assert.equal(last.timeline, manifest.canary.timeline);
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  assert.deepEqual(await heartbeats.newest(target, waiting()), manifest.canary);
  const live = await backups.fingerprint(store, waiting());
  assert.equal(judgeCorrect(manifest.contents, live.contents).verdict, 'pass');
});

test('what a copy lacks of the live database is counted by _id, and whoever looks into it writes nothing', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { db, backups, input, id, target, store, root } = it;
  await fill(db);
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const none = await backups.lossAgainstLive(target, waiting());
  assert.deepEqual([none.onlyThere.count, none.onlyHere.count, none.changed.count], [0, 0, 0]);
  const orders = db.collection<{ _id: number }>('orders');
  await orders.deleteMany({ _id: { $lt: 3 } });
  await orders.updateOne({ _id: 500 }, { $set: { total: -1 } });
  await orders.insertOne({ _id: 5000 });
  await db.collection('later').insertOne({ a: 1 });
  const loss = await backups.lossAgainstLive(target, waiting());
  assert.deepEqual([loss.onlyThere.count, loss.onlyHere.count, loss.changed.count], [2, 3, 1]);
  assert.deepEqual(loss.onlyThere.shown, ['later (1 document)', 'orders (1 document)']);
  assert.deepEqual(await backups.lossAgainstLive(target, waiting()), loss);
  assert.equal((await backups.placeForCopy(store, waiting())).into, 'scratch');
  const view = await backups.keep({ target, until: Date.now() + 60_000 }, waiting());
  assert.match(view.look.join(), /mongosh/);
  assert.equal(await backups.ask({ target, query: '{"count": "orders"}' }, waiting()), '1000');
  const [, file = ''] = /^cat (.*)$/.exec(view.look[0] ?? '') ?? [];
  const [, login = ''] = /^mongosh '?([^']*)'?$/.exec(view.look[1] ?? '') ?? [];
  const client = new MongoClient(login.replace('@', `:${await readFile(file, 'utf8')}@`));
  t.after(() => client.close());
  const copy = client.db().collection<{ _id: number }>('orders');
  assert.equal(await copy.countDocuments(), 1000);
  await assert.rejects(copy.insertOne({ _id: 5000 }));
  await assert.rejects(copy.updateOne({ _id: 1 }, { $set: { total: 9 } }));
  assert.equal(serversIn(join(root, 'copies', 'copy')).length, 1);
});

test('what a person types loads a backup into another database of the live server', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { db, backups, input, objects, stores, store, server, root } = it;
  await fill(db);
  const manifest = streamedManifest(await backups.backup(input, waiting()));
  const file = join(root, 'by-hand.archive');
  await writeFile(file, objects.stored.get(keyOf(manifest))?.bytes ?? assert.fail());
  const [object = assert.fail()] = manifest.objects;
  const hand = { manifest, objects: [{ ...object, file, read: `cat '${file}'` }] };
  const { loads } = await stores.mongodb.byHand(store, hand);
  const [typed = ''] = loads?.type ?? [];
  assert.ok(!typed.includes(server.env['MONGO'] ?? '-'));
  const path = `${server.programs.join(':')}:${process.env['PATH'] ?? ''}`;
  const env = { PATH: path, ...server.env };
  await run('bash', ['-c', `set -o pipefail; ${typed}`], { env });
  const restored = server.client.db(`${db.databaseName}_by_hand`);
  const count = await restored.collection('orders').countDocuments();
  await restored.dropDatabase();
  assert.equal(count, 1000);
});
