// Asks a copy one question, for invariants and the watermark: with rights to read everything, rows under a policy too,
// and no others, in a transaction that cannot write.
import type pg from 'pg';
import { z } from 'zod';
import { Failure, type FailureKind } from '../../domain/failure.ts';
import { isPassing } from './connection.ts';
import { READER } from './scratch-cluster.ts';

const ASK_MS = 30_000;
const CANCELED = '57014';
/** Another login of a live server has what it was given there, and is no such reader. */
const IS_READER =
  "SELECT FROM pg_catalog.pg_roles WHERE rolname = $1 AND pg_catalog.pg_has_role(oid, 'MEMBER')";
const SHORT = /^\s*(?:show|explain)\b/i;
const row = z.tuple([z.string().nullable()]);

/** The one value that the query gives, as text. Throws CheckFailed for any other answer, but for one of the server's state. */
export async function oneValue(client: pg.Client, query: string): Promise<string | null> {
  const asked = `the query ${query.slice(0, 100)}`;
  // The settings of the live database, which the copy has, may say that nothing is written.
  await client.query('SET default_transaction_read_only = off');
  const isReader = (await client.query(IS_READER, [READER])).rowCount === 1;
  await client.query('BEGIN TRANSACTION READ ONLY');
  await client.query(`SET LOCAL statement_timeout = ${ASK_MS}`);
  if (isReader) await client.query(`SET LOCAL ROLE ${READER}`);
  const rows = await answerOf(client, query).catch(async (error: unknown) => {
    const { DatabaseError } = await import('pg');
    if (!(error instanceof DatabaseError)) throw error;
    throw new Failure(kindOf(error.code), `${asked}: ${error.message}`);
  });
  const first = row.safeParse(rows[0]);
  if (first.success && rows.length === 1) return first.data[0];
  const columns = rows[0]?.length ?? 0;
  const count = rows.length > 1 ? 'several' : rows.length;
  throw new Failure(
    'CheckFailed',
    `${asked} gives ${count} rows of ${columns}, and has to give one value`,
  );
}

function kindOf(code = ''): FailureKind {
  // Its own limit: as long the next time.
  if (code === CANCELED) return 'NotReady';
  return isPassing(code) ? 'Unavailable' : 'CheckFailed';
}

/** At most two rows: whoever forgot a condition asks for all of a table. */
async function answerOf(client: pg.Client, text: string): Promise<unknown[][]> {
  // No cursor goes over these, and they are short.
  if (SHORT.test(text)) return rowsOf(client, text);
  // All of the answer is wanted, and not its beginning soon.
  await client.query('SET LOCAL cursor_tuple_fraction = 1');
  await rowsOf(client, `DECLARE asked NO SCROLL CURSOR FOR ${text}`);
  return rowsOf(client, 'FETCH 2 FROM asked');
}

async function rowsOf(client: pg.Client, text: string): Promise<unknown[][]> {
  const asText = (): ((value: string) => unknown) => (value) => value;
  // Prepared, it is one statement, and not several: a COMMIT would bring the rights back.
  const query = {
    ...{ text, queryMode: 'extended' as const },
    rowMode: 'array' as const,
    types: { getTypeParser: asText },
  };
  return (await client.query<unknown[]>(query)).rows;
}
