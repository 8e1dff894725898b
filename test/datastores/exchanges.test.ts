// Live datastores exchanged for copies beside them: folders with generations, and what has no such verbs yet.
import assert from 'node:assert/strict';
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createBackups } from '../../src/datastores/backups.ts';
import { createExchanges } from '../../src/datastores/exchanges.ts';
import { generationsOf } from '../../src/datastores/files/generations.ts';
import { createHeartbeats } from '../../src/datastores/heartbeats.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { judgeQuiet } from '../../src/domain/recovery/exchange.ts';
import { fails } from '../support/fails.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import {
  exchangeContracts,
  token,
  type ExchangeWorld,
} from '../support/datastores/exchange-contracts.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { createBindings } from '../../src/datastores/bindings.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };
const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'a test' };

async function filesWorld(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-exchange-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'data');
  const current = join(directory, 'current');
  await mkdir(join(directory, 'gen-1'), { recursive: true });
  await symlink('gen-1', current);
  const store = datastoreRef('orders', root, {
    kind: 'files',
    directory: 'data',
    recoveryPoint: { canary: {} },
  });
  const stores = createStores({ clock, secrets });
  const copies = join(root, 'copies');
  const objects = createMemoryObjects();
  const bindings = createBindings(objects);
  const world: ExchangeWorld = {
    store,
    backups: createBackups({ objects, stores, copies, secrets, clock }),
    exchanges: createExchanges({ stores, bindings, copies }),
    read: (key) => readFile(join(current, key), 'utf8').catch(() => undefined),
    write: (key, text) => writeFile(join(current, key), text),
    meddle: async () => {
      await mkdir(join(directory, 'gen-9'));
      await unlink(current);
      await symlink('gen-9', current);
    },
    halfAnExchange: async ({ epoch, sequence }) => {
      const claimed = join(directory, `.epoch-${epoch}-${sequence}`);
      await mkdir(claimed);
      await symlink('gen-2', join(claimed, 'next-of-a-killed-worker'));
    },
  };
  return {
    ...world,
    directory,
    current,
    heartbeats: createHeartbeats({ stores, bindings, copies }),
  };
}

exchangeContracts('a folder of files', filesWorld);

test('a worker that is frozen between its look and its rename changes nothing when it wakes up', async (t) => {
  const { directory, current, store, exchanges } = await filesWorld(t);
  const { claim } = await import('../../src/datastores/files/claims.ts');
  await mkdir(join(directory, 'gen-2'));
  const frozen = await claim(directory, token(5));
  await exchanges.writeFence({ store, token: token(6) }, waiting());
  await fails('Superseded', frozen.point('gen-2'));
  assert.match(await readlink(current), /^fenced-6-1-gen-1$/);
  assert.deepEqual(await generationsOf(directory), {
    root: directory,
    folder: join(directory, 'gen-1'),
    current: 'gen-1',
    fencedSince: 6,
  });
});

test('whoever holds a file of a fenced folder open for writing is named', async (t) => {
  const { current, store, exchanges, write } = await filesWorld(t);
  await write('a.csv', 'a\n1\n');
  const handle = await open(join(current, 'a.csv'), 'a');
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  const before = await exchanges.writePosition(store, waiting());
  assert.match(before.writers.join(), new RegExp(`process ${process.pid} .*gen-1/a.csv open`));
  const judged = judgeQuiet('orders', before, before);
  assert.deepEqual([judged.verdict, judged.got], ['fail', '1 writers']);
  await handle.close();
  const after = await exchanges.writePosition(store, waiting());
  assert.equal(judgeQuiet('orders', after, after).verdict, 'inconclusive');
  const later = { ...after, at: after.at + 2000 };
  assert.equal(judgeQuiet('orders', after, later).verdict, 'pass');
});

test('nothing is written into a fenced folder by Fairlead itself', async (t) => {
  const { store, exchanges, heartbeats } = await filesWorld(t);
  await heartbeats.write(store, waiting());
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  const { message } = await fails('Refused', heartbeats.write(store, waiting()));
  assert.equal(message, 'orders is fenced against writes since epoch 5: nothing is written to it');
  await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
  assert.equal((await heartbeats.write(store, waiting())).number, 2);
});

test('a fenced folder is backed up and compared all the same', async (t) => {
  const { store, backups, exchanges, write } = await filesWorld(t);
  await write('a.csv', 'a\n1\n');
  const before = await backups.fingerprint(store, waiting());
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  const { contents } = await backups.fingerprint(store, waiting());
  assert.deepEqual(contents, before.contents);
});

test('kinds without an exchange say so before anything is done', async (t) => {
  const { store, backups, exchanges, directory } = await filesWorld(t);
  assert.equal(await exchanges.unable(store), undefined);
  const one = datastoreRef('cache', directory, { kind: 'redis', role: 'derived' });
  const stores = createStores({ clock, secrets });
  // Of every kind the live one can be exchanged: here is one that lacks it.
  const { exchange: _, ...redis } = stores.redis;
  const bindings = createBindings(createMemoryObjects());
  const lacking = createExchanges({ stores: { ...stores, redis }, bindings, copies: directory });
  assert.match((await lacking.unable(one)) ?? '', /of kind redis is only restored/);
  await fails('Unsupported', lacking.writeFence({ store: one, token: token(5) }, waiting()));
  await fails('Unsupported', lacking.flush({ store: one, token: token(5) }, waiting()));
  await writeFile(join(directory, 'gen-1', 'a.csv'), 'a\n1\n');
  const id = 'shop/orders/20231114T221320.000Z';
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  const whole = { ...store, settings: { ...store.settings, directory: '.' } };
  const target = { copy: 'beside', store: whole };
  const restoring = backups.restore({ id, target, into: 'beside' }, waiting());
  assert.match((await fails('Unsupported', restoring)).message, /has no generations/);
  assert.deepEqual(await backups.copies(), []);
});

async function keptBeside(world: ExchangeWorld, beside: boolean) {
  const { store, backups, write } = world;
  await write('a', 'same');
  await write('b', 'old');
  const id = backupId(store.system, store.datastore, Date.now());
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  await write('b', 'newer');
  await write('c', 'since');
  const place = await backups.placeForCopy(store, waiting());
  assert.equal(place.into, beside ? 'beside' : 'scratch');
  const target = { copy: 'recover-1', store };
  await backups.restore({ id, target, into: place.into }, waiting());
  const loss = await backups.lossAgainstLive(target, waiting());
  const counts = [loss.onlyThere.count, loss.onlyHere.count, loss.changed.count];
  const until = Date.now() + 60_000;
  const view = await backups.keep({ target, until }, waiting());
  const again = await backups.keep({ target, until }, waiting());
  assert.deepEqual(again, view);
  const [copy] = await backups.copies();
  assert.equal(copy?.keptUntil, until);
  return { counts, view, target };
}

test('a copy for people lies beside the live generation, cannot be written to, is compared, and goes whole', async (t) => {
  const world = await filesWorld(t);
  const { counts, view, target } = await keptBeside(world, true);
  assert.deepEqual(counts, [1, 0, 1]);
  assert.equal(view.where, join(world.directory, 'gen-2'));
  assert.deepEqual(view.look, [
    `ls -lR ${view.where}`,
    `diff -rq ${join(world.directory, 'gen-1')} ${view.where}`,
  ]);
  assert.equal(await readFile(join(view.where, 'b'), 'utf8'), 'old');
  assert.equal((await stat(join(view.where, 'b'))).mode & 0o222, 0);
  await world.backups.discard(target.copy, waiting());
  assert.deepEqual((await readdir(world.directory)).sort(), ['current', 'gen-1']);
  assert.equal(await world.read('b'), 'newer');
});

test('a copy of a folder without generations lies apart from it, and is compared and kept all the same', async (t) => {
  const world = await filesWorld(t);
  const { directory, current } = world;
  await unlink(current);
  const plain = {
    ...world,
    write: (key: string, text: string) => writeFile(join(directory, 'gen-1', key), text),
  };
  const { counts, view, target } = await keptBeside(plain, false);
  assert.deepEqual(counts, [1, 0, 1]);
  assert.ok(!view.where.startsWith(directory), view.where);
  await world.backups.discard(target.copy, waiting());
  assert.deepEqual(await world.backups.copies(), []);
});

test('a copy for people of what cannot be shown is refused, with what to do', async (t) => {
  const { backups } = await filesWorld(t);
  const store = datastoreRef('cache', '/', { kind: 'redis' });
  const { message } = await fails('Unsupported', backups.placeForCopy(store, waiting()));
  assert.match(
    message,
    /of kind redis cannot be compared .*; prove its backup with "fairlead verif/,
  );
});
