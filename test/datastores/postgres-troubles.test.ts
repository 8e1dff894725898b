// What a Postgres does to whoever asks it: errors of every class, locks that are held, answers without end, and a count
// that goes on when nobody wants it any more.
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { prepareToRead } from '../../src/datastores/postgres/contents.ts';
import { Failure } from '../../src/domain/failure.ts';
import { fails } from '../support/fails.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { postgresWorld, programThat } from '../support/postgres-backups.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres | undefined;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres?.stop());

const world = (t: TestContext, programs?: readonly string[]) =>
  postgresWorld(t, postgres, programs);

test('when the object store fails, the count that goes on beside it is ended too', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { query } = it.postgres;
  await query(`CREATE TABLE slow AS SELECT 1 AS n;
    CREATE FUNCTION slow_text(slow) RETURNS text LANGUAGE sql AS 'SELECT pg_sleep(60)::text';
    CREATE CAST (slow AS text) WITH FUNCTION slow_text(slow)`);
  t.after(() => query('DROP TABLE slow CASCADE'));
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
    await prepareToRead(client);
    return (await client.query<{ lock_timeout: string }>('SHOW lock_timeout')).rows;
  });
  assert.deepEqual(settings, [{ lock_timeout: '5min' }]);
  const script = `if [ "$1" = --version ]; then echo "pg_dump 15.1"; exit 0; fi
    echo "$* ERROR: canceling statement due to lock timeout" >&2; exit 1`;
  const other = await world(t, [await programThat(t, 'pg_dump', script)]);
  if (other === undefined) return;
  const failure = await fails('Unavailable', other.backups.backup(other.input, waiting()));
  assert.match(failure.message, /waited 5 minutes for a lock .*--lock-wait-timeout=300000/);
});

test('a question that gives a whole table is answered without reading it', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, target } = it;
  await backups.backup(it.input, waiting());
  await backups.restore({ id: it.id, target }, waiting());
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
