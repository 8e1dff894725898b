// Copies of a real Postgres that people look into: what differs from what is live, row by row, and a login that only reads.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { judgeCorrect } from '../../src/domain/backup/ladder.ts';
import type { Loss } from '../../src/domain/recovery/exchange.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { onePostgres } from '../support/datastores/postgres-backups.ts';

const world = onePostgres();

const countsOf = ({ onlyThere, onlyHere, changed }: Loss): number[] =>
  [onlyThere, onlyHere, changed].map(({ count }) => count);

test('what was written, removed and changed since the backup is counted by table, and no row of it is told', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, target } = it;
  const { query } = it.postgres;
  t.after(() => query('DROP SCHEMA look CASCADE'));
  await query(`CREATE SCHEMA look;
    CREATE TABLE look.keyed (region text, number int, email text, PRIMARY KEY (region, number));
    INSERT INTO look.keyed SELECT 'r' || n % 7, n, 'person' || n || '@example.org' FROM generate_series(1, 5000) n;
    CREATE TABLE look.bag (a int, b text);
    INSERT INTO look.bag VALUES (1, 'one'), (1, 'one'), (1, 'one'), (2, NULL), (3, 'three');
    CREATE TABLE look.parts (id int PRIMARY KEY, v text) PARTITION BY HASH (id);
    CREATE TABLE look.part0 PARTITION OF look.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE look.part1 PARTITION OF look.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO look.parts SELECT n, 'v' FROM generate_series(1, 100) n;
    CREATE TABLE look.gone AS SELECT n FROM generate_series(1, 4) n;
    CREATE TABLE look.same AS SELECT n FROM generate_series(1, 10) n`);
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const nothing = await backups.lossAgainstLive(target, waiting());
  assert.deepEqual(countsOf(nothing), [0, 0, 0]);
  await query(`INSERT INTO look.keyed VALUES ('new', 9001, 'x'), ('new', 9002, 'y');
    DELETE FROM look.keyed WHERE number <= 3;
    UPDATE look.keyed SET email = 'other' WHERE number BETWEEN 100 AND 104;
    DELETE FROM look.bag WHERE ctid IN (SELECT ctid FROM look.bag WHERE a = 1 LIMIT 2);
    INSERT INTO look.bag VALUES (2, NULL), (4, 'four');
    UPDATE look.parts SET v = 'w' WHERE id <= 7;
    DROP TABLE look.gone;
    CREATE TABLE look.added AS SELECT n FROM generate_series(1, 6) n;
    ALTER TABLE look.same ADD COLUMN more text`);
  const loss = await backups.lossAgainstLive(target, waiting());
  assert.deepEqual(countsOf(loss), [2 + 2 + 6, 3 + 2 + 4, 5 + 7]);
  assert.deepEqual(loss.onlyThere.shown, [
    'all of look.added (6 rows)',
    'look.bag (2 rows)',
    'look.keyed (2 rows)',
  ]);
  assert.deepEqual(loss.onlyHere.shown, [
    'look.bag (2 rows)',
    'all of look.gone (4 rows)',
    'look.keyed (3 rows)',
  ]);
  assert.deepEqual(loss.changed.shown, ['look.keyed (5 rows)', 'look.parts (7 rows)']);
  assert.ok(!JSON.stringify(loss).includes('@'));
  assert.deepEqual(await backups.lossAgainstLive(target, waiting()), loss);
});

test('a table without a key whose rows are the same, but not as often, is not the same: for a loss and for a verification', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, target, store } = it;
  const { query } = it.postgres;
  t.after(() => query('DROP SCHEMA often CASCADE'));
  await query(`CREATE SCHEMA often;
    CREATE TABLE often.bag (a int, b text);
    INSERT INTO often.bag VALUES (1, 'one'), (1, 'one'), (2, NULL);
    CREATE TABLE often.nameless ();
    INSERT INTO often.nameless DEFAULT VALUES;
    INSERT INTO often.nameless DEFAULT VALUES;
    CREATE TABLE often.parts (a int, b text) PARTITION BY LIST (a);
    CREATE TABLE often.part1 PARTITION OF often.parts FOR VALUES IN (1);
    CREATE TABLE often.part2 PARTITION OF often.parts FOR VALUES IN (2);
    INSERT INTO often.parts VALUES (1, 'x'), (2, 'x'), (2, 'x')`);
  const { contents } = await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  // As many rows as before, and the same distinct ones.
  await query(`DELETE FROM often.bag WHERE ctid = (SELECT ctid FROM often.bag WHERE a = 1 LIMIT 1);
    INSERT INTO often.bag VALUES (2, NULL);
    DELETE FROM often.parts WHERE tableoid = 'often.part2'::regclass
      AND ctid = (SELECT ctid FROM often.part2 LIMIT 1);
    INSERT INTO often.parts VALUES (1, 'x')`);
  await query('INSERT INTO often.nameless DEFAULT VALUES');
  const loss = await backups.lossAgainstLive(target, waiting());
  assert.deepEqual(countsOf(loss), [1 + 1 + 1, 1 + 1, 0]);
  assert.deepEqual(loss.onlyThere.shown, [
    'often.bag (1 row)',
    'often.nameless (1 row)',
    'often.parts (1 row)',
  ]);
  assert.deepEqual(loss.onlyHere.shown, ['often.bag (1 row)', 'often.parts (1 row)']);
  const live = (await backups.fingerprint(store, waiting())).contents;
  const { verdict, reason } = judgeCorrect(contents, live);
  assert.equal(verdict, 'fail');
  assert.match(
    reason,
    /3 rows on both sides, which are not the same ones, or not as often\); 2 more/,
  );
  const copy = (await backups.fingerprint(target, waiting())).contents;
  assert.equal(judgeCorrect(contents, copy).verdict, 'pass');
});

test('whoever looks into the copy of a Postgres logs in, reads everything, and writes nothing', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, target, store } = it;
  const { query, address } = it.postgres;
  t.after(() => query('DROP TABLE seen'));
  await query(`CREATE TABLE seen (a int); INSERT INTO seen VALUES (7);
    ALTER TABLE seen ENABLE ROW LEVEL SECURITY; ALTER TABLE seen FORCE ROW LEVEL SECURITY`);
  const place = await backups.placeForCopy(store, waiting());
  assert.ok(place.into === 'scratch');
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: place.into }, waiting());
  const until = Date.now() + 60_000;
  await backups.keep({ target, until }, waiting());
  const { where, look } = await backups.keep({ target, until }, waiting());
  const said = /^PGPASSWORD="\$\(cat (\S+)\)" psql -h (\S+) -p (\d+) -U (\w+) (\w+)$/.exec(
    look[0] ?? '',
  );
  const [, file = '', host = '', port = '', user = '', database = ''] = said ?? [];
  assert.equal(where, `the database ${database} of a server of its own at ${host}:${port}`);
  assert.equal(database, address.database);
  const reader = {
    ...{ host, port: Number(port), user, database },
    password: await readFile(file, 'utf8'),
  };
  const asked = (text: string, before = 'SELECT 1') =>
    withClient(reader, waiting().signal, async (client) => {
      await client.query(before);
      return (await client.query<Record<string, unknown>>(text)).rows;
    });
  assert.deepEqual(await asked('SELECT a FROM seen'), [{ a: 7 }]);
  await fails('CheckFailed', asked('DELETE FROM seen'));
  await fails('CheckFailed', asked('CREATE TABLE mine (a int)'));
  // Also whoever takes the setting off has no right to write.
  const off = 'SET default_transaction_read_only = off';
  await fails('Refused', asked('INSERT INTO seen VALUES (8)', off));
  // Questions of Fairlead's own are answered as before.
  assert.equal(await backups.ask({ target, query: 'SELECT count(*) FROM seen' }, waiting()), '1');
  assert.equal((await backups.fingerprint(target, waiting())).contents.parts.length > 0, true);
});
