import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CopyAddress } from '../../src/ports/backups.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { askRedis } from '../../src/datastores/redis/client.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { judgeComplete, judgeCorrect } from '../../src/domain/backup/ladder.ts';
import { processesIn } from '../../src/machine/processes-in.ts';
import { backupContracts } from '../support/datastores/backup-contracts.ts';
import { datastoreRef, passableFolder } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import {
  startTestRedis,
  type TestRedis,
  type TestRedisOptions,
} from '../support/datastores/redis.ts';
import { copyAddress, streamedManifest } from '../support/datastores/copies.ts';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};

const env = { REDIS: 'live-secret-of-redis' };
const secrets = { env, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };

function refTo({ address: { host, port } }: TestRedis) {
  const password = { env: 'REDIS' };
  return datastoreRef('sessions', '/', { kind: 'redis', host, port, password });
}

backupContracts('Redis', async () => {
  const server = await startTestRedis();
  if (server === undefined) return undefined;
  return {
    stores: createStores({ clock, secrets, programs: [server.programs] }),
    store: refTo(server),
    within: 'Customer 12',
    env,
    change: async () => {
      await server.ask('SET', 'key:5', 'changed');
    },
    remove: async () => {
      await server.ask('DEL', 'key:6');
    },
    end: server.stop,
  };
});

async function world(t: TestContext, options: TestRedisOptions = {}) {
  const server = await startTestRedis(options);
  if (server === undefined) {
    t.skip('missing part: redis-server (looked on PATH and in the cache; npm run parts gets it)');
    return undefined;
  }
  const root = await passableFolder('fairlead-redis-backups-');
  const objects = createMemoryObjects();
  const stores = createStores({ clock, secrets, programs: [server.programs] });
  const backups = createBackups({ objects, stores, copies: root, secrets, clock });
  t.after(async () => {
    await backups.discard('copy', waiting());
    await server.stop();
    await rm(root, { recursive: true, force: true });
  });
  const store = refTo(server);
  const id = backupId('shop', 'sessions', 1_700_000_000_000);
  const input = { store, id, systemDigest: 'd'.repeat(64) };
  return {
    server,
    objects,
    stores,
    backups,
    store,
    id,
    input,
    root,
    target: { copy: 'copy', store },
  };
}

/** Asks the server of a copy. */
async function askerOf(address: CopyAddress, { programs }: TestRedis) {
  assert.ok(address.kind === 'address');
  const password = await readFile(address.login.passwordFile, 'utf8');
  const copy = { host: address.host, port: address.port, user: undefined, password };
  const cli = join(programs, 'redis-cli');
  return (...command: string[]) => askRedis(cli, copy, command, waiting());
}

test('a Redis with AOF on is backed up, and its copy is loaded from the dump with AOF off', async (t) => {
  const it = await world(t, { aof: true });
  if (it === undefined) return;
  const { backups, id, input, target, server } = it;
  const { contents } = await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const address = await copyAddress(it.root, it.stores, target);
  const ask = await askerOf(address, server);
  assert.match(await ask('CONFIG', 'GET', 'appendonly'), /\bno$/);
  assert.equal(await ask('GET', 'customer:12'), 'Customer 12');
  const rows = contents.parts.find(({ name }) => name === 'db0')?.rows;
  assert.equal(Number(await ask('DBSIZE')), rows);
  assert.match(await server.ask('CONFIG', 'GET', 'appendonly'), /\byes$/);
});

for (const [title, more, databases] of [
  ['its copy has as many', ['databases 64'], 64],
  ['many are assumed where it does not say', ['databases 64', 'rename-command CONFIG ""'], 10_000],
] as const) {
  test(`a Redis with a key beyond its sixteenth database is backed up, and ${title}`, async (t) => {
    const it = await world(t, { more });
    if (it === undefined) return;
    const { backups, id, input, target, server } = it;
    await server.ask('-n', '40', 'SET', 'far', 'away');
    const manifest = await backups.backup(input, waiting());
    assert.equal(manifest.databases, databases);
    assert.equal(manifest.contents.parts.find(({ name }) => name === 'db40')?.rows, 1);
    await backups.restore({ id, target, into: 'scratch' }, waiting());
    const ask = await askerOf(await copyAddress(it.root, it.stores, target), server);
    assert.equal(await ask('-n', '40', 'GET', 'far'), 'away');
    assert.match(await ask('CONFIG', 'GET', 'databases'), new RegExp(`\\b${databases}$`));
  });
}

test('a backup whose manifest does not say how many databases there were is restored into many', async (t) => {
  const it = await world(t, { more: ['databases 64'] });
  if (it === undefined) return;
  const { backups, id, input, objects, target, server } = it;
  await server.ask('-n', '40', 'SET', 'far', 'away');
  const { databases: _, ...before } = await backups.backup(input, waiting());
  const key = [...objects.stored.keys()].find((one) => one.endsWith('manifest.json')) ?? '';
  const written = objects.stored.get(key) ?? assert.fail('no manifest');
  objects.stored.set(key, { ...written, bytes: Buffer.from(JSON.stringify(before)) });
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const copy = (await backups.fingerprint(target, waiting())).contents;
  assert.equal(judgeCorrect(before.contents, copy).verdict, 'pass');
});

test('an attempt whose dump no server loads stores nothing, and the next one makes the backup', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, objects, id, input, root, server } = it;
  const folder = await passableFolder('fairlead-redis-broken-');
  t.after(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const stores = createStores({ clock, secrets, programs: [folder, server.programs] });
  const failing = createBackups({ objects, stores, copies: root, secrets, clock });
  for (const [script, kind, details] of [
    ['echo "Bad directive or wrong number of arguments" >&2; exit 1', 'Unsupported', undefined],
    ['exit 0', 'Unavailable', { begun: true }],
  ] as const) {
    await writeFile(join(folder, 'redis-server'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    assert.deepEqual((await fails(kind, failing.backup(input, waiting()))).details, details);
    assert.deepEqual([...objects.stored.keys()], []);
    assert.deepEqual(await failing.copies(), []);
  }
  await backups.backup(input, waiting());
  assert.equal((await backups.read(id, waiting())).state, 'complete');
});

test('a copy takes no writes until it is handed over, and then goes on without a master', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, target, server } = it;
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const address = await copyAddress(it.root, it.stores, target);
  const ask = await askerOf(address, server);
  await assert.rejects(ask('INCR', 'visits'), /READONLY/);
  assert.deepEqual(await backups.handOver(target, waiting()), address);
  assert.equal(await ask('INCR', 'visits'), '1');
  assert.match(await ask('INFO', 'replication'), /role:master/);
  await backups.handOver(target, waiting());
  assert.equal(await ask('INCR', 'visits'), '2');
});

test('a dump of a newer Redis is not loaded into an older one, and is not blamed for it', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, objects, id, input, target } = it;
  const manifest = streamedManifest(await backups.backup(input, waiting()));
  const [key = '', stored] = [...objects.stored].find(([one]) => !one.endsWith('.json')) ?? [];
  assert.ok(stored);
  // REDIS0011 and the like: the four digits are the version of the format.
  const bytes = Buffer.from(stored.bytes);
  bytes.write('9999', 'REDIS'.length, 'latin1');
  objects.stored.set(key, { ...stored, bytes });
  const plain = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const [place = '', written] =
    [...objects.stored].find(([one]) => one.endsWith('manifest.json')) ?? [];
  assert.ok(written);
  const changed = {
    ...manifest,
    objects: manifest.objects.map((one) => ({ ...one, ...plain, plain })),
  };
  objects.stored.set(place, { ...written, bytes: Buffer.from(JSON.stringify(changed)) });
  const failure = await fails(
    'Unsupported',
    backups.restore({ id, target, into: 'scratch' }, waiting()),
  );
  assert.match(failure.message, /RDB format 9999, which this Redis is too old for/);
});

test('keys whose time passes after the backup are in the copy, and make no difference', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, target, server } = it;
  await server.ask('SET', 'brief', 'gone', 'PX', '700');
  const { contents } = await backups.backup(input, waiting());
  await eventually('the key to be gone', async () => (await server.ask('EXISTS', 'brief')) === '0');
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const copy = (await backups.fingerprint(target, waiting())).contents;
  assert.equal(judgeComplete(contents, copy).verdict, 'pass');
  assert.equal(judgeCorrect(contents, copy).verdict, 'pass');
});

test('an empty Redis is backed up and restored, and proves nothing', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, target, server } = it;
  await server.ask('FLUSHALL');
  const { contents } = await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const copy = (await backups.fingerprint(target, waiting())).contents;
  assert.equal(judgeComplete(contents, copy).verdict, 'inconclusive');
  assert.equal(judgeCorrect(contents, copy).verdict, 'inconclusive');
});

test('a copy whose server was killed is loaded anew when it is restored again', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, target, root } = it;
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const first = await copyAddress(root, it.stores, target);
  for (const { pid } of processesIn(join(root, 'copy'))) process.kill(pid, 'SIGKILL');
  await eventually('it to be gone', () => processesIn(join(root, 'copy')).length === 0);
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const again = await copyAddress(root, it.stores, target);
  assert.notDeepEqual(again, first);
  await backups.fingerprint(target, waiting());
});

test('what the fingerprint of a live Redis needs for a while belongs to whom it is taken for', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, store } = it;
  const owner = { workflowId: 'drill/shop', runId: 'run-1' };
  const over = new AbortController();
  const done = backups.fingerprint(store, waiting(), owner).finally(() => {
    over.abort();
  });
  const owners: unknown[] = [];
  while (!over.signal.aborted) {
    // What is being made or removed this very moment does not say whose it is.
    const whole = (await backups.copies()).filter(({ problem }) => problem === undefined);
    owners.push(...whole.map(({ owner }) => owner));
    await sleep(1);
  }
  await done;
  assert.ok(owners.length > 0);
  for (const one of owners) assert.deepEqual(one, owner);
  assert.deepEqual(await backups.copies(), []);
});

test('a wrong password, and no server, each say what is wrong without the secret', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, objects, server, root } = it;
  const wrong = { ...secrets, env: { REDIS: 'not-the-password' } };
  const stores = createStores({ clock, secrets: wrong, programs: [server.programs] });
  const backups = createBackups({ objects, stores, copies: root, secrets: wrong, clock });
  const failure = await fails('Refused', backups.fingerprint(store, waiting()));
  assert.ok(!failure.message.includes('not-the-password'), failure.message);
  const closed = { ...store, settings: { ...store.settings, port: 1 } };
  await fails('Unavailable', backups.fingerprint(closed, waiting()));
  assert.deepEqual(await backups.copies(), []);
});

test('a Redis that takes connections and never answers is waited for so long, and no longer', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
  t.after(() => hanging.close());
  await once(hanging, 'listening');
  const { port } = hanging.address() as AddressInfo;
  const address = { host: '127.0.0.1', port, user: undefined, password: undefined };
  const cli = join(it.server.programs, 'redis-cli');
  const failure = await fails('Unavailable', askRedis(cli, address, ['TIME'], waiting(), 500));
  assert.match(failure.message, /waited 0\.5 s for an answer to TIME/);
});
