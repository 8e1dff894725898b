// Keeps beside the backups what a drill came to: what says later whether the system is recoverable.
import { merge } from '../../domain/time/intervals.ts';
import { looksAtProduction, recoveryTime } from '../../domain/recovery/recovery-times.ts';
import { waitsForPeople } from '../../domain/record/report-timings.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import { call, failureOf, type InputOf } from './call.ts';
import type { End } from './close.ts';
import { record } from './record.ts';
import { beganAt, now, type Progress, type Run } from './run.ts';

type Measured = Pick<InputOf<'recordDrill'>, 'rtoMs' | 'rpoMs' | 'backups'>;

/** Keeps the record of a drill that was begun, also of one that failed. A record that cannot be kept is a finding. */
export async function keepRecord(run: Run, { outcome, message }: End): Promise<void> {
  const { loaded } = run.basis;
  const { entries } = run.record;
  if (loaded === undefined || outcome === 'planned' || outcome === 'refused') return;
  const input = {
    outcome,
    verdict: verdictOf(run.progress, outcome),
    reason: message,
    startedAt: new Date(beganAt(run)).toISOString(),
    endedAt: now(),
    ...measured(run),
    evidenceHead: entries.at(-1)?.hash ?? null,
  };
  const summary = 'Keep what the drill came to';
  try {
    await call(run, 'recordDrill', input, { profile: 'look', step: 'record', summary });
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    const text = `what this drill came to could not be kept beside the backups, and does not count as one: ${failure.message}`;
    record(run, { type: 'finding', text });
  }
}

/** Worst of what was seen so far: of a drill that did not come to its end, `pass` would say too much. */
function verdictOf({ machine }: Progress, outcome: End['outcome']): Verdict | null {
  const verdict = machine?.verdict ?? null;
  return verdict === 'pass' && outcome !== 'succeeded' ? null : verdict;
}

function measured(run: Run): Measured {
  const { plan } = run.basis;
  const { entries } = run.record;
  if (plan === undefined) return { rtoMs: null, rpoMs: null, backups: [] };
  const { backups = [] } = plan;
  const apart = merge([...waitsForPeople(entries), ...looksAtProduction(entries, plan)]);
  const points = backups.map(({ recoveryPoint }) => Date.parse(recoveryPoint.notBefore));
  // Of no backup, or of one from the future, there is none.
  const age = points.length === 0 ? NaN : beganAt(run) - Math.min(...points);
  return {
    rtoMs: recoveryTime(entries, apart, plan),
    rpoMs: age >= 0 ? age : null,
    backups: backups.map(({ id }) => id),
  };
}
