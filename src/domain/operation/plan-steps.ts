// The steps that plans are made of.
import type { BackupSummary } from '../backup/backup.ts';
import { digestOf } from '../digest.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { RevisionSpec, RevisionState, Weights, ServiceWorld } from '../rollout/model.ts';
import type { Plan, PlanStep } from './plan.ts';
import { NO_UNDO } from '../text/plan-words.ts';
import { describeWeights, percentOf, shown } from '../traffic/weights.ts';

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
    undo: NO_UNDO,
    action: { kind: 'check', point, service, ...(target !== undefined && { revision: target.id }) },
  };
}

export function ensureStep(
  service: string,
  spec: RevisionSpec,
  replicas: number,
  { platform, revisions }: ServiceWorld,
): PlanStep {
  const existed = revisions.some((one) => one.spec.id === spec.id);
  const counted = replicas === 1 ? ' with 1 replica' : ` with ${replicas} replicas`;
  const size = platform.replicas === 'counted' ? counted : '';
  return {
    id: 'ensure',
    title: `${existed ? 'Keep' : 'Start'} ${spec.version}${size}, without traffic`,
    undo: existed ? 'none: it was there before' : `remove ${spec.version}`,
    action: { kind: 'ensure', service, spec, replicas, existed },
  };
}

export function readyStep(service: string, spec: RevisionSpec, deadline: number): PlanStep {
  return {
    id: 'ready',
    title: `Wait until ${spec.version} is ready, at most ${deadline / 1000} s`,
    undo: NO_UNDO,
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

/** A retirement of every other revision there is: what was replaced, and what an operation that was cut short left. */
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

/**
 * Brings the platform's own object to the target, which has the traffic: none where a platform has no such object, or it
 * stands there already. Users stay on the target whatever becomes of it.
 */
export function settleSteps(
  service: string,
  target: RevisionSpec,
  world: ServiceWorld,
  { deadline, canGoBack }: { deadline: number; canGoBack: boolean },
): PlanStep[] {
  const { platform, revisions } = world;
  const stands = revisions.find(({ settled }) => settled === true)?.spec;
  if (!platform.settle || stands?.id === target.id) return [];
  const back =
    canGoBack && stands !== undefined ? { revision: stands.id, version: stands.version } : null;
  return [
    {
      id: 'settle',
      title: `Settle ${service} on ${target.version}: bring what ${platform.kind} keeps of it there, at most ${deadline / 1000} s`,
      undo:
        back === null ? 'none: users stay where they are' : `settle it on ${back.version} again`,
      action: {
        ...{ kind: 'settle', service, revision: target.id, version: target.version },
        ...{ deadline, back },
      },
    },
  ];
}

/** The step whose bake judges what comes of a change of weights: that step itself, or a later one before the next change. */
export function bakingStep({ steps }: Plan, change: string): PlanStep | undefined {
  const at = steps.findIndex(({ id }) => id === change);
  const next = steps.findIndex(({ action }, index) => index > at && action.kind === 'weights');
  const until = steps.slice(at, next === -1 ? undefined : next);
  return until.find(({ bake }) => bake !== undefined);
}

/** Puts the head on a plan and works out its digest. */
export function finishPlan(input: {
  operation: string;
  kind: string;
  loaded: LoadedSystem;
  service?: string;
  strategy?: string;
  from?: string;
  to?: string;
  carried?: NonNullable<Plan['carried']>;
  backup?: BackupSummary;
  backups?: BackupSummary[];
  candidates?: BackupSummary[];
  steps: PlanStep[];
  /** The services that were read, by name; absent where none was. */
  worlds?: Readonly<Record<string, ServiceWorld>>;
  nothingToDo?: string;
  runbook?: NonNullable<Plan['runbook']>;
  leases?: string[];
}): Plan {
  const { loaded, worlds = {}, ...rest } = input;
  const before: Plan['before'] = {};
  const platforms: Plan['platforms'] = {};
  for (const [service, { traffic, platform }] of Object.entries(worlds)) {
    before[service] = { weights: traffic.weights, stopped: traffic.stopped };
    platforms[service] = platform;
  }
  const plan: Omit<Plan, 'digest'> = {
    schema: 'fairlead/plan/v1',
    ...rest,
    system: loaded.name,
    systemDigest: loaded.digest,
    ...(loaded.instead !== undefined && { instead: loaded.instead }),
    before,
    platforms,
  };
  return { ...plan, digest: digestOf(plan) };
}
