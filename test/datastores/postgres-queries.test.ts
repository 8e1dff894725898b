// Looks, checks and changes of runbooks of steps on a real Postgres: as a role of its own, in a transaction that writes nothing,
// with limits on its time and on the wait for a lock.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { StepQuery } from '../../src/config/steps/runbook-schema.ts';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { createPostgresQueries } from '../../src/datastores/postgres/queries.ts';
import type { QueryInput } from '../../src/ports/steps/queries.ts';
import { startPostgres, type TestPostgres } from '../support/datastores/postgres.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import type { FailureKind } from '../../src/domain/failure.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';

let postgres: TestPostgres | undefined;
before(async () => {
  postgres = await startPostgres();
  await postgres?.query(`CREATE ROLE lookout LOGIN PASSWORD 'seen' IN ROLE pg_monitor;
    GRANT SELECT ON orders TO lookout;
    CREATE TABLE marks (a int PRIMARY KEY, b text); GRANT ALL ON marks TO lookout`);
});
after(() => postgres?.stop());

const secrets = {
  env: { OWN: 'seen', WRONG: 'other' },
  readFile: () => Promise.reject(new Error('no file')),
  reader: 'the worker',
};
const queries = createPostgresQueries(secrets);

function asking(
  it: TestPostgres,
  sql: string,
  { timeoutMs = 5000, ...more }: Partial<StepQuery> & { timeoutMs?: number } = {},
): QueryInput {
  const { host, port, database } = it.address;
  const settings = { kind: 'postgres', host, port, database, user: 'nobody' } as const;
  const query = { datastore: 'orders', sql, user: 'lookout', password: { env: 'OWN' }, ...more };
  return { store: datastoreRef('orders', '/', settings), query, timeoutMs };
}

async function saying(work: Promise<unknown>, kind: FailureKind, said: RegExp): Promise<void> {
  const { message } = await fails(kind, work);
  assert.match(message, said);
}

describe('on a real Postgres', { concurrency: 1 }, () => {
  test('a look answers rows as texts, with its values, as the role that it names', async (t) => {
    if (postgres === undefined) {
      t.skip('missing part: no Postgres');
      return;
    }
    const sql = 'SELECT current_user, count(*), bool_and(total > $1), NULL FROM orders';
    const found = await queries.look(asking(postgres, sql, { values: [1] }), waiting());
    assert.deepEqual(found.rows, [['lookout', '3000', 't', null]]);
    assert.equal(found.more, false);
    const sessions = await queries.look(
      asking(postgres, 'SELECT pid FROM pg_stat_activity WHERE datname = current_database()'),
      waiting(),
    );
    assert.ok(sessions.rows.length > 0);
    const many = await queries.look(asking(postgres, 'SELECT * FROM orders'), waiting());
    assert.deepEqual([many.rows.length, many.more], [200, true]);
    const shown = await queries.look(asking(postgres, 'SHOW transaction_read_only'), waiting());
    assert.deepEqual(shown.rows, [['on']]);
  });

  test('a look writes nothing, and is one statement', async (t) => {
    if (postgres === undefined) {
      t.skip('missing part: no Postgres');
      return;
    }
    const it = postgres;
    const refused = async (sql: string, said: RegExp): Promise<void> => {
      await saying(queries.look(asking(it, sql), waiting()), 'CheckFailed', said);
    };
    await refused("INSERT INTO marks VALUES (1, 'x') RETURNING a", /syntax error/);
    await refused(
      "WITH x AS (INSERT INTO marks VALUES (1, 'x') RETURNING a) SELECT * FROM x",
      /DECLARE CURSOR|read-only/,
    );
    await refused("EXPLAIN ANALYZE INSERT INTO marks VALUES (1, 'x')", /read-only/);
    await refused('SELECT 1; COMMIT; DROP TABLE marks', /multiple commands/);
    await refused("SELECT nextval('downwards')", /permission denied|read-only/);
    await refused('SELECT * FROM customers', /permission denied/);
    assert.deepEqual(await it.query('SELECT count(*)::int AS n FROM marks'), [{ n: 0 }]);
  });

  test('a look ends at its time, and waits no more than 2 s for a lock', async (t) => {
    if (postgres === undefined) {
      t.skip('missing part: no Postgres');
      return;
    }
    const it = postgres;
    const slow = asking(it, 'SELECT pg_sleep(60)', { timeoutMs: 300 });
    await saying(queries.look(slow, waiting()), 'NotReady', /statement timeout/);
    await withClient(it.address, waiting().signal, async (client) => {
      await client.query('BEGIN; LOCK TABLE marks IN ACCESS EXCLUSIVE MODE');
      const held = asking(it, 'SELECT * FROM marks', { timeoutMs: 60_000 });
      await saying(queries.look(held, waiting()), 'NotReady', /lock timeout/);
      await client.query('ROLLBACK');
    });
  });

  test('a change is committed, and undone whole where it fails', async (t) => {
    if (postgres === undefined) {
      t.skip('missing part: no Postgres');
      return;
    }
    const made = asking(postgres, 'INSERT INTO marks VALUES ($1, $2)', {
      values: [7, "it's; DROP TABLE marks --"],
    });
    assert.deepEqual(await queries.change(made, waiting()), { rows: 1 });
    await saying(queries.change(made, waiting()), 'CheckFailed', /duplicate key/);
    assert.deepEqual(await postgres.query('SELECT b FROM marks'), [
      { b: "it's; DROP TABLE marks --" },
    ]);
  });

  test('what cannot log in says who, and no password', async (t) => {
    if (postgres === undefined) {
      t.skip('missing part: no Postgres');
      return;
    }
    const wrong = asking(postgres, 'SELECT 1', { user: 'nobody-of-that-name' });
    await saying(queries.look(wrong, waiting()), 'Refused', /nobody-of-that-name/);
    const none = asking(postgres, 'SELECT 1', { password: { env: 'NOT_SET' } });
    await saying(
      queries.look(none, waiting()),
      'BadInput',
      /the password of lookout for orders is in the environment variable NOT_SET/,
    );
  });
});
