// What steps of a recovery in the place of the live data say where several backups are tried one after the other: what a bad
// one comes to, and which copy a later step is about.
import { passedOverIn } from '../../domain/backup/anomaly.ts';
import type { MachineEvent } from '../../domain/operation/machine-state.ts';
import type { StepResults } from '../../domain/operation/step-result.ts';
import {
  nextCandidate,
  passedOverCandidates,
  takenCandidate,
} from '../../domain/recovery/live/candidates.ts';
import type { ActionOf, StepContext } from './step-kind.ts';

/** What an activity is told where the copy is not the one of the plan's first candidate: that was passed over. */
export function otherCopy(
  { plan, results, step }: Pick<StepContext, 'plan' | 'results' | 'step'>,
  datastore: string,
): { copy?: string } {
  const taken = takenCandidate(plan, results, datastore);
  const planned = 'copy' in step.action ? step.action.copy : undefined;
  return taken === undefined || taken.copy === planned ? {} : { copy: taken.copy };
}

/** The backup of a rung was found bad: the next candidate, or people are asked with all that is known of all of them. */
export function foundBad(
  { plan, step, action, results }: StepContext<ActionOf<'rung'>>,
  message: string,
): MachineEvent | undefined {
  if (step.candidate === undefined) return undefined;
  if (nextCandidate(plan, step) !== undefined) return { type: 'nextCandidate', message };
  const others = passedOverCandidates(results, action.datastore).map(
    ({ id, why }) => `${id} is bad too: ${why}`,
  );
  const first = plan.steps.find(
    (one) =>
      one.action.kind === 'rung' &&
      one.action.rung === 'loads' &&
      one.candidate?.of === action.datastore,
  );
  const untaken = passedOverIn(first?.title ?? '') ?? [];
  return {
    ...({ type: 'judged', verdict: 'fail', ends: true } as const),
    message: [message, ...others, 'nothing else is tried by itself'].concat(untaken).join('; '),
  };
}

/** Results of the same candidate: of another one they say nothing of this one. */
export function ofSameCandidate({ step, results }: StepContext): StepResults {
  const number = step.candidate?.number ?? 0;
  return results.filter(
    (one) =>
      step.candidate === undefined ||
      one.step.candidate?.of !== step.candidate.of ||
      one.step.candidate.number === number,
  );
}
