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

/**
 * How far each standby and each slot is behind (bytes). Standbys of one name on one host are one row, that of the farthest: nothing
 * that lasts tells their sessions apart.
 */
const BEHIND = `SELECT who, max(bytes) AS bytes FROM (
  SELECT 'the standby ' || coalesce(nullif(concat_ws(' at ', nullif(application_name, ''), host(client_addr)), ''), 'of process ' || pid) AS who,
    pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 AS bytes FROM pg_stat_replication WHERE replay_lsn IS NOT NULL
  UNION ALL SELECT 'the slot ' || slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8
    FROM pg_replication_slots WHERE restart_lsn IS NOT NULL) AS each GROUP BY who ORDER BY who`;
const behindRows = z.array(z.object({ who: z.string(), bytes: z.number() }));
const statsRow = z.tuple([z.object({ all: z.boolean() })]);

type Behind = Map<string, number>;

/**
 * Runs `work` with a waiting that is cut off at the limit. What the login may not look at is told as progress, and not watched.
 * Throws Refused with who is how far behind.
 */
export async function watchingLag<T>(
  address: PostgresAddress,
  { most = MOST_LAG, every = EVERY_MS }: { most?: number; every?: number },
  waiting: Waiting,
  work: (waiting: Waiting) => Promise<T>,
): Promise<T> {
  const [over, done] = [new AbortController(), new AbortController()];
  const signal = AbortSignal.any([waiting.signal, over.signal]);
  const { before, unseen } = await firstLook(address, waiting.signal);
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted) {
      await sleep(every, undefined, { signal: done.signal }).catch(() => undefined);
      // A look that fails says nothing: the restore says by itself when its server is gone.
      const now = before && (await behindAt(address, waiting.signal).catch(() => undefined));
      const far = before === undefined || now === undefined ? [] : grownSince(before, now);
      const behind = far.map(({ who, more }) => `${who} is ${sizeOf(Math.max(0, more))} behind`);
      const told = [...behind, ...unseen];
      if (told.length > 0) waiting.beat({ restoring: told });
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

/** How many more bytes each is behind than at its first sight, which is noted in `before` for who was not there. */
export function grownSince(before: Behind, now: Behind): { who: string; more: number }[] {
  return [...now].map(([who, bytes]) => {
    const first = before.get(who) ?? bytes;
    before.set(who, first);
    return { who, more: bytes - first };
  });
}

/** `before` is undefined where nothing may be looked at. */
async function firstLook(
  address: PostgresAddress,
  signal: AbortSignal,
): Promise<{ before?: Behind; unseen: string[] }> {
  try {
    const before = await behindAt(address, signal);
    const all = await inMaintenance(address, signal, async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(
        "SELECT pg_has_role('pg_read_all_stats', 'USAGE') AS all",
      );
      return statsRow.parse(rows)[0].all;
    });
    const grant = `standbys are not watched: GRANT pg_read_all_stats TO "${address.user}"`;
    return { before, unseen: all ? [] : [grant] };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'Refused') throw error;
    return { unseen: [`standbys and slots are not watched: ${error.message}`] };
  }
}

async function behindAt(address: PostgresAddress, signal: AbortSignal): Promise<Behind> {
  return inMaintenance(address, signal, async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(BEHIND);
    return new Map(behindRows.parse(rows).map(({ who, bytes }) => [who, bytes]));
  });
}

function tooFar(behind: readonly string[], most: number): Failure {
  const message = `restoring beside what is live: ${behind.join(', ')} since it began, and ${sizeOf(most)} are the most: it was ended before they fall out or the disk is full. Wait until they have caught up, end what does not, or set maxLag higher; then retry`;
  return new Failure('Refused', message);
}
