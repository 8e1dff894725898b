// Keeps beside the backups what a drill came to: what says later whether the system is recoverable.
import { patched } from '@temporalio/workflow';
import type { EvidenceEntry } from '../../domain/evidence.ts';
import { merge, type Interval } from '../../domain/intervals.ts';
import type { Plan } from '../../domain/plan.ts';
import { looksAtProduction, recoveryTime } from '../../domain/recovery-times.ts';
import { waitsForPeople } from '../../domain/report-timings.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { call, failureOf, type InputOf } from './call.ts';
import type { End } from './close.ts';
import { beganAt, now, record, type Run } from './run.ts';

type Measured = Pick<InputOf<'recordDrill'>, 'rtoMs' | 'rpoMs' | 'backups'>;

/** Of every drill that was begun, also one that failed. What cannot be kept is said in the report. */
export async function keepRecord(run: Run, { outcome, message }: End): Promise<void> {
  const { loaded, entries } = run;
  if (loaded === undefined || outcome === 'planned' || outcome === 'refused') return;
  const input = {
    loaded,
    outcome,
    verdict: verdictOf(run, outcome),
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

/** Empty in histories that were begun when they counted: the verdict on the RTO decides what is done next. */
export function uncountedLooks(entries: readonly EvidenceEntry[], plan: Plan): Interval[] {
  return patched('rto-without-looks') ? looksAtProduction(entries, plan) : [];
}

/** Worst of what was seen so far: of a drill that did not come to its end, `pass` would say too much. */
function verdictOf({ book }: Run, outcome: End['outcome']): Verdict | null {
  const verdict = book?.verdict ?? null;
  return verdict === 'pass' && outcome !== 'succeeded' ? null : verdict;
}

function measured(run: Run): Measured {
  const { plan, entries } = run;
  if (plan === undefined) return { rtoMs: null, rpoMs: null, backups: [] };
  const { backups = [] } = plan;
  const apart = merge([...waitsForPeople(entries), ...uncountedLooks(entries, plan)]);
  const points = backups.map(({ recoveryPoint }) => Date.parse(recoveryPoint.notBefore));
  // Of no backup, or of one from the future, there is none.
  const age = points.length === 0 ? NaN : beganAt(run) - Math.min(...points);
  return {
    rtoMs: recoveryTime(entries, apart, plan),
    rpoMs: age >= 0 ? age : null,
    backups: backups.map(({ id }) => id),
  };
}
