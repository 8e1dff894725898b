// What a recovery looks at before it makes anything: how much would be lost, whether there is room, whether this machine
// can keep a copy apart from everything live.
import type { BackupSummary } from './backup.ts';
import { judgePointInTime } from './ladder.ts';
import { spanOf } from './time-span.ts';
import type { Finding } from './verdict.ts';

/** Room that a restore takes, of what is restored: the copy, and what is made while it is loaded. */
const ROOM = 2.2;

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
  const bytes = backups.reduce((sum, one) => sum + one.bytes, 0);
  const needed = Math.ceil(bytes * ROOM);
  const about = {
    name: 'room for copies',
    samples: 1,
    expected: `${needed} bytes`,
    got: `${free} bytes`,
  };
  if (free >= needed) {
    const reason = `${free} bytes are free where copies go, ${needed} are needed (${ROOM} x ${bytes})`;
    return { ...about, verdict: 'pass', reason };
  }
  const reason = `${free} bytes are free where copies go, and ${needed} are needed (${ROOM} x ${bytes}); make room, or name another folder in FAIRLEAD_COPIES`;
  return { ...about, verdict: 'inconclusive', reason };
}

export function judgeAbility(unable: string | undefined): Finding {
  const about = { name: 'isolation', samples: 1, expected: 'possible on this machine' };
  return unable === undefined
    ? { ...about, verdict: 'pass', reason: 'this machine can isolate a target', got: 'possible' }
    : { ...about, verdict: 'inconclusive', reason: unable, got: 'not possible' };
}

/** What a doubt about a clock is not: a reason to end before anything is restored. */
export function endsPreflight({ name, verdict }: Finding): boolean {
  return verdict === 'fail' || (verdict === 'inconclusive' && !name.startsWith('rpo '));
}
