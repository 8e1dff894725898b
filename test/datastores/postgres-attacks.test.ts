// What somebody who owns tables of a live Postgres puts there for Fairlead to run: code in a dump, and things in the place of the
// table of heartbeats. The test's own login is a superuser, whom they all wait for.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createCopies } from '../../src/datastores/copies.ts';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { addHeartbeat } from '../../src/datastores/postgres/heartbeat.ts';
import { clusterAddress } from '../../src/datastores/postgres/scratch-cluster.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { clock, onePostgres } from '../support/datastores/postgres-backups.ts';

const world = onePostgres();

/** For an index, whose expression must not be volatile. */
const STEADY =
  "CREATE FUNCTION public.steady() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN public.trap(); END'";

/** A function that leaves a mark where it may run a program, and says nothing where it may not. */
async function trap(t: TestContext): Promise<{ mark: string; sql: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-trap-'));
  await chmod(folder, 0o777);
  t.after(() => rm(folder, { recursive: true, force: true }));
  const mark = join(folder, 'mark');
  const sql = `CREATE FUNCTION public.trap() RETURNS boolean LANGUAGE plpgsql AS $trap$ BEGIN
      COPY (SELECT 1) TO PROGRAM 'cat > ${mark}';
      RETURN true;
    EXCEPTION WHEN insufficient_privilege THEN RETURN true; END $trap$`;
  return { mark, sql };
}

test('a CHECK, a default, an index and a view of a dump run no program, where the copy is loaded and where it is asked', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { query } = it.postgres;
  const { mark, sql } = await trap(t);
  await query(`${sql}; ${STEADY};
    CREATE TABLE public.trapped (a int CHECK (public.trap()));
    INSERT INTO public.trapped VALUES (1);
    CREATE INDEX trapped_by ON public.trapped ((public.steady()));
    CREATE VIEW public.trapping AS SELECT public.trap() AS set`);
  t.after(() =>
    query(
      'DROP TABLE public.trapped; DROP VIEW public.trapping; DROP FUNCTION public.steady; DROP FUNCTION public.trap',
    ),
  );
  assert.ok(existsSync(mark), 'a superuser runs it');
  await rm(mark);
  await it.backups.backup(it.input, waiting());
  // Planning a query on such an index runs it, with the rights of who asks: a superuser is no login for backups.
  await rm(mark, { force: true });
  await it.backups.restore({ id: it.id, target: it.target, into: 'scratch' }, waiting());
  const rows = await it.backups.ask(
    { target: it.target, query: 'SELECT count(*) FROM public.trapped' },
    waiting(),
  );
  assert.equal(rows, '1');
  await it.backups.ask({ target: it.target, query: 'SELECT set FROM public.trapping' }, waiting());
  assert.equal(existsSync(mark), false, 'when the copy was loaded and asked');
});

test('whose a copy is cannot become a superuser, read files or run programs there', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  await it.backups.backup(it.input, waiting());
  await it.backups.restore({ id: it.id, target: it.target, into: 'scratch' }, waiting());
  const address = await clusterAddress((await createCopies(it.root).find(it.target.copy)).folder);
  for (const attack of [
    'SET ROLE fairlead',
    'ALTER ROLE fairlead_copy SUPERUSER',
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "CREATE FUNCTION public.system(cstring) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'",
    'CREATE EXTENSION dblink',
    "ALTER SYSTEM SET archive_command = 'true'",
  ]) {
    const asking = withClient(address, waiting().signal, (client) => client.query(attack));
    await assert.rejects(asking, /permission denied|must be superuser|must be a superuser/, attack);
  }
});

describe('in the place of the table of heartbeats', () => {
  const columns =
    'slot integer PRIMARY KEY, timeline uuid NOT NULL, number bigint NOT NULL, at timestamptz NOT NULL, skew_ms integer NOT NULL';
  const table = `CREATE TABLE public.fairlead_canary (${columns})`;
  const selected =
    'SELECT 1 AS slot, gen_random_uuid() AS timeline, 1::bigint AS number, now() AS at, 0 AS skew_ms';
  const cases: [string, string, RegExp][] = [
    [
      'a view',
      `CREATE VIEW public.fairlead_canary AS ${selected} WHERE public.trap()`,
      /no plain table/,
    ],
    [
      'a table with a trigger',
      `${table}; CREATE FUNCTION public.pull() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.trap(); RETURN NEW; END';
      CREATE TRIGGER pull BEFORE INSERT ON public.fairlead_canary FOR EACH ROW EXECUTE FUNCTION public.pull()`,
      /it has triggers/,
    ],
    [
      'a table with a rule',
      `${table}; CREATE RULE pull AS ON INSERT TO public.fairlead_canary DO ALSO SELECT public.trap()`,
      /it has rules/,
    ],
    [
      'a table with a check',
      `${table}; ALTER TABLE public.fairlead_canary ADD CHECK (public.trap())`,
      /it has constraints/,
    ],
    [
      'a table with an index',
      `${table}; ${STEADY}; CREATE INDEX ON public.fairlead_canary ((public.steady()))`,
      /it has other indexes/,
    ],
    [
      'a table with a policy',
      `${table}; ALTER TABLE public.fairlead_canary ENABLE ROW LEVEL SECURITY`,
      /its rows have policies/,
    ],
  ];
  for (const [what, sql, said] of cases) {
    test(`${what} is refused, and does not run`, async (t) => {
      const it = await world(t);
      if (it === undefined) return;
      const { query, address } = it.postgres;
      const { mark, sql: made } = await trap(t);
      await query(`${made}; ${sql}`);
      await rm(mark, { force: true });
      t.after(() =>
        query(
          `DROP ${what === 'a view' ? 'VIEW' : 'TABLE'} public.fairlead_canary; DROP FUNCTION IF EXISTS public.pull; DROP FUNCTION IF EXISTS public.steady; DROP FUNCTION public.trap`,
        ),
      );
      const writing = withClient(address, waiting().signal, (client) =>
        addHeartbeat(client, 10, clock),
      );
      const { message } = await fails('Refused', writing);
      assert.match(message, said);
      assert.equal(existsSync(mark), false);
    });
  }
});
