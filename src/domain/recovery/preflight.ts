// What a recovery looks at before it makes anything: how much would be lost, whether there is room, whether this machine
// can keep a copy apart from everything live.
import type { BackupSummary } from '../backup/backup.ts';
import { judgePointInTime } from '../backup/ladder.ts';
import { spanOf } from '../text/time-span.ts';
import type { Finding } from '../analysis/finding.ts';
import { sizeOf } from '../text/amounts.ts';

/** Room that a restore takes, of what is restored: the copy, and what is made while it is loaded. */
const ROOM = 2.2;
/** Of a database: its files, its log while it is loaded (bounded), and those that every server has. */
const OF_DATABASE = { files: 1.2, mostLog: 2 * 1024 ** 3, server: 64 * 1024 ** 2 };

/** How old what comes back is at `at` (ms), against the most that may be lost. */
export function judgeRpo(
  datastore: string,
  backup: BackupSummary,
  { at, rpoMs }: { at: number; rpoMs: number },
): Finding {
  const { verdict, reason } = judgePointInTime(backup, { wantedAt: at, rpoMs });
  const lost = at - Date.parse(backup.recoveryPoint.notBefore);
  return {
    name: `rpo ${datastore}`,
    verdict,
    reason: `${backup.id}: ${reason}`,
    samples: 1,
    expected: `at most ${spanOf(rpoMs)}`,
    got: Number.isNaN(lost) ? 'not known' : spanOf(lost),
  };
}

/** `free`: bytes where copies go. */
export function judgeRoom(backups: readonly BackupSummary[], free: number): Finding {
  const needed = backups.reduce((sum, one) => sum + roomForCopy(one), 0);
  const about = {
    name: 'room for copies',
    samples: 1,
    expected: sizeOf(needed),
    got: sizeOf(free),
  };
  const of = backups.map(({ bytes, liveBytes }) => sizeOf(liveBytes ?? bytes)).join(' and ');
  const told = `${sizeOf(free)} are free where copies go, and ${sizeOf(needed)} are needed for data of ${of}`;
  if (free >= needed) return { ...about, verdict: 'pass', reason: told };
  const reason = `${told}; make room, or name another folder in FAIRLEAD_COPIES`;
  return { ...about, verdict: 'inconclusive', reason };
}

/** Bytes that a copy of a backup takes while it is loaded. A dump is compressed: what its database took says how much it will take again. */
export function roomForCopy({
  bytes,
  liveBytes,
}: Pick<BackupSummary, 'bytes' | 'liveBytes'>): number {
  if (liveBytes === undefined) return Math.ceil(bytes * ROOM);
  const { files, mostLog, server } = OF_DATABASE;
  return Math.ceil(liveBytes * files + Math.min(liveBytes, mostLog) + server);
}

export function judgeAbility(unable: string | undefined): Finding {
  const about = { name: 'isolation', samples: 1, expected: 'possible on this machine' };
  return unable === undefined
    ? { ...about, verdict: 'pass', reason: 'this machine can isolate a target', got: 'possible' }
    : { ...about, verdict: 'inconclusive', reason: unable, got: 'not possible' };
}

/** Whether a finding ends the drill before anything is restored; a doubt about a clock does not. */
export function endsPreflight({ name, verdict }: Finding): boolean {
  return verdict === 'fail' || (verdict === 'inconclusive' && !name.startsWith('rpo '));
}
