// Which step of a plan comes next where several backups are tried one after the other (`PlanStep.candidate`).
import type { PlanStep } from './plan.ts';

/** The step after this one: the other candidates of what it restores are not needed any more. */
export function indexAfter(steps: readonly PlanStep[], index: number): number {
  const candidate = steps[index]?.candidate;
  const isNeedless = (step: PlanStep | undefined): boolean =>
    candidate !== undefined &&
    step?.candidate?.of === candidate.of &&
    step.candidate.number > candidate.number;
  let after = index + 1;
  while (isNeedless(steps[after])) after += 1;
  return after;
}

/** The first step of the candidate after that of this step; undefined where there is none. */
export function indexOfNextCandidate(
  steps: readonly PlanStep[],
  index: number,
): number | undefined {
  const candidate = steps[index]?.candidate;
  if (candidate === undefined) return undefined;
  const found = steps.findIndex(
    (step) => step.candidate?.of === candidate.of && step.candidate.number === candidate.number + 1,
  );
  return found === -1 ? undefined : found;
}
