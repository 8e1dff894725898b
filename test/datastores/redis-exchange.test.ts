// A live Redis exchanged for a backup that was restored into a spare number of the same server: on real servers, with what
// makes that impossible.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBackups } from '../../src/datastores/backups.ts';
import { createBindings } from '../../src/datastores/bindings.ts';
import { createExchanges } from '../../src/datastores/exchanges.ts';
import { openRedis, textOf } from '../../src/datastores/redis/exchange/connection.ts';
import { changing } from '../../src/datastores/redis/exchange/ledger.ts';
import { inServer } from '../../src/datastores/redis/exchange/server.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { judgeQuiet } from '../../src/domain/recovery/exchange.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import {
  SINCE,
  exchangeContracts,
  token,
  type ExchangeWorld,
} from '../support/datastores/exchange-contracts.ts';
import { startTestRedis, type TestRedisOptions } from '../support/datastores/redis.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};
const env = { REDIS: 'live-secret-of-redis' };
const secrets = { env, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };
const LEDGER = '15';

async function redisWorld(t: TestContext, options: TestRedisOptions = {}) {
  const server = await startTestRedis(options);
  if (server === undefined) {
    t.skip('there is no Redis');
    return undefined;
  }
  const copies = await mkdtemp(join(tmpdir(), 'fairlead-redis-exchange-'));
  const { host, port } = server.address;
  const password = { env: 'REDIS' };
  const store = datastoreRef('orders', '/', { kind: 'redis', host, port, password });
  const stores = createStores({ clock, secrets, programs: [server.programs] });
  const objects = createMemoryObjects();
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  t.after(async () => {
    for (const { copy } of await backups.copies()) await backups.discard(copy, waiting());
    await rm(copies, { recursive: true, force: true });
    await server.stop();
  });
  const { ask } = server;
  const world: ExchangeWorld = {
    store,
    backups,
    exchanges: createExchanges({ stores, bindings: createBindings(objects), copies }),
    read: (key) =>
      ask('GET', key).then(
        (value) => (value === '' ? undefined : value),
        () => undefined,
      ),
    write: async (key, text) => {
      await ask('SET', key, text);
    },
    meddle: async () => {
      await ask('SWAPDB', '0', '9');
    },
    halfAnExchange: async ({ epoch, sequence }) => {
      const fields = ['epoch', String(epoch), 'sequence', String(sequence)];
      await ask('-n', LEDGER, 'HSET', 'fairlead:exchange', ...fields);
    },
  };
  return { ...world, ask, server };
}

type World = NonNullable<Awaited<ReturnType<typeof redisWorld>>>;

exchangeContracts('Redis', redisWorld);

/** A copy of what is there now. */
async function restored({ store, backups }: World) {
  const id = backupId(store.system, store.datastore, 1_700_000_000_000);
  await backups.backup({ store, id, systemDigest: 'd'.repeat(64) }, waiting());
  const target = { copy: 'beside', store };
  await backups.restore({ id, target, into: 'beside' }, waiting());
  return target;
}

const UNABLE: [what: string, options: TestRedisOptions, said: RegExp][] = [
  ['AOF on', { aof: true }, /its AOF is on.*CONFIG SET appendonly no/],
  [
    'an eviction policy',
    { more: ['maxmemory-policy allkeys-lru'] },
    /it evicts keys \(maxmemory-policy allkeys-lru\)/,
  ],
];

describe('a Redis is exchanged by nobody', () => {
  for (const [what, options, said] of UNABLE) {
    test(`with ${what}, and says why`, async (t) => {
      const world = await redisWorld(t, options);
      if (world === undefined) return;
      const { store, exchanges, backups } = world;
      assert.match((await exchanges.unable(store)) ?? '', said);
      const id = backupId(store.system, store.datastore, 1_700_000_000_000);
      await backups.backup({ store, id, systemDigest: 'd'.repeat(64) }, waiting());
      const restore = backups.restore(
        { id, target: { copy: 'no', store }, into: 'beside' },
        waiting(),
      );
      assert.match((await fails('Unsupported', restore)).message, said);
    });
  }

  test('that is a cache, which is flushed whatever it evicts', async (t) => {
    const world = await redisWorld(t, { more: ['maxmemory-policy allkeys-lru'], aof: true });
    if (world === undefined) return;
    const { exchanges, read, write } = world;
    const settings = { ...world.store.settings, role: 'derived' as const };
    const store = { ...world.store, settings };
    assert.equal(await exchanges.unable(store), undefined);
    await write('a', 'cached');
    await exchanges.flush({ store, token: token(5) }, waiting());
    assert.equal(await read('a'), undefined);
  });

  test('with too few numbers, and says how many it takes', async (t) => {
    const world = await redisWorld(t, { more: ['databases 2'] });
    if (world === undefined) return;
    assert.match(
      (await world.exchanges.unable(world.store)) ?? '',
      /has 2 databases, and an exchange needs a spare number/,
    );
  });

  test('with a live replica, until that is detached', async (t) => {
    const world = await redisWorld(t);
    const replica = await startTestRedis();
    if (world === undefined || replica === undefined) return;
    t.after(replica.stop);
    const { exchanges, store, server } = world;
    assert.equal(await exchanges.unable(store), undefined);
    await replica.ask('CONFIG', 'SET', 'masterauth', 'live-secret-of-redis');
    await replica.ask('REPLICAOF', server.address.host, String(server.address.port));
    for (;;) {
      const said = await exchanges.unable(store);
      if (said !== undefined) {
        assert.match(said, /1 replica of it is connected.*REPLICAOF NO ONE/);
        break;
      }
      await sleep(50);
    }
    const there = { ...store, settings: { ...store.settings, port: replica.address.port } };
    assert.match((await exchanges.unable(there)) ?? '', /it is a replica, and what it holds/);
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    while ((await exchanges.unable(store)) !== undefined) await sleep(50);
  });

  test('with keys in other numbers', async (t) => {
    const world = await redisWorld(t);
    if (world === undefined) return;
    await world.ask('-n', '3', 'SET', 'elsewhere', 'x');
    assert.match((await world.exchanges.unable(world.store)) ?? '', /it holds keys in db3 too/);
  });

  test('without room in memory for both', async (t) => {
    const world = await redisWorld(t);
    if (world === undefined) return;
    const { store, backups, ask } = world;
    const id = backupId(store.system, store.datastore, 1_700_000_000_000);
    await backups.backup({ store, id, systemDigest: 'd'.repeat(64) }, waiting());
    const used = /^used_memory:(\d+)/m.exec(await ask('INFO', 'memory'))?.[1];
    await ask('CONFIG', 'SET', 'maxmemory', String(Number(used) + 20_000));
    const restore = backups.restore(
      { id, target: { copy: 'no', store }, into: 'beside' },
      waiting(),
    );
    assert.match((await fails('Refused', restore)).message, /bytes of memory are needed/);
  });
});

describe('an exchange of Redis', () => {
  test('brings back every type of value and its end, bytes as they are', async (t) => {
    const world = await redisWorld(t);
    if (world === undefined) return;
    const { ask, exchanges, store, server } = world;
    const raw = await openRedis(server.address, new AbortController().signal);
    await raw.ask('AUTH', 'default', env.REDIS);
    const bytes = Buffer.from([0, 255, 13, 10, 36, 7]);
    await raw.ask('SET', bytes, bytes);
    const kinds = ['set', 'hash', 'scores', 'list', 'stream', 'customer:12', 'later'];
    const dumps = async () =>
      Promise.all([...kinds, bytes].map(async (key) => raw.ask('TYPE', key).then(textOf)));
    const before = await dumps();
    const target = await restored(world);
    const plan = await exchanges.exchangePlan(target, waiting());
    const loss = await exchanges.lossAgainst({ target, quarantined: plan.from }, waiting());
    assert.deepEqual([loss.onlyThere.count, loss.onlyHere.count, loss.changed.count], [0, 0, 0]);
    await ask('SADD', 'set', 'one more');
    await ask('LPUSH', 'list', 'one more');
    await ask('DEL', 'hash');
    const more = await exchanges.lossAgainst({ target, quarantined: plan.from }, waiting());
    assert.deepEqual(more.changed.shown, ['list', 'set']);
    assert.deepEqual(more.onlyHere.shown, ['hash']);
    await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
    await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
    assert.deepEqual(await dumps(), before);
    assert.deepEqual(await raw.ask('GET', bytes), bytes);
    assert.equal(await ask('SCARD', 'set'), '600');
    assert.ok(Number(await ask('TTL', 'later')) > 0);
    assert.equal(await ask('TTL', 'list'), '-1');
    raw.close();
  });

  test('ends sessions by its fence, lets nobody in, and lets them in again afterwards', async (t) => {
    const world = await redisWorld(t);
    if (world === undefined) return;
    const { ask, exchanges, store, server } = world;
    await ask('ACL', 'SETUSER', 'app', 'on', '>app-secret', '~*', '&*', '+@all');
    await ask('ACL', 'SETUSER', 'retired', 'off', '>app-secret', '~*', '+@all');
    const app = await openRedis(server.address, new AbortController().signal);
    await app.ask('AUTH', 'app', 'app-secret');
    const target = await restored(world);
    const plan = await exchanges.exchangePlan(target, waiting());
    const open = await exchanges.writePosition(store, waiting());
    assert.match(open.writers.join(), /is connected as app, and sent auth last/);
    await exchanges.writeFence({ store, token: token(5) }, waiting());
    await assert.rejects(app.ask('SET', 'a', 'lost'));
    const again = await openRedis(server.address, new AbortController().signal);
    await assert.rejects(again.ask('AUTH', 'app', 'app-secret'), /WRONGPASS|disabled/);
    again.close();
    const before = await exchanges.writePosition(store, waiting());
    const after = await exchanges.writePosition(store, waiting());
    assert.deepEqual([before.position, before.writers], [after.position, []]);
    assert.equal(judgeQuiet('orders', before, { ...after, at: before.at + 2000 }).verdict, 'pass');
    await exchanges.lossAgainst({ target, quarantined: plan.from }, waiting());
    await exchanges.exchange({ since: SINCE, store, plan, token: token(5, 2) }, waiting());
    await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
    const back = await openRedis(server.address, new AbortController().signal);
    await back.ask('AUTH', 'app', 'app-secret');
    await back.ask('SET', 'a', 'written');
    back.close();
    const users = await ask('ACL', 'LIST');
    assert.match(users, /^user retired off/m);
    assert.match(users, /^user fairlead-fence off/m);
  });

  test('by a worker that is frozen between its look and its swap is not made when it wakes up', async (t) => {
    const world = await redisWorld(t);
    if (world === undefined) return;
    const { ask, exchanges, store, write, read } = world;
    await restored(world);
    await write('a', 'live');
    let looks = 0;
    const frozen = inServer(store, secrets, waiting().signal, (server) =>
      changing(server, token(5), async () => {
        looks += 1;
        if (looks === 1) await exchanges.liftFence({ store, token: token(6) }, waiting());
        return { result: null, commands: [['SWAPDB', 0, 1]] };
      }),
    );
    await fails('Superseded', frozen);
    assert.equal(looks, 1);
    assert.equal(await read('a'), 'live');
    assert.equal(await ask('-n', LEDGER, 'HGET', 'fairlead:exchange', 'epoch'), '6');
  });

  test('leaves what it quarantined, and what is its own, out of what comes back', async (t) => {
    const world = await redisWorld(t);
    if (world === undefined) return;
    const { ask, exchanges, store, backups } = world;
    const target = await restored(world);
    const plan = await exchanges.exchangePlan(target, waiting());
    await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
    await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
    await backups.discard(target.copy, waiting());
    const id = backupId(store.system, store.datastore, 1_700_000_100_000);
    await backups.backup({ store, id, systemDigest: 'd'.repeat(64) }, waiting());
    const next = { copy: 'next', store };
    await backups.restore({ id, target: next, into: 'beside' }, waiting());
    const second = await exchanges.exchangePlan(next, waiting());
    assert.equal(second.from, plan.to);
    const asked = { target: next, quarantined: second.from };
    const { onlyThere, onlyHere, changed } = await exchanges.lossAgainst(asked, waiting());
    assert.deepEqual([onlyThere.count, onlyHere.count, changed.count], [0, 0, 0]);
    const sizes = await ask('INFO', 'keyspace');
    assert.match(sizes, /^db0:/m);
  });
});
