// The write fence of a MongoDB whose system file asks for a block of writes, against a double of the commands that
// FerretDB has not.
import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { MongoClient } from 'mongodb';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { judgeQuiet } from '../../src/domain/recovery/exchange.ts';
import { boundWorld } from '../support/datastores/bound-world.ts';
import { SINCE, token } from '../support/datastores/exchange-contracts.ts';
import { fill, MISSING, startOwnMongo, type TestMongo } from '../support/datastores/mongodb.ts';
import { APPLICATION, WriteBlocking } from '../support/datastores/write-blocking.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';

let server: Promise<TestMongo | undefined> | undefined;
let worlds = 0;
after(async () => {
  await (await server)?.stop();
});

async function blockingWorld(t: TestContext) {
  server ??= startOwnMongo();
  const there = await server;
  if (there === undefined) {
    t.skip(MISSING);
    return undefined;
  }
  const { store, env, programs, client } = there;
  const { user = '', port: behind = 0 } = store.settings;
  const double = await WriteBlocking.start(behind);
  worlds += 1;
  const database = `orders${worlds}`;
  await client.db('fairlead').dropDatabase();
  await fill(client.db(database));
  const login = `${user}:${env['MONGO'] ?? ''}`;
  const application = new MongoClient(
    `mongodb://${login}@127.0.0.1:${double.port}/?authSource=admin&directConnection=true&appName=${APPLICATION}&retryWrites=false`,
  );
  t.after(async () => {
    await application.close();
    await double.stop();
  });
  const settings = { ...store.settings, port: double.port, database, writeBlock: true };
  const world = await boundWorld(t, {
    ...{ env, programs, store: { ...store, settings } },
    read: async () => undefined,
    write: async (name, key) => {
      await application.db(name).collection('orders').insertOne({ key });
    },
  });
  return { ...world, double };
}

test('writes are blocked while what is live is exchanged, for an application and not for the restore', async (t) => {
  const world = await blockingWorld(t);
  if (world === undefined) return;
  const { store, backups, exchanges, write, double } = world;
  const id = backupId(store.system, store.datastore, 1_700_000_000_000);
  await backups.backup({ store, id, systemDigest: 'd'.repeat(64) }, waiting());
  assert.equal(await exchanges.unable(store), undefined);
  const raised = await exchanges.writeFence({ store, token: token(5) }, waiting());
  assert.match(
    raised.open ?? '',
    /all databases of the cluster are blocked but for logins that may/,
  );
  // A worker that was killed does it again.
  await exchanges.writeFence({ store, token: token(5, 2) }, waiting());
  await assert.rejects(write('a', 'lost'), /User writes blocked/);
  const before = await exchanges.writePosition(store, waiting());
  const target = { copy: 'beside', store };
  await backups.restore({ id, target, into: 'beside' }, waiting());
  const later = { ...(await exchanges.writePosition(store, waiting())), at: before.at + 3000 };
  assert.equal(judgeQuiet('orders', before, later).verdict, 'pass');
  const plan = await exchanges.exchangePlan(target, waiting());
  await exchanges.exchange({ store, plan, token: token(5, 3), since: SINCE }, waiting());
  await assert.rejects(write('a', 'early'), /User writes blocked/);
  await exchanges.liftFence({ store, token: token(5, 4) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 4) }, waiting());
  assert.equal(double.mode, 1);
  await write('a', 'written');
});

test('a block that somebody lifts is no fence any more, though nothing has changed yet', async (t) => {
  const world = await blockingWorld(t);
  if (world === undefined) return;
  const { store, exchanges, double } = world;
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  const before = await exchanges.writePosition(store, waiting());
  double.mode = 1;
  const later = { ...(await exchanges.writePosition(store, waiting())), at: before.at + 3000 };
  const { verdict, reason } = judgeQuiet('orders', before, later);
  assert.equal(verdict, 'fail');
  assert.match(reason, /somebody lifted the block of writes/);
});

test("somebody else's block is neither taken for a fence nor lifted, and of two recoveries the later one's stays", async (t) => {
  const world = await blockingWorld(t);
  if (world === undefined) return;
  const { store, exchanges, double } = world;
  double.mode = 2;
  assert.match((await exchanges.unable(store)) ?? '', /blocked already, and not by Fairlead/);
  const fence = (epoch: number) => exchanges.writeFence({ store, token: token(epoch) }, waiting());
  const { message } = await fails('Refused', fence(5));
  assert.match(message, /type db\.adminCommand\(\{setUserWriteBlockMode: 1, global: false\}\)/);
  await exchanges.liftFence({ store, token: token(5) }, waiting());
  assert.equal(double.mode, 2);
  double.mode = 1;
  await fence(7);
  await fails('Superseded', fence(6));
  await fails('Superseded', exchanges.liftFence({ store, token: token(6) }, waiting()));
  // What a recovery left that was ended from outside is taken over by the next one.
  assert.equal(await exchanges.unable(store), undefined);
  await fence(8);
  await exchanges.liftFence({ store, token: token(8) }, waiting());
  assert.equal(double.mode, 1);
});

test('a server that cannot, and a login that may not, are said before anything is stopped', async (t) => {
  const world = await blockingWorld(t);
  if (world === undefined) return;
  const { store, exchanges, double } = world;
  double.actions = ['find'];
  assert.match(
    (await exchanges.unable(store)) ?? '',
    /may not setUserWriteBlockMode and bypassWriteBlockingMode on the cluster; grant it the role/,
  );
  double.version = '5.0.31';
  assert.match((await exchanges.unable(store)) ?? '', /6\.0 or newer .* this is MongoDB 5\.0\.31/);
});
