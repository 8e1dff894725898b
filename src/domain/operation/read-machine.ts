// What others ask of a state of the machine of decisions (machine.ts). Pure.
import type { MachineState } from './machine-state.ts';
import type { PlanStep, StepAction } from './plan.ts';
import { STEPS_KINDS } from '../steps/actions.ts';

/** May the parked step be skipped? Only what checks can: a change that did not happen cannot be wished away. */
export function skippable(state: MachineState): boolean {
  const { problem } = state;
  if (state.phase !== 'parked' || problem === undefined) return false;
  const action = state.steps[state.index]?.action;
  if (action === undefined) return false;
  const isPeoples = problem.part === 'change' && STEPS_KINDS.has(action.kind);
  if (problem.part === 'bake' || action.kind === 'check' || isPeoples) return true;
  return isRecoverysCheck(state, action, problem.part);
}

function isRecoverysCheck(
  state: MachineState,
  action: StepAction,
  part: NonNullable<MachineState['problem']>['part'],
): boolean {
  return state.policy.onFailure === 'ask' && part === 'change' && isCheck(action);
}

/** What a recovery finds, and does not stand on. */
function isCheck(action: StepAction): boolean {
  return action.kind === 'rung' ? action.rung !== 'loads' : CHECKS.has(action.kind);
}

/** Kinds of steps that change nothing, or nothing that a recovery stands on. */
const CHECKS: ReadonlySet<string> = new Set([
  'lookAhead',
  'quiet',
  'judgeLive',
  'lookLost',
  'judgeMoved',
  'flush',
  'warmLive',
  'startWriter',
  'runBeside',
  'askOutside',
]);

/** The first step from here on that people have yet to approve. */
export function gateAhead(state: MachineState): string | undefined {
  return state.steps.slice(state.index).find((step) => step.gate !== undefined)?.id;
}

/** The step, after this one, that gives all traffic to what is deployed; where a promotion straight to 100 goes. */
export function fullStepAhead({ steps, index }: MachineState): number | undefined {
  const found = steps.findIndex(
    ({ action }, at) =>
      at > index &&
      action.kind === 'weights' &&
      action.weights.some(
        ({ revision, percent }) => revision === action.capacity.revision && percent === 100,
      ),
  );
  return found < 0 ? undefined : found;
}

/**
 * The step whose bake says how what is deployed does now, while nothing is changed: the last one that was made. Nothing
 * before the first one, and nothing after a switch away from the preview that was baked until the next bake is reached.
 */
export function watchedStep({ steps, index, part }: MachineState): PlanStep | undefined {
  const current = steps[index];
  // A step that only watches has nothing to make first.
  const isMade = part !== 'change' || current?.action.kind === 'watch';
  const made = steps.slice(0, isMade ? index + 1 : index);
  const at = made.findLastIndex(({ bake }) => bake !== undefined);
  const last = made[at];
  const switched = made.slice(at + 1).some(({ action }) => action.kind === 'weights');
  return last?.bake?.preview === true && switched ? undefined : last;
}
