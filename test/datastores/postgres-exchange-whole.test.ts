// What a database is beside its rows, after a real Postgres was exchanged; and why one cannot be, with what mends it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { fails } from '../support/fails.ts';
import { SINCE, token } from '../support/datastores/exchange-contracts.ts';
import {
  asApplication,
  oneExchangeServer,
  type PostgresExchangeWorld,
} from '../support/datastores/postgres-exchanges.ts';
import { waiting } from '../support/local-daemon.ts';

const world = oneExchangeServer();

async function beside({ store, backups, exchanges }: PostgresExchangeWorld) {
  const target = { copy: 'beside', store };
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  await backups.restore({ id, target, into: 'beside' }, waiting());
  return { id, target, plan: await exchanges.exchangePlan(target, waiting()) };
}

const DATABASE = (
  name: string,
): string => `SELECT pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding, datcollate, datctype, datlocprovider, daticulocale, datconnlimit AS limit, shobj_description(oid, 'pg_database') AS comment,
  (SELECT array_agg(coalesce(grantee::regrole::text, '') || privilege_type || is_grantable ORDER BY 1)::text FROM (SELECT nullif(grantee, 0) AS grantee, privilege_type, is_grantable FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))) a) AS grants,
  (SELECT array_agg(setrole::regrole::text || setconfig::text ORDER BY setrole)::text FROM pg_db_role_setting WHERE setdatabase = d.oid) AS settings
  FROM pg_database d WHERE datname = '${name}'`;

const FILLING = (owner: string): string => `
  CREATE EXTENSION pg_trgm SCHEMA public;
  CREATE TABLE a.mine (id serial PRIMARY KEY, tenant text, total numeric CHECK (total > 0));
  INSERT INTO a.mine (tenant, total) SELECT 'app_x', n FROM generate_series(1, 100) n;
  INSERT INTO a.mine VALUES (4000, 'app_x', 1);
  ALTER TABLE a.mine ENABLE ROW LEVEL SECURITY; ALTER TABLE a.mine FORCE ROW LEVEL SECURITY;
  CREATE POLICY own ON a.mine TO ${owner} USING (tenant = 'app_x');
  ALTER TABLE a.mine OWNER TO ${owner};
  CREATE INDEX ON a.mine USING gin (tenant public.gin_trgm_ops);
  CREATE SEQUENCE a.down INCREMENT -1; SELECT nextval('a.down');
  CREATE TABLE a.parted (at date, n int) PARTITION BY RANGE (at);
  CREATE TABLE a.part PARTITION OF a.parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
  INSERT INTO a.parted VALUES ('2020-05-05', 1);
  SELECT lo_from_bytea(4711, 'large'::bytea);
  GRANT SELECT ON a.parted TO ${owner} WITH GRANT OPTION;
  CREATE FUNCTION a.told() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; REVOKE ALL ON FUNCTION a.told() FROM PUBLIC`;

test('locale, owner, grants, settings, limits, policies, large objects, extensions and partitions are as before', async (t) => {
  const it = await world(
    t,
    "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8'",
  );
  if (it === undefined) return;
  const { store, backups, exchanges, ask, database, application } = it;
  const owner = application.user;
  await ask(FILLING(owner), database);
  await ask(`COMMENT ON DATABASE ${database} IS 'of the shop''s'; ALTER DATABASE ${database} CONNECTION LIMIT 44; REVOKE ALL ON DATABASE ${database} FROM PUBLIC;
    GRANT CONNECT ON DATABASE ${database} TO pg_monitor WITH GRANT OPTION; ALTER DATABASE ${database} SET search_path = a, "$user", public;
    ALTER ROLE ${owner} IN DATABASE ${database} SET work_mem = '7MB'; ALTER DATABASE ${database} SET statement_timeout = '9s'`);
  const [was] = await ask(DATABASE(database));
  const { target, plan } = await beside(it);
  const notes = plan.kind === 'rename' ? plan.notes : [];
  assert.deepEqual(notes, []);
  const before = await backups.fingerprint(store, waiting());
  // Nobody but a recovery is let in to the copy.
  const hidden = { ...application, database: plan.to.split(' ')[0] ?? '' };
  await assert.rejects(asApplication(hidden, (client) => client.query('SELECT 1')));
  assert.equal(
    await backups.ask({ target, query: 'SELECT count(*) FROM a.mine' }, waiting()),
    '101',
  );
  assert.deepEqual((await backups.fingerprint(target, waiting())).contents, before.contents);
  await ask(`SELECT nextval('a.down')`, database);
  await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
  assert.deepEqual((await ask(DATABASE(database)))[0], was);
  const after = await backups.fingerprint(store, waiting());
  assert.deepEqual(after.contents.parts, before.contents.parts);
  assert.deepEqual(after.contents.definitions, before.contents.definitions);
  assert.deepEqual(after.contents.locale, before.contents.locale);
  const [large] = await ask('SELECT convert_from(lo_get(4711), $$UTF8$$) AS text', database);
  assert.equal(large?.['text'], 'large');
  await asApplication(application, async (client) => {
    const [row] = (await client.query<never>('SHOW work_mem')).rows;
    assert.deepEqual(row, { work_mem: '7MB' });
    const made = await client.query<never>(
      "INSERT INTO mine (tenant, total) VALUES ('app_x', 3) RETURNING id",
    );
    // Past the largest number that users have seen, which no sequence gave out.
    assert.deepEqual(made.rows, [{ id: 4001 }]);
    await assert.rejects(client.query("INSERT INTO mine (tenant, total) VALUES ('other', 3)"));
  });
  assert.deepEqual(await ask('SELECT nextval($$a.down$$)::int AS next', database), [{ next: -3 }]);
});

test('where the copy is otherwise beside its rows is told before it is exchanged', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, ask, database, application } = it;
  await ask('CREATE TABLE a.other (n int); SELECT lo_from_bytea(0, $$x$$::bytea)', database);
  const { target } = await beside(it);
  await ask(
    `ALTER TABLE a.other ADD COLUMN more text NOT NULL DEFAULT ''; ALTER TABLE a.other OWNER TO ${application.user}; CREATE EXTENSION pg_trgm; ALTER TABLE b.kept ENABLE ROW LEVEL SECURITY; SELECT lo_from_bytea(0, $$y$$::bytea)`,
    database,
  );
  const plan = await exchanges.exchangePlan(target, waiting());
  const { notes = [] } = plan.kind === 'rename' ? plan : {};
  const told = notes.join('\n');
  assert.match(told, /^the tables of the copy are not those .* a migration came between/m);
  assert.match(told, /only in what is live: the column a\.other\.more text not null/);
  assert.match(told, /only in what is live: the extension pg_trgm/);
  assert.match(told, /only in what is live: 2 large objects/);
  assert.match(told, /only in the copy: 1 large objects/);
  assert.match(told, /only in what is live: a\.other owned by app_/);
  assert.match(told, /only in what is live: row security of b\.kept/);
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  const fenced = await exchanges.exchangePlan(target, waiting());
  assert.deepEqual(fenced, { ...plan, quarantine: `${database}_quarantine_5` });
});

test('a fenced database is backed up and compared all the same, and Fairlead itself writes nothing to it', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, backups, exchanges, heartbeats, write } = it;
  await write('b', 'old');
  const first = await heartbeats.write(store, waiting());
  const { target, plan } = await beside(it);
  const before = await backups.fingerprint(store, waiting());
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  assert.deepEqual((await backups.fingerprint(store, waiting())).contents, before.contents);
  assert.deepEqual((await backups.lossAgainstLive(target, waiting())).onlyThere.count, 0);
  const id = backupId('shop', 'orders', 1_700_000_009_000);
  const { contents } = await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  assert.deepEqual(contents.parts, before.contents.parts);
  const { message } = await fails('Refused', heartbeats.write(store, waiting()));
  assert.equal(message, 'orders is fenced against writes since epoch 5: nothing is written to it');
  await exchanges.exchange({ since: SINCE, store, plan, token: token(5, 2) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
  // The copy knows numbers of the old timeline, and goes on with none of them.
  const next = await heartbeats.write(store, waiting());
  assert.deepEqual([first.number, next.number], [1, 1]);
  assert.notEqual(next.timeline, first.timeline);
});

test('a copy for which the disk of the server has no room is not begun, and nothing is made', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { ask, begin, database, exchanges, server, store } = it;
  const { message } = await fails('Refused', begin(`${server.folder}/data-ab`, 2 ** 62));
  assert.match(message, /bytes are free there, and twice as many .* have to be/);
  // Whatever else is written to that disk meanwhile.
  const less = (text = ''): string => text.replace(/\d+ bytes are free/, 'some bytes are free');
  const room = await exchanges.room(store, 2 ** 62);
  assert.equal('short' in room && less(room.short), less(message));
  assert.deepEqual(await exchanges.room(store, 1), { known: true });
  assert.equal((await ask(`SELECT 1 FROM pg_database WHERE datname ~ '^${database}_'`)).length, 0);
});

test('a role that is gone since the backup ends the restore beside, says so, and leaves nothing', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, backups, ask, database } = it;
  const gone = `gone_${database}`;
  await ask(`CREATE ROLE ${gone}; ALTER TABLE a.kept OWNER TO ${gone}`, database);
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  await ask(
    `REASSIGN OWNED BY ${gone} TO fairlead; DROP OWNED BY ${gone}; DROP ROLE ${gone}`,
    database,
  );
  const target = { copy: 'beside', store };
  const { message } = await fails(
    'Unsupported',
    backups.restore({ id, target, into: 'beside' }, waiting()),
  );
  assert.match(
    message,
    new RegExp(`make the roles that are missing there.*role "${gone}" does not exist`),
  );
  await backups.discard(target.copy, waiting());
  assert.equal((await ask(`SELECT 1 FROM pg_database WHERE datname ~ '^${database}_'`)).length, 0);
});

test('a login that may not do it is told each right that it lacks, and with them it exchanges', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, backups, exchanges, ask, database, server, read, write } = it;
  const user = `keeper_${database}`;
  await ask(`CREATE ROLE ${user} LOGIN PASSWORD '${server.address.password ?? ''}'`);
  await ask(`ALTER ROLE app_${database} IN DATABASE ${database} SET work_mem = '7MB'`);
  await ask(`ALTER DATABASE ${database} SET search_path = b, "$user", public`);
  await write('b', 'old');
  const was = await ask(DATABASE(database));
  const own = { ...store, settings: { ...store.settings, user } };
  // Others exchanged databases of this server before: the schema is theirs.
  await exchanges.writeFence({ store, token: token(1) }, waiting());
  await exchanges.liftFence({ store, token: token(1) }, waiting());
  const theirs = new RegExp(`GRANT ALL ON ALL TABLES IN SCHEMA fairlead TO ${user}`);
  assert.match((await exchanges.unable(own)) ?? '', theirs);
  await ask('DROP SCHEMA fairlead CASCADE');
  const why = (await exchanges.unable(own)) ?? '';
  const grants = [...why.matchAll(/: ((?:GRANT|ALTER ROLE) [^;]+)/g)].map(([, text = '']) => text);
  assert.deepEqual(grants, [
    `ALTER ROLE ${user} CREATEDB`,
    `GRANT app_${database} TO ${user}`,
    `GRANT pg_signal_backend TO ${user}`,
    `GRANT pg_read_all_stats TO ${user}`,
    `GRANT pg_read_all_data TO ${user}`,
    `ALTER ROLE ${user} BYPASSRLS`,
    `GRANT CREATE ON DATABASE postgres TO ${user}`,
    `ALTER ROLE ${user} CREATEROLE`,
  ]);
  for (const text of grants) await ask(text);
  assert.equal(await exchanges.unable(own), undefined);
  // A session that only a superuser may end: who it is, and what ends it; nobody is kept out by half a fence.
  await withClient({ ...server.address, database }, waiting().signal, async () => {
    const fenced = exchanges.writeFence({ store: own, token: token(2) }, waiting());
    assert.match(
      (await fails('Refused', fenced)).message,
      /^fencing the database \w+: this login may not end all sessions in it \(process \d+ of the server .*as \w+\); .*pg_terminate_backend\(PROCESS\)/,
    );
    await write('b', 'old');
  });
  const { plan, target } = await beside({ ...it, store: own });
  assert.equal(await backups.ask({ target, query: 'SELECT text FROM b.kept' }, waiting()), 'old');
  const { contents } = await backups.fingerprint(target, waiting());
  const { definitions } = contents;
  assert.deepEqual(await backups.reprint({ target, definitions }, waiting()), definitions);
  await write('b', 'newer');
  await exchanges.writeFence({ store: own, token: token(5) }, waiting());
  assert.equal(await read('b'), undefined);
  await exchanges.exchange({ since: SINCE, store: own, plan, token: token(5, 2) }, waiting());
  await exchanges.liftFence({ store: own, token: token(5, 3) }, waiting());
  assert.equal(await read('b'), 'old');
  assert.deepEqual(await ask(DATABASE(database)), was);
  await backups.discard('beside', waiting());
  await ask('DROP SCHEMA fairlead CASCADE');
});

test('databases of the server itself, of two systems, and those that are not there are not exchanged', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, database } = it;
  const unable = (given: Partial<typeof store.settings>, of: Partial<typeof store> = {}) =>
    exchanges.unable({ ...store, ...of, settings: { ...store.settings, ...given } });
  assert.equal(await unable({}), undefined);
  assert.match((await unable({ database: 'postgres' })) ?? '', /is one of the server's own/);
  assert.match((await unable({ database: 'template1' })) ?? '', /is one of the server's own/);
  assert.match((await unable({ database: 'nowhere' })) ?? '', /has no database nowhere/);
  await exchanges.writeFence({ store, token: token(5) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
  assert.equal(await unable({}), undefined);
  const other = await unable({}, { system: 'bank' });
  assert.match(other ?? '', new RegExp(`the database ${database} is also shop/orders`));
  await fails('Unavailable', unable({ port: 1 }));
  const password = { password: { env: 'NOT_THERE' } };
  await fails('BadInput', unable(password));
});

test('a replica is not exchanged', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, server } = it;
  const { startReplica } = await import('../support/datastores/postgres-replica.ts');
  const replica = await startReplica(t, server);
  const there = { ...store, settings: { ...store.settings, port: replica.port } };
  assert.match(
    (await exchanges.unable(there)) ?? '',
    /is a replica.*name the address of its primary/,
  );
  const [, one] = await Promise.all([
    exchanges.unable(store),
    withClient(replica, waiting().signal, (client) => client.query('SELECT 1')),
  ]);
  assert.equal(one.rowCount, 1);
});
