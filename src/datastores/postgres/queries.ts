// SQL on a live Postgres for runbooks of steps. What only looks runs in a transaction that cannot write: a promise of whoever
// wrote it, and no fence, since functions of the server can end sessions all the same.
import type pg from 'pg';
import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import { secretValue, type SecretSources } from '../../integrations/secret-value.ts';
import type { QueriesPort, QueryInput, QueryRows } from '../../ports/steps/queries.ts';
import { isPassing, liveAddress, withClient, type PostgresAddress } from './connection.ts';

const MOST_ROWS = 200;
/** Milliseconds for a lock that somebody else holds: a look that waits is in the way of who comes after it. */
const LOCK_MS = 2_000;
const SHORT = /^\s*(?:show|explain)\b/i;
const rowsOfTexts = z.array(z.array(z.string().nullable()));

export function createPostgresQueries(secrets: SecretSources): QueriesPort {
  return {
    look: async (input, { signal }) =>
      withClient(await addressFor(input, secrets), signal, (client) =>
        saying(input, () => look(client, input)),
      ),
    change: async (input, { signal }) =>
      withClient(await addressFor(input, secrets), signal, (client) =>
        saying(input, () => change(client, input)),
      ),
  };
}

async function addressFor(
  { store, query: { user, password } }: QueryInput,
  secrets: SecretSources,
): Promise<PostgresAddress> {
  if (user === undefined || password === undefined) return liveAddress(store, secrets);
  const found = await secretValue(password, store.directory, secrets);
  if ('problem' in found) {
    throw new Failure(
      'BadInput',
      `the password of ${user} for ${store.datastore} is in ${found.problem}`,
    );
  }
  const { password: _, ...settings } = store.settings;
  return { ...(await liveAddress({ ...store, settings }, secrets)), user, password: found.secret };
}

async function look(client: pg.Client, { query, timeoutMs }: QueryInput): Promise<QueryRows> {
  const values = query.values ?? [];
  await client.query('BEGIN TRANSACTION READ ONLY');
  await limit(client, timeoutMs);
  if (SHORT.test(query.sql)) return rowsOf(await asked(client, query.sql, values));
  await asked(client, `DECLARE asked NO SCROLL CURSOR FOR ${query.sql}`, values);
  return rowsOf(await asked(client, `FETCH ${MOST_ROWS + 1} FROM asked`, []));
}

async function change(client: pg.Client, { query, timeoutMs }: QueryInput) {
  await client.query('BEGIN');
  await limit(client, timeoutMs);
  const { rowCount } = await asked(client, query.sql, query.values ?? []);
  await client.query('COMMIT');
  return { rows: rowCount ?? 0 };
}

async function limit(client: pg.Client, timeoutMs: number): Promise<void> {
  await client.query(`SET LOCAL statement_timeout = ${Math.max(1, Math.round(timeoutMs))}`);
  await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
}

/** Prepared, it is one statement, and not several. */
async function asked(
  client: pg.Client,
  text: string,
  values: readonly (string | number | boolean)[],
): Promise<pg.QueryArrayResult<unknown[]>> {
  const asText = (): ((value: string) => unknown) => (value) => value;
  return client.query<unknown[]>({
    ...{ text, values: [...values], queryMode: 'extended' as const },
    rowMode: 'array' as const,
    types: { getTypeParser: asText },
  });
}

function rowsOf({ fields, rows }: pg.QueryArrayResult<unknown[]>): QueryRows {
  const texts = rowsOfTexts.parse(rows);
  return {
    columns: fields.map(({ name }) => name),
    rows: texts.slice(0, MOST_ROWS),
    more: texts.length > MOST_ROWS,
  };
}

async function saying<T>({ query, store }: QueryInput, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { DatabaseError } = await import('pg');
    if (!(error instanceof DatabaseError)) throw error;
    const doing = `asking ${store.datastore}: ${query.sql.replaceAll(/\s+/g, ' ').slice(0, 100)}`;
    const kind = isPassing(error.code ?? '') ? 'NotReady' : 'CheckFailed';
    throw new Failure(kind, `${doing}: ${error.message}`);
  }
}
