// A look at a Postgres database as it was at one moment, and between which two times of the server's clock that was.
import type pg from 'pg';
import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { RecoveryPoint } from '../../domain/backup/backup.ts';
import { withClient, type PostgresAddress } from './connection.ts';
import { pinSession, toolOptions } from './session.ts';

export interface Seen {
  /** What `pg_dump --snapshot` takes. */
  snapshot: string;
  point: RecoveryPoint;
  /** The server's version. */
  server: string;
  /** Bytes that the database takes on the server's disk. */
  bytes: number;
  /** Environment of a tool whose session is to be like this one. */
  options: Record<string, string>;
}

const seenSchema = z.tuple([
  z.object({
    snapshot: z.string(),
    began: z.date(),
    seen: z.date(),
    server: z.string(),
    bytes: z.coerce.number(),
  }),
]);

/** Runs `work` in a transaction that sees one moment, on a session whose settings are pinned. */
export async function inSnapshot<T>(
  address: PostgresAddress,
  clock: Pick<Clock, 'now'>,
  { signal }: Waiting,
  work: (client: pg.Client, seen: Seen) => Promise<T>,
): Promise<T> {
  return withClient(address, signal, async (client) => {
    const options = await toolOptions(client);
    await pinSession(client);
    const asked = clock.now();
    const { rows: before } = await client.query<{ began: unknown }>(
      'SELECT clock_timestamp() AS began',
    );
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<Record<string, unknown>>(
      `SELECT pg_export_snapshot() AS snapshot, clock_timestamp() AS seen, current_setting('server_version') AS server,
        pg_database_size(current_database())::text AS bytes`,
    );
    const answered = clock.now();
    const [{ snapshot, began, seen, server, bytes }] = seenSchema.parse([
      { ...rows[0], ...before[0] },
    ]);
    // Plus zero: no minus zero, which JSON does not have.
    const skewMs = Math.round((began.getTime() + seen.getTime() - asked - answered) / 2) + 0;
    const point: RecoveryPoint = {
      notBefore: began.toISOString(),
      notAfter: new Date(seen.getTime() + 1).toISOString(),
      clock: 'datastore',
      skewMs,
    };
    const done = await work(client, { snapshot, point, server, bytes, options });
    // What is known is known, whatever becomes of the session now.
    await client.query('ROLLBACK').catch(() => undefined);
    return done;
  });
}
