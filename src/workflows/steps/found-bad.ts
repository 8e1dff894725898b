// Notes beside a backup that it was found bad, as soon as one of its rungs says so. For verifications and drills alike.
import { isCancellation, patched } from '@temporalio/workflow';
import type { RungResult } from '../../domain/ladder.ts';
import type { PlanStep, StepAction } from '../../domain/plan.ts';
import type { Rung } from '../../domain/rungs.ts';
import { failureOf } from './call.ts';
import { now, record, type Run } from './run.ts';
import { underLease } from './under-lease.ts';

/** The others say how old it is, or what a service makes of it. */
const OF_THE_BACKUP: ReadonlySet<Rung> = new Set([
  'artefact',
  'loads',
  'complete',
  'correct',
  'invariants',
]);

/** Beside the backup, so that nobody takes it by itself: what is bad about the backup, and not about what was started on it. */
export async function noteFound(
  run: Run,
  step: PlanStep,
  { datastore, backup: id, rung }: Extract<StepAction, { kind: 'rung' }>,
  { verdict, reason }: RungResult,
): Promise<void> {
  const isBad = verdict === 'fail' && OF_THE_BACKUP.has(rung) && run.request.file === undefined;
  if (!isBad || !patched('found-bad')) return;
  const input = { id, at: now(), reason: `${rung}: ${reason}` };
  const failure = await underLease(run, step, datastore, 'markFailed', input, 'change').then(
    (done) => ('lost' in done ? done.lost : undefined),
    (error: unknown) => {
      const known = isCancellation(error) ? undefined : failureOf(error);
      if (known === undefined) throw error;
      return known;
    },
  );
  if (failure === undefined) return;
  const text = `${id} is bad, and that could not be noted beside it: ${failure.message}; it may be taken again`;
  record(run, { type: 'finding', text });
}
