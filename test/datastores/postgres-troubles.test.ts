// What a Postgres does to whoever asks it: errors of every class, locks that are held, answers without end, and a count
// that goes on when nobody wants it any more.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createBackups } from '../../src/datastores/backups.ts';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { pinSession } from '../../src/datastores/postgres/session.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { findProgram, versionedFolders } from '../../src/datastores/tool.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { ObjectsPort } from '../../src/ports/objects.ts';
import { fails } from '../support/fails.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { clock, onePostgres, programThat } from '../support/datastores/postgres-backups.ts';

const world = onePostgres();
type World = NonNullable<Awaited<ReturnType<typeof world>>>;

test('when the object store fails, the count that goes on beside it is ended too', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { query } = it.postgres;
  // Packed it is small; written out and hashed, it takes far longer than the test waits.
  await query("CREATE TABLE slow AS SELECT repeat('x', 100000000) AS t FROM generate_series(1, 8)");
  t.after(() => query('DROP TABLE slow'));
  const counts = async (): Promise<number> => {
    const running = await query(
      "SELECT FROM pg_stat_activity WHERE query LIKE '%AS fairlead_row%' AND pid <> pg_backend_pid() AND state = 'active'",
    );
    return running.length;
  };
  let failed = 0;
  const put = async (): Promise<never> => {
    await eventually('the count', async () => (await counts()) === 1);
    failed = Date.now();
    throw new Failure('Unavailable', 'the store is gone');
  };
  const failure = await fails(
    'Unavailable',
    it.over({ ...it.objects, put }).backup(it.input, waiting()),
  );
  assert.match(failure.message, /the store is gone/);
  assert.ok(Date.now() - failed < 10_000, 'it waits for the count');
  await eventually('the count to end', async () => (await counts()) === 0);
});

test('an error that the server gives each time is no trouble on the way to it', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const asking = (text: string) =>
    withClient(it.postgres.address, waiting().signal, (client) => client.query(text));
  const raising = (code: string) =>
    `DO $$ BEGIN RAISE EXCEPTION 'so' USING ERRCODE = '${code}'; END $$`;
  for (const code of ['XX001', '54000', '22P02', '0A000']) {
    const failure = await fails('CheckFailed', asking(raising(code)));
    assert.match(failure.message, new RegExp(`: so \\(${code}\\)`));
  }
  for (const code of ['08006', '40001', '53200', '55006', '57014', '58030'])
    await fails('Unavailable', asking(raising(code)));
  await fails('BadInput', asking('SELECT FROM nothing'));
  await fails('Refused', asking(raising('42501')));
  const locked = await fails('Unavailable', asking(raising('55P03')));
  assert.match(locked.message, /waited 5 minutes for a lock that somebody else holds/);
});

test('neither the count nor pg_dump waits for a lock without end, and neither takes it for a verdict', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const settings = await withClient(it.postgres.address, waiting().signal, async (client) => {
    await pinSession(client);
    return (await client.query<{ lock_timeout: string }>('SHOW lock_timeout')).rows;
  });
  assert.deepEqual(settings, [{ lock_timeout: '5min' }]);
  const script = `if [ "$1" = --version ]; then echo "pg_dump 15.1"; exit 0; fi
    echo "$* ERROR: canceling statement due to lock timeout" >&2; exit 1`;
  const other = await world(t, [await programThat(t, 'pg_dump', script)]);
  if (other === undefined) return;
  const failure = await fails('Unavailable', other.backups.backup(other.input, waiting()));
  assert.match(failure.message, /both waited for each other for 10 s.*--lock-wait-timeout=10000/);
});

test("a table that is dropped after the tables were locked and before the dump of them is in nobody's way for long", async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-in-the-way-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const real = await findProgram('pg_dump', await versionedFolders('/usr/lib/postgresql'));
  const script = `if [ "$1" = --version ]; then exec ${real} "$@"; fi
    while [ ! -e ${folder}/go ]; do sleep 0.05; done
    exec ${real} "$@"`;
  const other = await world(t, [await programThat(t, 'pg_dump', script)]);
  if (other === undefined) return;
  const { postgres } = other;
  await postgres.query('CREATE TABLE goes AS SELECT 1 AS n');
  const isLocked = async (granted: boolean): Promise<boolean> => {
    const found = await postgres.query(
      `SELECT pid FROM pg_locks WHERE relation = to_regclass('goes') AND granted = ${String(granted)}`,
    );
    return found.length > 0;
  };
  const failing = fails('Unavailable', other.backups.backup(other.input, waiting()));
  await eventually('the tables to be locked', () => isLocked(true));
  const dropped = withClient(postgres.address, waiting().signal, (client) =>
    client.query('DROP TABLE goes'),
  );
  await eventually('the change to wait', () => isLocked(false));
  await writeFile(join(folder, 'go'), '');
  const failure = await failing;
  assert.match(failure.message, /a change of a table .* came between .*the change goes first/);
  await dropped;
});

/** A backup in the middle of which something is done to the server; nothing of it may be stored. */
async function disturbed(t: TestContext, by: (it: World) => Promise<unknown>) {
  const it = await world(t);
  if (it === undefined) return undefined;
  const put: ObjectsPort['put'] = async (input, during) => {
    await by(it);
    return it.objects.put(input, during);
  };
  const failure = await fails(
    'Unavailable',
    it.over({ ...it.objects, put }).backup(it.input, waiting()),
  );
  assert.deepEqual(failure.details, { begun: true });
  assert.deepEqual([...it.objects.stored.keys()], []);
  return failure;
}

const SESSIONS =
  "FROM pg_stat_activity WHERE application_name = 'fairlead' AND pid <> pg_backend_pid()";

test('a session that is ended while it counts, or dumps, is tried again, and leaves nothing in the store', async (t) => {
  for (const whose of [
    "query LIKE 'COPY%' OR query LIKE '%pg_dump%'",
    'backend_xmin IS NOT NULL',
  ]) {
    const failure = await disturbed(t, (it) =>
      it.postgres.query(`SELECT pg_terminate_backend(pid) ${SESSIONS} AND (${whose} OR true)`),
    );
    if (failure !== undefined)
      assert.match(
        failure.message,
        /terminat|closed the connection|connection error|invalid snapshot identifier/,
      );
  }
});

test('a table that is dropped while the backup begins is tried again, and then not missed', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { query, address } = it.postgres;
  await query('CREATE TABLE going (a int)');
  await withClient(address, waiting().signal, async (client) => {
    await client.query('BEGIN; DROP TABLE going');
    const backup = fails('Unavailable', it.backups.backup(it.input, waiting()));
    await eventually('it waits for the lock', async () => {
      const held = await query(
        "SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'",
      );
      return held.length > 0;
    });
    await client.query('COMMIT');
    assert.match((await backup).message, /going.*dropped or altered meanwhile; a new snapshot/);
  });
  const { contents } = await it.backups.backup(it.input, waiting());
  assert.ok(!contents.parts.some(({ name }) => name === 'public.going'));
});

test('a user who may not read one table is told which, where, and what to grant', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { query } = it.postgres;
  await query(`CREATE ROLE reader LOGIN PASSWORD 'p'; GRANT SELECT ON customers TO reader`);
  t.after(() => query('DROP OWNED BY reader; DROP ROLE reader'));
  const user = { ...it.store, settings: { ...it.store.settings, user: 'reader' } };
  const secrets = {
    env: { PGSECRET: 'p' },
    readFile: () => Promise.reject(new Error('none')),
    reader: 'x',
  };
  const backups = createBackups({
    ...{
      objects: it.objects,
      stores: createStores({ clock, secrets }),
      copies: it.root,
      secrets,
      clock,
    },
  });
  const failure = await fails('Refused', backups.backup({ ...it.input, store: user }, waiting()));
  assert.match(
    failure.message,
    /postgres:\/\/127\.0\.0\.1:\d+\/shop as reader: permission denied for .*GRANT/,
  );
});

test('a question that gives a whole table is answered without reading it', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, target } = it;
  await backups.backup(it.input, waiting());
  await backups.restore({ id: it.id, target, into: 'scratch' }, waiting());
  const ask = (query: string) => backups.ask({ target, query }, waiting());
  const before = process.memoryUsage().rss;
  const failure = await fails(
    'CheckFailed',
    ask("SELECT repeat('x', 200) FROM generate_series(1, 1000000)"),
  );
  assert.match(failure.message, /gives several rows of 1, and has to give one value/);
  assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024);
  const same: [string, string][] = [
    ['SELECT count(*) FROM orders;', '3000'],
    ['WITH all_of AS (SELECT 1) SELECT * FROM all_of -- one', '1'],
    ['VALUES (true)', 't'],
    ['SHOW transaction_read_only', 'on'],
  ];
  for (const [query, expected] of same) assert.equal(await ask(query), expected, query);
});
