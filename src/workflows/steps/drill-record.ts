// Keeps beside the backups what a drill came to: what says later whether the system is recoverable.
import type { BackupSummary } from '../../domain/backup.ts';
import { waitsForPeople } from '../../domain/report-timings.ts';
import { recoveryTime } from '../../domain/recovery-times.ts';
import { call, failureOf } from './call.ts';
import type { End } from './close.ts';
import { beganAt, now, record, type Run } from './run.ts';

function measuredBy(run: Run) {
  const { plan, entries } = run;
  const backups = plan?.backups ?? [];
  return {
    rtoMs: plan === undefined ? null : recoveryTime(entries, waitsForPeople(entries), plan),
    rpoMs: oldest(run, backups),
    backups: backups.map(({ id }) => id),
  };
}

/** How old the oldest of them was when the drill began (ms); null without any. */
function oldest(run: Run, backups: readonly BackupSummary[]): number | null {
  const ages = backups.map(
    ({ recoveryPoint: { notBefore } }) => beganAt(run) - Date.parse(notBefore),
  );
  return ages.length === 0 ? null : Math.max(...ages);
}

/** Of every drill that was begun, also one that failed. What cannot be kept is said in the report. */
export async function keepRecord(run: Run, { outcome, message }: End): Promise<void> {
  const { loaded, entries, book } = run;
  if (loaded === undefined || outcome === 'planned' || outcome === 'refused') return;
  const input = {
    loaded,
    outcome,
    verdict: book?.verdict ?? null,
    reason: message,
    startedAt: new Date(beganAt(run)).toISOString(),
    endedAt: now(),
    ...measuredBy(run),
    evidenceHead: entries.at(-1)?.hash ?? null,
  };
  const options = {
    profile: 'look',
    step: 'record',
    summary: 'Keep what the drill came to',
  } as const;
  try {
    await call(run, 'recordDrill', input, options);
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    const text = `what this drill came to could not be kept beside the backups, and does not count as one: ${failure.message}`;
    record(run, { type: 'finding', text });
  }
}
