// Who could write to a database at this moment, in sentences for people: sessions, prepared transactions, subscriptions.
// Vacuum by the server itself does not count, nor do sessions of Fairlead's own.
import type pg from 'pg';
import { z } from 'zod';

const SHOWN = 10;

/** Where rights are missing, some of it is NULL: then it counts. */
const SESSIONS = `SELECT format('process %s of the server (%s%s, %s) is connected as %s', pid, coalesce(backend_type, 'client backend'),
    coalesce(' of ' || nullif(application_name, ''), ''), coalesce('from ' || client_addr::text, 'on the server itself'), coalesce(usename, 'the server')) AS text
  FROM pg_stat_activity WHERE datid = $1 AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') NOT IN ('autovacuum worker', 'walsender', 'parallel worker')
    AND NOT (usename IS NOT DISTINCT FROM current_user AND application_name IS NOT DISTINCT FROM 'fairlead') ORDER BY pid LIMIT ${SHOWN}`;

const PREPARED = `SELECT format('the prepared transaction %L of %s, since %s, holds what it wrote: COMMIT PREPARED %L or ROLLBACK PREPARED %L in that database decides it', gid, owner, prepared, gid, gid) AS text
  FROM pg_prepared_xacts WHERE database = $1 ORDER BY prepared LIMIT ${SHOWN}`;

const APPLYING = `SELECT format('the subscription %I is enabled: its worker writes what a publisher sends', subname) AS text
  FROM pg_subscription WHERE subdbid = $1 AND subenabled ORDER BY 1 LIMIT ${SHOWN}`;

const sentences = z.array(z.object({ text: z.string() }));

export async function sentencesOf(
  client: pg.Client,
  query: string,
  values: readonly string[] = [],
): Promise<string[]> {
  const { rows } = await client.query<Record<string, unknown>>(query, [...values]);
  return sentences.parse(rows).map(({ text }) => text);
}

export function sessionsIn(client: pg.Client, oid: string): Promise<string[]> {
  return sentencesOf(client, SESSIONS, [oid]);
}

/** No session has to be there for one; it outlives a crash, and is decided by people. */
export function preparedIn(client: pg.Client, name: string): Promise<string[]> {
  return sentencesOf(client, PREPARED, [name]);
}

export async function writersIn(client: pg.Client, oid: string, name: string): Promise<string[]> {
  return [
    ...(await sessionsIn(client, oid)),
    ...(await preparedIn(client, name)),
    ...(await sentencesOf(client, APPLYING, [oid])),
  ];
}
