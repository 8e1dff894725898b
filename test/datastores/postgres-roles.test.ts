// Who may see what in a Postgres: what questions see, and the roles that a dump's policies name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneValue } from '../../src/datastores/postgres/ask.ts';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { policyRoles } from '../../src/datastores/postgres/load-dump.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { onePostgres, programThat } from '../support/datastores/postgres-backups.ts';

const world = onePostgres();

test('rows under a policy are seen by a question, however it is enforced', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { address, query } = it.postgres;
  t.after(() => query('DROP TABLE hidden'));
  await query(`CREATE TABLE hidden (a int);
    INSERT INTO hidden VALUES (1), (2);
    ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
    ALTER TABLE hidden FORCE ROW LEVEL SECURITY;
    CREATE POLICY nobody ON hidden USING (false)`);
  const ask = () =>
    withClient(address, waiting().signal, (client) =>
      oneValue(client, 'SELECT count(*) FROM hidden'),
    );
  assert.deepEqual(await Promise.all([ask(), ask(), ask()]), ['2', '2', '2']);
  assert.equal(await ask(), '2');
});

test('what a server cannot do just now is no answer of its data', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { address, query } = it.postgres;
  t.after(() => query('DROP FUNCTION raises'));
  await query(`CREATE FUNCTION raises(code text) RETURNS int LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION USING ERRCODE = code, MESSAGE = ''raised''; END'`);
  for (const [code, kind] of [
    ['53200', 'Unavailable'],
    ['57P01', 'Unavailable'],
    ['58030', 'Unavailable'],
    ['57014', 'NotReady'],
    ['22012', 'CheckFailed'],
    ['XX001', 'CheckFailed'],
  ] as const) {
    const asking = withClient(address, waiting().signal, (client) =>
      oneValue(client, `SELECT raises('${code}')`),
    );
    assert.match((await fails(kind, asking)).message, /raises.*: raised/, code);
  }
});

test('a dump whose policies name roles is restored, with roles that nobody can log in as', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, target } = it;
  const { query } = it.postgres;
  const roles = ['app_user', 'Odd, "role" TO'].map((name) => `"${name.replaceAll('"', '""')}"`);
  t.after(() => query(`DROP TABLE secured; ${roles.map((one) => `DROP ROLE ${one}`).join(';')}`));
  await query(`${roles.map((one) => `CREATE ROLE ${one} LOGIN`).join(';')};
    CREATE TABLE secured (a int);
    INSERT INTO secured VALUES (1), (2);
    ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "own rows" ON secured FOR SELECT TO ${roles.join(', ')} USING (a > 1);
    CREATE POLICY anybody ON secured AS RESTRICTIVE USING (true)`);
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const ask = (question: string) => backups.ask({ target, query: question }, waiting());
  assert.equal(await ask('SELECT count(*) FROM secured'), '2');
  const named =
    "SELECT array_to_string(array(SELECT unnest(roles)::text ORDER BY 1), '; ') FROM pg_policies WHERE policyname = 'own rows'";
  assert.match((await ask(named)) ?? '', /^(app_user; Odd, "role" TO|Odd, "role" TO; app_user)$/);
  const login = "SELECT bool_or(rolcanlogin) FROM pg_roles WHERE rolname ~ 'Odd|app_user'";
  assert.equal(await ask(login), 'f');
});

test('the roles of policies are read as pg_dump writes them', () => {
  const script = `CREATE INDEX a ON public.t USING btree (a);
CREATE POLICY p ON public.t TO one USING (true);
CREATE POLICY "p TO x" ON "S ""q""".t AS RESTRICTIVE FOR UPDATE TO two, "Three, 3" WITH CHECK (true);
CREATE POLICY q ON public.t FOR ALL TO one;
CREATE POLICY everybody ON public.t USING ((a = ' TO nobody USING'::text));
`;
  assert.deepEqual(policyRoles(script), ['Three, 3', 'one', 'two']);
});

for (const [what, said] of [
  ['a role', 'ERROR:  role "app" does not exist'],
  ['an extension', 'ERROR:  extension "postgis" is not available'],
  ['a way to store tables', 'ERROR:  access method "columnar" does not exist'],
  ['a library', 'ERROR:  could not access file "$libdir/own": No such file or directory'],
] as const) {
  test(`a dump that needs ${what} that is not here says nothing of the backup`, async (t) => {
    const script = `case "$*" in *--dbname*) echo 'pg_restore: error: ${said}' >&2; exit 1;; esac
      exec "$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/pg_restore" "$@"`;
    const it = await world(t, [await programThat(t, 'pg_restore', script)]);
    if (it === undefined) return;
    await it.backups.backup(it.input, waiting());
    const restore = it.backups.restore(
      { id: it.id, target: it.target, into: 'scratch' },
      waiting(),
    );
    assert.match((await fails('Unsupported', restore)).message, /needs what the Postgres of the/);
  });
}
