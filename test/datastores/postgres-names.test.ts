// The name of a database is a name and nothing else: libpq takes some for a whole connection string, and what was meant
// for a copy would go to another server.
import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runTool, versionedFolders } from '../../src/datastores/tool.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { onePostgres, programThat } from '../support/datastores/postgres-backups.ts';
import { databaseWith, verified } from '../support/datastores/postgres-verify.ts';

const world = onePostgres();
type World = NonNullable<Awaited<ReturnType<typeof world>>>;

const NAMES = [
  ...['a=b', `my db's "x" =é`, 'postgres://127.0.0.1:1/other', 'postgresql:///other?port=1'],
  ...['dbname=postgres', 'port=1', "back\\slash'", '-d other', ' ', '$HOME `id`'],
];

async function databaseNamed(t: TestContext, it: World, name: string): Promise<void> {
  const made = await databaseWith(t, it, ['CREATE TABLE t AS SELECT generate_series(1, 5) AS a']);
  const quoted = `"${name.replaceAll('"', '""')}"`;
  await it.postgres.query(`ALTER DATABASE ${made} RENAME TO ${quoted}`);
  t.after(() => it.postgres.query(`DROP DATABASE ${quoted} WITH (FORCE)`));
}

test('a database is backed up and verified whatever its name looks like', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  for (const name of NAMES) {
    await databaseNamed(t, it, name);
    const { rungs } = await verified(it, name);
    assert.deepEqual(
      rungs.map(({ rung, verdict, reason }) => (verdict === 'pass' ? rung : reason)),
      ['artefact', 'loads', 'complete', 'correct'],
      name,
    );
  }
});

test('the command for a look into a copy can be typed whatever the name of the database looks like', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id } = it;
  const PATH = [...(await versionedFolders('/usr/lib/postgresql')), process.env['PATH']];
  const env = { PATH: PATH.join(delimiter) };
  const name = `dbname=postgres's "\\x" $HOME`;
  await databaseNamed(t, it, name);
  const store = { ...it.store, settings: { ...it.store.settings, database: name } };
  const target = { copy: 'copy', store };
  await backups.backup({ ...it.input, store }, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const { look } = await backups.keep({ target, until: Date.now() + 60_000 }, waiting());
  const typed = `${look[0] ?? ''} -Atc 'SELECT current_database()'`;
  const run = { program: '/bin/sh', args: ['-c', typed], env, directory: '/' };
  assert.equal(await runTool({ ...run, signal: waiting().signal }), `${name}\n`);
});

for (const said of [
  'connection to server at "127.0.0.1", port 1 failed: Connection refused',
  'invalid connection option "a"',
  'could not execute query: server closed the connection unexpectedly',
]) {
  test(`a pg_restore that reached no server has judged no backup: ${said}`, async (t) => {
    const script = `case "$*" in *--dbname*) echo 'pg_restore: error: ${said}' >&2; exit 1;; esac
      exec "$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/pg_restore" "$@"`;
    const it = await world(t, [await programThat(t, 'pg_restore', script)]);
    if (it === undefined) return;
    const { backups, id, input, target } = it;
    await backups.backup(input, waiting());
    const restore = backups.restore({ id, target, into: 'scratch' }, waiting());
    assert.match(
      (await fails('Unavailable', restore)).message,
      /^loading into the copy at postgres:.*pg_restore: error/,
    );
  });
}
