// The steps that plans are made of.
import type { BackupSummary } from './backup.ts';
import { digestOf } from './digest.ts';
import type { LoadedSystem } from './loaded-system.ts';
import type { RevisionSpec, RevisionState, Weights } from './model.ts';
import type { OperationKind, Plan, PlanStep } from './plan.ts';
import { describeWeights, percentOf, shown } from './weights.ts';
import type { ServiceWorld } from './world.ts';

export function checkStep(
  point: 'preflight' | 'smoke',
  service: string,
  count: number,
  target?: RevisionSpec,
): PlanStep {
  const what = count === 1 ? '1 check' : `${count} checks`;
  return {
    id: point,
    title:
      target === undefined
        ? `Preflight: ${what}`
        : `Smoke: ${what} on ${target.version} without traffic`,
    undo: 'none: it changes nothing',
    action: { kind: 'check', point, service, ...(target !== undefined && { revision: target.id }) },
  };
}

export function ensureStep(
  service: string,
  spec: RevisionSpec,
  replicas: number,
  existed: boolean,
): PlanStep {
  const size = replicas === 1 ? '1 replica' : `${replicas} replicas`;
  return {
    id: 'ensure',
    title: `${existed ? 'Keep' : 'Start'} ${spec.version} with ${size}, without traffic`,
    undo: existed ? 'none: it was there before' : `remove ${spec.version}`,
    action: { kind: 'ensure', service, spec, replicas, existed },
  };
}

export function readyStep(service: string, spec: RevisionSpec, deadline: number): PlanStep {
  return {
    id: 'ready',
    title: `Wait until ${spec.version} is ready, at most ${deadline / 1000} s`,
    undo: 'none: it changes nothing',
    action: { kind: 'ready', service, revision: spec.id, deadline },
  };
}

export function weightsStep(input: {
  service: string;
  weights: Weights;
  back: Weights;
  capacity: { revision: string; replicas: number };
  id?: string;
}): PlanStep {
  const { service, weights, back, capacity } = input;
  return {
    id: input.id ?? `weight-${percentOf(weights, capacity.revision)}`,
    title: `Traffic: ${describeWeights(weights)}`,
    undo: `back to ${describeWeights(back)}`,
    action: { kind: 'weights', service, weights, back, capacity },
    weights: shown(weights),
  };
}

/** One for every other revision there is: what was replaced, and what an operation that was cut short left. */
export function retireSteps(
  service: string,
  target: RevisionSpec,
  world: ServiceWorld,
  delay: number,
): PlanStep[] {
  const share = ({ spec }: RevisionState): number => percentOf(world.traffic.weights, spec.id);
  const others = world.revisions
    .filter(({ spec }) => spec.id !== target.id)
    .sort((a, b) => share(b) - share(a));
  // Of two revisions of one version the one that users had; a retirement has its version for a name.
  const named = [...new Map(others.reverse().map((one) => [one.spec.version, one])).values()];
  return named.reverse().map(({ spec: { id, version } }) => ({
    id: `retire-${version}`,
    title: `Keep ${version} without traffic for ${delay / 1000} s, then remove it`,
    undo: 'none: a roll-back calls it off',
    action: { kind: 'retire', service, revision: id, version, delay },
  }));
}

/** Puts the head on a plan and works out its digest. */
export function finishPlan(input: {
  operation: string;
  kind: OperationKind;
  loaded: LoadedSystem;
  service?: string;
  strategy?: string;
  from?: string;
  to?: string;
  backup?: BackupSummary;
  backups?: BackupSummary[];
  steps: PlanStep[];
  before: Plan['before'];
  nothingToDo?: string;
}): Plan {
  const { loaded, ...rest } = input;
  const plan: Omit<Plan, 'digest'> = {
    schema: 'fairlead/plan/v1',
    ...rest,
    system: loaded.name,
    systemDigest: loaded.digest,
  };
  return { ...plan, digest: digestOf(plan) };
}
