// What change windows mean for a plan: how long it takes at least, and who lets it through while none is open.
import { digestOf } from '../digest.ts';
import { Failure } from '../failure.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { Plan, PlanStep } from '../operation/plan.ts';
import type { OperationRequest } from '../operation/request.ts';
import { unreachable } from '../people/gate.ts';
import { HOTFIX_STEP } from '../text/names.ts';
import { NO_UNDO } from '../text/plan-words.ts';

/** The observed time (ms) that the plan bakes and watches, without what it waits for people. */
export function leastTime({ steps }: Pick<Plan, 'steps'>): number {
  return steps.reduce((sum, { bake }) => sum + (bake?.ms ?? 0), 0);
}

/**
 * The plan with a gate before everything else, at which people let it through. Throws Refused where the system file names
 * nobody for that, or nobody could.
 */
export function askedFirst(
  plan: Plan,
  { name, system }: LoadedSystem,
  { requestedBy }: OperationRequest,
  why: string,
): Plan {
  const approval = system.changes?.hotfix;
  const policy = approval === undefined ? undefined : system.approvals[approval];
  if (approval === undefined || policy === undefined) {
    throw new Failure(
      'Refused',
      `${why}. Nobody can let a hotfix through: the file of ${name} names no approval for that (changes.hotfix)`,
    );
  }
  const never = unreachable(approval, policy, requestedBy ?? null);
  if (never !== undefined) throw new Failure('Refused', never);
  const first: PlanStep = {
    id: HOTFIX_STEP,
    title: `Ask ${approval} to let it through: ${why}`,
    undo: NO_UNDO,
    action: { kind: 'hotfix' },
    gate: approval,
  };
  const { digest: _, ...rest } = plan;
  const asked = { ...rest, steps: [first, ...plan.steps] };
  return { ...asked, digest: digestOf(asked) };
}

/** Its changes come after the gate of a hotfix: people let them through. */
export function isLetThrough({ steps }: Pick<Plan, 'steps'>): boolean {
  return steps.some(({ action, gate }) => action.kind === 'hotfix' && gate !== undefined);
}
