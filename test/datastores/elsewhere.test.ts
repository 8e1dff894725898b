// A datastore whose own place is gone, restored at another one: a folder, a database of another server with its roles, owner
// and grants. It is found under its name once a record says where it is.
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
import { rolesIn } from '../../src/datastores/postgres/exchange/elsewhere.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { datastoreRef, passableFolder } from '../support/datastores/datastores.ts';
import { token } from '../support/datastores/exchange-contracts.ts';
import {
  asApplication,
  oneExchangeServer,
  startExchangeServer,
} from '../support/datastores/postgres-exchanges.ts';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };
const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'a test' };
const since = new Date(0).toISOString();
const server = oneExchangeServer();

async function folders(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-elsewhere-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'data', 'gen-1'), { recursive: true });
  await writeFile(join(root, 'data', 'gen-1', 'a.csv'), 'kept');
  await symlink('gen-1', join(root, 'data', 'current'));
  const store = datastoreRef('orders', root, { kind: 'files', directory: 'data' });
  const stores = createStores({ clock, secrets });
  const copies = join(root, 'copies');
  const objects = createMemoryObjects();
  const bindings = createBindings(objects);
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  const exchanges = createExchanges({ stores, bindings, copies });
  return { root, store, backups, exchanges, id, target: { copy: 'elsewhere', store } };
}

test('files whose folder is gone are found where they were restored, once that is said', async (t) => {
  const { root, store, backups, exchanges, id, target } = await folders(t);
  const place = { directory: join(root, 'other') };
  assert.match((await exchanges.lost({ store, place })).answers ?? '', /data\/gen-1 is there/);
  await rename(join(root, 'data'), join(root, 'gone'));
  assert.deepEqual(await exchanges.lost({ store, place }), {});
  await backups.restore({ id, target, into: { elsewhere: place } }, waiting());
  await fails('NotFound', backups.fingerprint(store, waiting()));
  const bound = { target, place, token: token(5), since };
  await exchanges.bind(bound, waiting());
  await exchanges.bind({ ...bound, since: new Date().toISOString() }, waiting());
  assert.equal(await readFile(join(place.directory, 'current', 'a.csv'), 'utf8'), 'kept');
  const live = await backups.fingerprint(store, waiting());
  assert.equal(live.contents.parts[0]?.name, 'a.csv');
  await backups.discard('elsewhere', waiting());
  assert.equal(await readlink(join(place.directory, 'current')), 'gen-1');
  const older = { ...bound, token: token(4) };
  await fails('Refused', exchanges.bind(older, waiting()));
});

test('a folder that holds something takes nothing, and a copy that is given up goes', async (t) => {
  const { root, store, backups, exchanges, id, target } = await folders(t);
  const at = async (directory: string) =>
    (await exchanges.lost({ store, place: { directory } })).unable;
  assert.match((await at(join(root, 'data', 'gen-1'))) ?? '', /it holds a\.csv; name a folder/);
  assert.match((await at('data')) ?? '', /is there already/);
  assert.equal(await at(join(root, 'other')), undefined);
  const into = { elsewhere: { directory: join(root, 'other') } };
  await backups.restore({ id, target, into }, waiting());
  await backups.discard('elsewhere', waiting());
  assert.equal(await at(join(root, 'other')), undefined);
});

test('a database is restored into another server, with roles, owner, grants and settings', async (t) => {
  const world = await server(t);
  const other = await startExchangeServer();
  if (world === undefined || other === undefined) return;
  t.after(() => other.stop());
  const { ask, database, application, backups, exchanges, store, write } = world;
  await write('a', 'kept');
  await ask('DROP ROLE IF EXISTS reader');
  await ask('CREATE ROLE reader');
  await ask(`GRANT USAGE ON SCHEMA a TO reader; GRANT SELECT ON a.kept TO reader`, database);
  await ask(`ALTER DATABASE ${database} SET work_mem = '7MB'`);
  // Whoever owns a function writes lines of their own into the script of a dump.
  await ask(
    `CREATE FUNCTION a.trap() RETURNS int LANGUAGE sql AS $$
GRANT CONNECT ON DATABASE ${database} TO PUBLIC; ALTER ROLE reader SUPERUSER;
GRANT CREATE ON DATABASE ${database} TO reader;
ALTER DATABASE ${database} OWNER TO reader;
SELECT 1 $$`.replaceAll(/GRANT|ALTER/g, (word) => `\n${word}`),
    database,
  );
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  const { host, port } = other.address;
  const elsewhere = { host, port };
  // The same login there: what the system file names.
  const askOther = (text: string, to = 'postgres') =>
    withClient({ ...other.address, database: to }, waiting().signal, async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(text);
      return rows;
    });
  await askOther(
    `ALTER ROLE ${other.address.user} PASSWORD '${world.server.address.password ?? ''}'`,
  );
  const there = { ...other.address, password: world.server.address.password };
  const askThere = (text: string, to = 'postgres') =>
    withClient({ ...there, database: to }, waiting().signal, async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(text);
      return rows;
    });
  const found = await exchanges.lost({ store, place: elsewhere });
  assert.match(found.answers ?? '', /answers/);
  assert.equal(found.unable, undefined);
  const target = { copy: 'elsewhere', store };
  await backups.restore({ id, target, into: { elsewhere } }, waiting());
  assert.equal((await exchanges.lacking(target, waiting())).length, 2);
  await exchanges.bind({ target, place: elsewhere, token: token(5), since }, waiting());
  await backups.discard('elsewhere', waiting());
  const [owner] = await askThere(
    `SELECT pg_get_userbyid(datdba) AS name FROM pg_database WHERE datname = '${database}'`,
  );
  assert.deepEqual(owner, { name: application.user });
  const [reader] = await askThere(
    `SELECT rolsuper, has_database_privilege('reader', '${database}', 'CREATE') AS creates FROM pg_roles WHERE rolname = 'reader'`,
  );
  assert.deepEqual(reader, { rolsuper: false, creates: false });
  const [grant] = await askThere(
    `SELECT has_table_privilege('reader', 'a.kept', 'SELECT') AS may`,
    database,
  );
  assert.deepEqual(grant, { may: true });
  await askThere(`ALTER ROLE ${application.user} LOGIN PASSWORD 'app'`);
  const text = await asApplication({ ...application, host, port }, async (client) => {
    await client.query(`INSERT INTO a.kept VALUES ('new', 'row')`);
    const { rows } = await client.query<{ text: string }>(
      `SELECT text FROM a.kept WHERE key = 'a'`,
    );
    return rows[0]?.text;
  });
  assert.equal(text, 'kept');
  const [setting] = await askThere('SHOW work_mem', database);
  assert.deepEqual(setting, { work_mem: '7MB' });
  const again = await exchanges.lost({ store, place: elsewhere });
  assert.match(again.unable ?? '', /is there already/);
  await ask('DROP OWNED BY reader', database);
  await ask('DROP ROLE reader');
});

test('roles are read from a dump: owners, grantees, those of policies', () => {
  const script = [
    'ALTER TABLE public.orders OWNER TO shop;',
    'GRANT SELECT ON TABLE public.orders TO "Read Er" WITH GRANT OPTION;',
    'GRANT ALL ON SCHEMA public TO PUBLIC;',
    'CREATE POLICY own ON public.orders TO clerk USING (true);',
  ].join('\n');
  assert.deepEqual(rolesIn(script), ['Read Er', 'clerk', 'shop']);
});

test('what takes no other place as yet says so', async () => {
  const root = await passableFolder('fairlead-elsewhere-');
  const stores = createStores({ clock, secrets });
  const bindings = createBindings(createMemoryObjects());
  const exchanges = createExchanges({ stores, bindings, copies: root });
  const store = datastoreRef('cache', root, { kind: 'redis' });
  const asked = exchanges.lost({ store, place: { host: '127.0.0.1', port: 1 } });
  assert.match((await fails('Unsupported', asked)).message, /kind redis is not restored into one/);
  await rm(root, { recursive: true });
});
