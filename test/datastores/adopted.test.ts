// What somebody else restored, taken for a copy: a generation beside the live one, another folder, a database of the same
// server, a dump. Exchanged it goes live; discarded it stays as it was.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createBackups } from '../../src/datastores/backups.ts';
import { createBindings } from '../../src/datastores/bindings.ts';
import { createExchanges } from '../../src/datastores/exchanges.ts';
import { createNamedFiles } from '../../src/datastores/named-files.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { SINCE, token } from '../support/datastores/exchange-contracts.ts';
import { asApplication, oneExchangeServer } from '../support/datastores/postgres-exchanges.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };
const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'a test' };
const server = oneExchangeServer();

async function folders(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-adopted-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const data = join(root, 'data');
  for (const [folder, text] of [
    ['data/gen-1', 'damaged'],
    ['data/gen-7', 'restored'],
    ['elsewhere/snapshot', 'of the cloud'],
  ] as const) {
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, folder, 'a.csv'), text);
  }
  await mkdir(join(data, 'gen-8'));
  await symlink('gen-1', join(data, 'current'));
  const store = datastoreRef('orders', root, { kind: 'files', directory: 'data' });
  const stores = createStores({ clock, secrets });
  const copies = join(root, 'copies');
  const objects = createMemoryObjects();
  const bindings = createBindings(objects);
  return {
    ...{ root, data, store },
    named: createNamedFiles({ stores, bindings, copies, clock }),
    exchanges: createExchanges({ stores, bindings, copies }),
    backups: createBackups({ objects, stores, copies, secrets, clock }),
    live: () => readFile(join(data, 'current', 'a.csv'), 'utf8'),
  };
}

const target = (store: Awaited<ReturnType<typeof folders>>['store']) => ({
  copy: 'adopted',
  store,
});

test('a generation that somebody restored goes live as it is', async (t) => {
  const { store, named, exchanges, backups, live } = await folders(t);
  const words = await named.adopt({ place: 'gen-7', target: target(store) }, waiting());
  assert.match(words, /^the generation gen-7 of .*, with 1 file$/);
  const plan = await exchanges.exchangePlan(target(store), waiting());
  assert.deepEqual([plan.kind, plan.from, plan.to], ['generation', 'gen-1', 'gen-7']);
  const asked = { target: target(store), quarantined: 'gen-1' };
  assert.equal((await exchanges.lossAgainst(asked, waiting())).changed.count, 1);
  await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
  assert.equal(await live(), 'restored');
  await backups.discard('adopted', waiting());
  assert.equal(await live(), 'restored');
});

test('a generation whose adoption is given up stays where it is', async (t) => {
  const { data, store, named, backups, live } = await folders(t);
  await named.adopt({ place: 'gen-7', target: target(store) }, waiting());
  await backups.discard('adopted', waiting());
  assert.equal(await readFile(join(data, 'gen-7', 'a.csv'), 'utf8'), 'restored');
  assert.equal(await live(), 'damaged');
});

test('another folder is copied beside what is live, and a copy that is given up goes', async (t) => {
  const { root, data, store, named, exchanges, backups, live } = await folders(t);
  const file = 'elsewhere/snapshot';
  assert.equal(await named.unadoptable({ store, what: file }, waiting()), undefined);
  await named.restore({ file, target: target(store), into: 'beside' }, waiting());
  await backups.discard('adopted', waiting());
  assert.deepEqual((await readdir(data)).filter((name) => name.startsWith('gen')).sort(), [
    ...['gen-1', 'gen-7', 'gen-8'],
  ]);
  await named.restore({ file, target: target(store), into: 'beside' }, waiting());
  const plan = await exchanges.exchangePlan(target(store), waiting());
  await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
  assert.equal(await live(), 'of the cloud');
  assert.equal(await readFile(join(root, file, 'a.csv'), 'utf8'), 'of the cloud');
});

test('what cannot be adopted says so', async (t) => {
  const { store, named } = await folders(t);
  const why = async (what: string, of = store) =>
    await named.unadoptable({ store: of, what }, waiting());
  assert.match((await why('gen-1')) ?? '', /adopting gen-1 for orders: it is live already/);
  assert.match((await why('gen-9')) ?? '', /there is no folder .*gen-9/);
  assert.match((await why('gen-8')) ?? '', /gen-8 holds no file/);
  assert.match((await why('snapshot')) ?? '', /by its path, with a \/ in it/);
  assert.match((await why('elsewhere/none')) ?? '', /there is no .*elsewhere\/none/);
  const redis = datastoreRef('orders', '/', { kind: 'redis' });
  assert.match((await why('3', redis)) ?? '', /of kind redis only a dump is adopted/);
  const refused = named.adopt({ place: 'gen-1', target: target(store) }, waiting());
  assert.match((await fails('Refused', refused)).message, /it is live already/);
});

async function databases(t: TestContext) {
  const world = await server(t);
  if (world === undefined) return undefined;
  const { ask, database, store, write } = world;
  await write('a', 'old');
  const place = `${database}_at_0755`;
  await ask(`CREATE DATABASE ${place} TEMPLATE ${database}`);
  await write('a', 'damaged');
  await write('b', 'newer');
  return { ...world, place, target: { copy: 'adopted', store } };
}

test('a database of the same server goes live as it is, with owner and grants of the one before', async (t) => {
  const world = await databases(t);
  if (world === undefined) return;
  const { ask, database, place, named, exchanges, store, read } = world;
  const words = await named.adopt({ place, target: world.target }, waiting());
  assert.match(words, new RegExp(`^the database ${place} \\(oid \\d+, .*\\) of the same server`));
  assert.equal(await limitOf(ask, place), 0);
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  const plan = await exchanges.exchangePlan(world.target, waiting());
  assert.match(plan.to, new RegExp(`^${place} `));
  const loss = await exchanges.lossAgainst(
    { target: world.target, quarantined: plan.from },
    waiting(),
  );
  assert.deepEqual([loss.onlyThere.count, loss.changed.count], [1, 1]);
  await exchanges.exchange({ since: SINCE, store, plan, token: token(5, 2) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
  assert.equal(await read('a'), 'old');
  assert.equal(await limitOf(ask, database), -1);
  const [owner] = await ask(
    `SELECT pg_get_userbyid(datdba) AS name FROM pg_database WHERE datname = '${database}'`,
  );
  assert.deepEqual(owner, { name: `app_${database}` });
  await world.backups.discard('adopted', waiting());
  assert.equal(await read('a'), 'old');
});

test('a database whose adoption is given up stays, and has its limit of connections back', async (t) => {
  const world = await databases(t);
  if (world === undefined) return;
  const { ask, place, named, backups, read } = world;
  await ask(`ALTER DATABASE ${place} CONNECTION LIMIT 7`);
  await named.adopt({ place, target: world.target }, waiting());
  await named.adopt({ place, target: world.target }, waiting());
  await backups.discard('adopted', waiting());
  assert.equal(await limitOf(ask, place), 7);
  assert.equal(await read('a'), 'damaged');
});

test('a database that somebody is in, that is live, or that is not there says so', async (t) => {
  const world = await databases(t);
  if (world === undefined) return;
  const { ask, application, database, place, named, store } = world;
  const why = async (what: string) => (await named.unadoptable({ store, what }, waiting())) ?? '';
  assert.match(await why(database), /it is what is live/);
  assert.match(await why('none_of_it'), /has no database of that name/);
  assert.match(await why('template1'), /one of the server's own/);
  await ask(`GRANT CONNECT ON DATABASE ${place} TO ${application.user}`);
  await asApplication({ ...application, database: place }, async () => {
    assert.match(await why(place), /is connected as app_.*, and could write to it/);
  });
});

async function limitOf(ask: (text: string) => Promise<Record<string, unknown>[]>, name: string) {
  const [row] = await ask(
    `SELECT datconnlimit AS limit FROM pg_database WHERE datname = '${name}'`,
  );
  return row?.['limit'];
}
