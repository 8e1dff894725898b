// A step of a kept plan, as its activity is told it: what the inputs of all kinds of steps are worked out from.
import { Failure } from '../../domain/failure.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { Plan, PlanStep, StepAction } from '../../domain/operation/plan.ts';
import type { CopyRef, DatastoreRef } from '../../ports/backups.ts';

/** A step of a kept plan. */
export interface StepAt {
  loaded: LoadedSystem;
  plan: Plan;
  step: PlanStep;
}

/** The action of the step, which has to be of one of these kinds: a step is told to the activities that are its own. */
export function actionOf<Kind extends StepAction['kind']>(
  at: StepAt,
  ...kinds: Kind[]
): Extract<StepAction, { kind: Kind }> {
  const { action } = at.step;
  if (isOf(action, kinds)) return action;
  throw unfit(at, `is of the kind ${action.kind}, and not ${kinds.join(' or ')}`);
}

function isOf<Kind extends StepAction['kind']>(
  action: StepAction,
  kinds: readonly Kind[],
): action is Extract<StepAction, { kind: Kind }> {
  return kinds.some((kind) => kind === action.kind);
}

export function unfit({ plan, step }: StepAt, why: string): Failure {
  return new Failure('Refused', `step ${step.id} of ${plan.operation} ${why}: nothing was done`);
}

export function storeOf(at: StepAt, datastore: string): DatastoreRef {
  const { name, directory, system } = at.loaded;
  const settings = system.datastores?.[datastore];
  if (settings === undefined) throw unfit(at, `is on ${datastore}, which ${name} does not have`);
  return { system: name, datastore, directory, settings };
}

/** Where several backups are tried one after the other: the copy of the one that was taken, if not the first. */
export interface OtherCopy {
  copy?: string;
}

/** A copy that the plan makes of this datastore; no other one is believed. */
export function candidateCopy(at: StepAt, datastore: string, copy: string): string {
  const isPlanned = at.plan.steps.some(
    ({ action }) =>
      action.kind === 'rung' && action.datastore === datastore && action.copy === copy,
  );
  if (!isPlanned) throw unfit(at, `makes no copy ${copy} of ${datastore}`);
  return copy;
}

/** The copy that the step is about. */
export function copyOf(at: StepAt, other: OtherCopy = {}): CopyRef {
  const { copy, datastore } = actionOf(
    at,
    'rung',
    'compareLive',
    'keepCopy',
    'lossAgainst',
    'exchange',
    'judgeLive',
    'bindElsewhere',
    'judgeMoved',
  );
  const taken = other.copy === undefined ? copy : candidateCopy(at, datastore, other.copy);
  return { copy: taken, store: storeOf(at, datastore) };
}
