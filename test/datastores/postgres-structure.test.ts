// The structure of a real Postgres, as a backup keeps it and as it is read of what is live: rows change nothing of it, a
// migration does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structureOf } from '../../src/domain/backup/structure.ts';
import { onePostgres } from '../support/datastores/postgres-backups.ts';
import { waiting } from '../support/local-daemon.ts';

const world = onePostgres();

test('what a backup says of it is what is live until somebody migrates', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, input, store } = it;
  const { query } = it.postgres;
  t.after(() => query('DROP SCHEMA grown CASCADE'));
  await query(`CREATE SCHEMA grown; CREATE TABLE grown.orders (id int PRIMARY KEY, amount int);
    CREATE TABLE grown.days (day date, n int) PARTITION BY RANGE (day)`);
  const { contents } = await backups.backup(input, waiting());
  const then = structureOf(contents.definitions);
  const now = async () => structureOf(await backups.definitions(store, waiting()));
  assert.ok(then !== undefined);
  assert.equal(await now(), then);
  await query(`INSERT INTO grown.orders VALUES (1, 2);
    CREATE TABLE grown.day1 PARTITION OF grown.days FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');
    CREATE INDEX ON grown.day1 (n)`);
  assert.equal(await now(), then);
  await query('ALTER TABLE grown.orders ADD CHECK (amount > 0)');
  assert.notEqual(await now(), then);
});
