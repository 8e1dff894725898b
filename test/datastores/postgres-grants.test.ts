// The role that `fairlead grant postgres --print` makes takes a whole backup, and can do nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withClient, type PostgresAddress } from '../../src/datastores/postgres/connection.ts';
import { takeDump } from '../../src/datastores/postgres/take-dump.ts';
import { findProgram, versionedFolders } from '../../src/datastores/tool.ts';
import { drain } from '../../src/datastores/byte-streams.ts';
import type { Write } from '../../src/datastores/store.ts';
import { postgresGrants } from '../../src/domain/by-hand/postgres-grants.ts';
import { startPostgres, type TestPostgres } from '../support/datastores/postgres.ts';
import { runTool } from '../../src/datastores/tool.ts';
import { waiting } from '../support/local-daemon.ts';

const USER = 'backup "of" shop';
let live: TestPostgres | undefined;
before(async () => {
  live = await startPostgres();
});
after(() => live?.stop());

const nowhere: Write = async (name, body) => {
  const plain = { size: await drain(body), sha256: '' };
  return { name, ...plain, plain };
};

test('the role of backups reads all rows, is no superuser, and changes nothing', async (t) => {
  if (live === undefined) {
    t.skip('missing part: Postgres');
    return;
  }
  const { address } = live;
  await live.query(`CREATE TABLE hidden AS SELECT 1 AS one; ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION ran() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
      IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN COPY (SELECT 1) TO PROGRAM 'touch /tmp/should-not-be'; END IF; RETURN 1; END $$`);
  const { host, port, database } = address;
  const named = { system: 'shop', datastore: 'orders', host, port, database, user: USER };
  const sql = postgresGrants({ ...named, heartbeats: true });
  const programs = await versionedFolders('/usr/lib/postgresql');
  const psql = async (text: string): Promise<string> =>
    runTool({
      program: await findProgram('psql', programs),
      args: ['-v', 'ON_ERROR_STOP=1', '-X', '-q', '-d', 'postgres', '-f', '-'],
      env: {
        ...{ PGHOST: host, PGPORT: String(port), PGUSER: address.user },
        PGPASSWORD: address.password ?? '',
      },
      directory: '/',
      input: (async function* () {
        yield Buffer.from(text);
      })(),
      signal: waiting().signal,
    });
  // Twice: whoever is not sure runs it once more.
  await psql(sql);
  await psql(sql);
  await live.query(`ALTER ROLE "backup ""of"" shop" PASSWORD 'secret'`);
  const own: PostgresAddress = { ...address, user: USER, password: 'secret' };
  const tools = {
    dump: await findProgram('pg_dump', programs),
    restore: await findProgram('pg_restore', programs),
  };
  const clock = { now: () => Date.now() };
  const taken = await takeDump({ address: own, programs: tools, clock }, nowhere, waiting());
  assert.equal(taken.remarks, undefined);
  const rows = new Map(taken.contents.parts.map((part) => [part.name, part.rows]));
  assert.equal([...rows].find(([name]) => name.includes('hidden'))?.[1], 1);
  const bySuperuser = await takeDump({ address, programs: tools, clock }, nowhere, waiting());
  assert.match(
    bySuperuser.remarks?.join() ?? '',
    /is a superuser.*fairlead grant postgres --print/,
  );
  await withClient(own, waiting().signal, async (client) => {
    for (const attack of [
      'DELETE FROM orders',
      'CREATE DATABASE other',
      'CREATE ROLE other',
      `COPY (SELECT 1) TO PROGRAM 'true'`,
      'ALTER ROLE CURRENT_USER SUPERUSER',
    ]) {
      await assert.rejects(client.query(attack), /permission denied|must be superuser/, attack);
    }
  });
});
