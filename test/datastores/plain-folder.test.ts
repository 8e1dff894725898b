// A plain folder of files, which gets generations by its first exchange: the contract of exchanges, whoever is killed or
// frozen on the way, and what cannot be converted.
import assert from 'node:assert/strict';
import {
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createBackups } from '../../src/datastores/backups.ts';
import { createBindings } from '../../src/datastores/bindings.ts';
import { createExchanges } from '../../src/datastores/exchanges.ts';
import { generationsOf } from '../../src/datastores/files/generations.ts';
import { whyNotConvertible } from '../../src/datastores/files/settings.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { fails } from '../support/fails.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import {
  exchangeContracts,
  token,
  type ExchangeWorld,
} from '../support/datastores/exchange-contracts.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };
const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'a test' };

async function plainWorld(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-plain-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'data');
  const generations = join(root, 'data.generations');
  await mkdir(directory);
  const store = datastoreRef('orders', root, { kind: 'files', directory: 'data' });
  const stores = createStores({ clock, secrets });
  const copies = join(root, 'copies');
  const objects = createMemoryObjects();
  const bindings = createBindings(objects);
  const world: ExchangeWorld = {
    store,
    backups: createBackups({ objects, stores, copies, secrets, clock }),
    exchanges: createExchanges({ stores, bindings, copies }),
    // By the name that the service has always used.
    read: (key) => readFile(join(directory, key), 'utf8').catch(() => undefined),
    write: (key, text) => writeFile(join(directory, key), text),
    meddle: async () => {
      await mkdir(join(generations, 'gen-9'), { recursive: true });
      await rm(join(generations, 'current'), { force: true });
      await symlink('gen-9', join(generations, 'current'));
      await rename(directory, join(generations, 'gen-1')).catch(() => undefined);
      await symlink('data.generations/current', directory).catch(() => undefined);
    },
    halfAnExchange: async ({ epoch, sequence }) => {
      const claimed = join(generations, `.epoch-${epoch}-${sequence}`);
      await mkdir(claimed, { recursive: true });
      await symlink('gen-2', join(claimed, 'next-of-a-killed-worker'));
    },
  };
  return { ...world, root, directory, generations };
}

exchangeContracts('a plain folder of files', plainWorld);

test('says before the first exchange what it changes for good, and nothing after it', async (t) => {
  const { store, exchanges, directory, write, read } = await plainWorld(t);
  await write('a', 'kept');
  assert.equal(await exchanges.unable(store), undefined);
  assert.equal(
    await exchanges.converts(store),
    `${directory} gets generations by that, for good: what is in it is data.generations/gen-1 from then on, and data a link to what is live (data.generations/current), so that programs find their files where they did`,
  );
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  assert.equal(await exchanges.converts(store), undefined);
  await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
  assert.equal(await readlink(directory), 'data.generations/current');
  assert.equal(await read('a'), 'kept');
});

test('a worker that is killed at any point of the fence leaves what the next one ends', async (t) => {
  const { store, exchanges, directory, generations, read } = await plainWorld(t);
  await writeFile(join(directory, 'a'), 'kept');
  const points = [
    () => mkdir(join(generations, '.epoch-4-1'), { recursive: true }),
    () => symlink('fenced-4-1-gen-1', join(generations, 'current')),
    () => rename(directory, join(generations, 'gen-1')),
    () => symlink('data.generations/current', directory),
  ];
  const undone = async (): Promise<void> => {
    await rm(directory, { force: true }).catch(() => undefined);
    await rename(join(generations, 'gen-1'), directory);
    await rm(generations, { recursive: true });
  };
  for (const most of points.keys()) {
    for (const half of points.slice(0, most + 1)) await half();
    const { quarantined } = await exchanges.writeFence({ store, token: token(5) }, waiting());
    assert.equal(quarantined, 'gen-1');
    assert.equal(await read('a'), undefined);
    await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
    assert.equal(await read('a'), 'kept');
    await undone();
    // Nobody fences it again: an abort lifts what was half done.
    for (const half of points.slice(0, most + 1)) await half();
    await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
    assert.equal(await read('a'), 'kept');
    if ((await generationsOf(directory)).current === undefined) {
      await rm(generations, { recursive: true });
    } else await undone();
  }
});

test('a worker that was frozen before it renamed the folder takes it from nobody when it wakes up', async (t) => {
  const { store, exchanges, directory, generations, read, write } = await plainWorld(t);
  await write('a', 'kept');
  const { claimLive } = await import('../../src/datastores/files/plain-folder.ts');
  const frozen = await claimLive(store, token(5));
  await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
  await fails('Superseded', frozen.point('fenced-5-1-gen-1'));
  assert.equal(await read('a'), 'kept');
  // Frozen one moment later: its link was there already.
  await symlink('fenced-5-1-gen-1', join(generations, 'current'));
  await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
  await assert.rejects(rename(directory, join(generations, 'gen-1')));
  assert.equal(await read('a'), 'kept');
});

test('what cannot be converted says why, and what to do', async (t) => {
  const { store, exchanges, directory, generations, root } = await plainWorld(t);
  const whole = { ...store, settings: { ...store.settings, directory: '.' } };
  assert.match((await exchanges.unable(whole)) ?? '', /for the system file lies in it; have its/);
  await fails('Unsupported', exchanges.writeFence({ store: whole, token: token(5) }, waiting()));
  assert.match((await whyNotConvertible('/proc', root)) ?? '', /for it is mounted there/);
  await mkdir(join(generations, 'gen-1'), { recursive: true });
  assert.match(
    (await exchanges.unable(store)) ?? '',
    /^orders cannot be exchanged: .*data has no generations, .*gen-1 is there already; .*--beside/,
  );
  await fails('Unsupported', exchanges.writeFence({ store, token: token(5) }, waiting()));
  assert.equal((await generationsOf(directory)).current, undefined);
});
