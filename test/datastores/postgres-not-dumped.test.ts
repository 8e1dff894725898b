// Rows that pg_dump leaves out without a word: a backup says so, and nobody calls it proved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waiting } from '../support/local-daemon.ts';
import { onePostgres } from '../support/datastores/postgres-backups.ts';
import { databaseWith, verified } from '../support/datastores/postgres-verify.ts';

const world = onePostgres();

const OF_HSTORE = [
  'CREATE EXTENSION hstore',
  'CREATE TABLE users AS SELECT generate_series(1, 3) AS id',
  'CREATE TABLE orders AS SELECT generate_series(1, 5000) AS id',
  'ALTER EXTENSION hstore ADD TABLE orders',
];

test('rows of tables that belong to an extension are in no dump: named, and no pass', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const database = await databaseWith(t, it, [
    ...OF_HSTORE,
    'CREATE MATERIALIZED VIEW seen AS SELECT id FROM users',
    'CREATE MATERIALIZED VIEW later AS SELECT id FROM users WITH NO DATA',
    'CREATE TABLE nothing (a int)',
    'CREATE TABLE emptied AS SELECT 1 AS a',
    'DELETE FROM emptied',
    'CREATE TABLE events (a int) PARTITION BY LIST (a)',
    'CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1)',
    'INSERT INTO events VALUES (1)',
    ...['TABLE events', 'TABLE events_1', 'TABLE nothing', 'TABLE emptied'].map(
      (what) => `ALTER EXTENSION hstore ADD ${what}`,
    ),
    ...['seen', 'later'].map((view) => `ALTER EXTENSION hstore ADD MATERIALIZED VIEW ${view}`),
  ]);
  const { detail, rungs } = await verified(it, database);
  const left = [
    ...['public.events_1 with 1 row', 'public.orders with 5,000 rows', 'public.seen with 3 rows'],
  ].map((what) => `${what} (a table of the extension hstore)`);
  assert.ok(detail.endsWith(`; not in the backup: ${left.join(', ')}`), detail);
  const [, loads, complete] = rungs;
  assert.deepEqual([loads?.verdict, complete?.verdict], ['pass', 'inconclusive']);
  assert.match(complete?.reason ?? '', /does not hold the rows of .*public\.orders \(5,000 rows\)/);
  assert.match(complete?.reason ?? '', /ALTER EXTENSION \.\.\. DROP TABLE/);
});

test('rows of tables in a schema of the system are in no dump: named, and no pass', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const database = await databaseWith(t, it, [
    'CREATE TABLE users AS SELECT 1 AS id',
    'CREATE TABLE information_schema.orders AS SELECT generate_series(1, 50) AS id',
    'SET allow_system_table_mods = on',
    'CREATE TABLE pg_catalog.hidden AS SELECT generate_series(1, 7) AS id',
  ]);
  const { detail, rungs } = await verified(it, database);
  assert.match(detail, /information_schema\.orders with 50 rows \(a table of the schema inform/);
  assert.match(detail, /pg_catalog\.hidden with 7 rows/);
  assert.equal(rungs[2]?.verdict, 'inconclusive');
  assert.match(rungs[2].reason, /information_schema\.orders \(50 rows\), pg_catalog\.hidden \(7 r/);
});

test('a table that an extension marked as its configuration is in the dump, and not named', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const database = await databaseWith(t, it, [
    ...OF_HSTORE,
    "UPDATE pg_extension SET extconfig = ARRAY['orders'::regclass::oid], extcondition = ARRAY['WHERE id > 10'] WHERE extname = 'hstore'",
  ]);
  const store = { ...it.store, settings: { ...it.store.settings, database } };
  const { contents } = await it.backups.backup({ ...it.input, store }, waiting());
  assert.deepEqual([contents.notDumped, contents.notDumpedRows], [[], []]);
});

test('a table of an extension that the user may not read stops no backup, and is named', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { password = '' } = it.postgres.address;
  const database = await databaseWith(t, it, [
    `CREATE ROLE few LOGIN PASSWORD '${password}'`,
    ...OF_HSTORE,
    'CREATE TABLE rules AS SELECT 1 AS id',
    'ALTER TABLE rules ENABLE ROW LEVEL SECURITY',
    'GRANT SELECT ON users, rules TO few',
    'ALTER EXTENSION hstore ADD TABLE rules',
  ]);
  t.after(() => it.postgres.query('DROP ROLE few'));
  const store = { ...it.store, settings: { ...it.store.settings, user: 'few' } };
  const { detail, rungs } = await verified({ ...it, store }, database);
  for (const name of ['orders', 'rules'])
    assert.match(detail, new RegExp(`public\\.${name} with rows that the user may not read`));
  assert.match(rungs[2]?.reason ?? '', /public\.orders \(not counted\), public\.rules \(not coun/);
});

test('a sequence that belongs to an extension is missed in the copy', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const statements = ['CREATE SEQUENCE numbers', 'ALTER EXTENSION hstore ADD SEQUENCE numbers'];
  const database = await databaseWith(t, it, ['CREATE EXTENSION hstore', ...statements]);
  const { rungs } = await verified(it, database);
  assert.match(rungs[2]?.reason ?? '', /sequence public\.numbers is missing/);
});
