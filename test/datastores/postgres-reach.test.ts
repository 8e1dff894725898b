// What a copy of a Postgres could reach other servers with is not restored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reaching } from '../../src/datastores/postgres/load-dump.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { onePostgres } from '../support/datastores/postgres-backups.ts';

const world = onePostgres();

test('a dump with a foreign server or dblink is no copy that could be kept apart', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { query } = it.postgres;
  await query(`CREATE EXTENSION dblink;
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER led FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1');
    CREATE USER MAPPING FOR PUBLIC SERVER led;
    CREATE FOREIGN TABLE far (a int) SERVER led`);
  t.after(() => query('DROP EXTENSION dblink; DROP EXTENSION postgres_fdw CASCADE'));
  await it.backups.backup(it.input, waiting());
  const restoring = it.backups.restore(
    { id: it.id, target: it.target, into: 'scratch' },
    waiting(),
  );
  const { message } = await fails('Unsupported', restoring);
  assert.match(message, /holds what connects to other servers \(.*EXTENSION dblink/);
  for (const one of ['EXTENSION postgres_fdw', 'SERVER led', 'FOREIGN TABLE public far']) {
    assert.ok(message.includes(one), `${one} in ${message}`);
  }
  assert.match(message, /is not made; take them out of the database/);
});

test('other extensions and names that sound alike stay', () => {
  const listing = `;
; Archive created at 2026-11-22
2; 3079 16384 EXTENSION - pgcrypto
3; 3079 16385 EXTENSION - file_fdw
217; 1259 16391 TABLE public dblink postgres
218; 1259 16392 TABLE public my_fdw postgres
3350; 0 0 COMMENT - EXTENSION dblink
219; 1259 16393 VIEW public SERVER postgres`;
  assert.deepEqual(reaching(listing), []);
});
