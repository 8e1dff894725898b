// What a restore beside does to whoever follows the server: its write-ahead log reaches standbys, and slots keep it on disk. Looked
// at while it runs, told as progress, and a limit ends it: a restore can be begun again, a standby that fell out cannot.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Failure } from '../../../domain/failure.ts';
import { sizeOf } from '../../../domain/text/amounts.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import type { PostgresAddress } from '../connection.ts';
import { inMaintenance } from './maintenance.ts';

/** How much more of the log may wait for one of them than did before the restore (bytes). */
export const MOST_LAG = 16e9;
const EVERY_MS = 2_000;

const BEHIND = `SELECT 'the standby ' || coalesce(nullif(application_name, ''), client_addr::text, pid::text) AS who,
    pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 AS bytes FROM pg_stat_replication WHERE replay_lsn IS NOT NULL
  UNION ALL SELECT 'the slot ' || slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8
    FROM pg_replication_slots WHERE restart_lsn IS NOT NULL ORDER BY 1`;
const behindRows = z.array(z.object({ who: z.string(), bytes: z.number() }));

/** Runs `work` with a waiting that is cut off at the limit. Throws Refused with who is how far behind. */
export async function watchingLag<T>(
  address: PostgresAddress,
  { most = MOST_LAG, every = EVERY_MS }: { most?: number; every?: number },
  waiting: Waiting,
  work: (waiting: Waiting) => Promise<T>,
): Promise<T> {
  const [over, done] = [new AbortController(), new AbortController()];
  const signal = AbortSignal.any([waiting.signal, over.signal]);
  const look = async (): Promise<Map<string, number>> =>
    inMaintenance(address, waiting.signal, async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(BEHIND);
      return new Map(behindRows.parse(rows).map(({ who, bytes }) => [who, bytes]));
    });
  const before = await look();
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted) {
      await sleep(every, undefined, { signal: done.signal }).catch(() => undefined);
      // A look that fails says nothing: the restore says by itself when its server is gone.
      const now = await look().catch(() => before);
      const far = [...now].map(([who, bytes]) => ({ who, more: bytes - (before.get(who) ?? 0) }));
      const behind = far.map(({ who, more }) => `${who} is ${sizeOf(Math.max(0, more))} behind`);
      if (behind.length > 0) waiting.beat({ restoring: behind });
      if (far.some(({ more }) => more > most)) over.abort(tooFar(behind, most));
    }
  };
  const watched = watch();
  try {
    return await work({ ...waiting, signal });
  } catch (error) {
    throw over.signal.aborted && !waiting.signal.aborted ? (over.signal.reason as Failure) : error;
  } finally {
    done.abort();
    await watched;
  }
}

function tooFar(behind: readonly string[], most: number): Failure {
  const message = `restoring beside what is live: ${behind.join(', ')} since it began, and ${sizeOf(most)} are the most: it was ended before they fall out or the disk is full. Wait until they have caught up, end what does not, or set maxLag higher; then retry`;
  return new Failure('Refused', message);
}
