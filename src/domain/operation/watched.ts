// What the worker measures of operations: the names of its metrics, and what their labels may be. Bounded, so that
// neither a version nor a service ever makes a new series. Used by workflows, by the worker and by tests.
import type { OperationState, Outcome } from './outcome.ts';
import type { PlanStep } from './plan.ts';

/** Without the endings that the exporter adds: `_total` of a counter, `_seconds` of a duration. */
export const ENDED = 'fairlead_operations_ended';
export const STEP_DURATION = 'fairlead_step_duration';

export const ENDED_HELP = 'Operations that ended, by kind and outcome.';
export const STEP_HELP =
  'Seconds that a step took: the work itself, and the waiting for people where there was some.';

/** From a weight that is set at once to an approval that takes a week. */
export const STEP_BUCKETS: readonly number[] = [
  ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  ...[300, 900, 3600, 14_400, 86_400, 604_800],
];

/** States of an operation that is not over. */
export const OPEN_STATES = [
  'running',
  'waiting',
  'paused',
  'parked',
  'undoing',
] as const satisfies readonly OperationState[];

/** How a workflow ends itself; `interrupted` is said of one that could not any more, by its report. */
export const ENDINGS = [
  'succeeded',
  'nothingToDo',
  'planned',
  'rolledBack',
  'failed',
  'rejected',
  'expired',
  'aborted',
  'preempted',
  'refused',
  'inconclusive',
] as const satisfies readonly Outcome[];

/** What a step is counted as: the kind of its action, of a check its point, of a rung its name. */
export function stepLabel({ action }: Pick<PlanStep, 'action'>): string {
  if (action.kind === 'check') return action.point;
  return action.kind === 'rung' ? action.rung : action.kind;
}
