// What every deploy has, whatever its strategy: what comes before traffic, its gates, its watch, the head of its plan; and what
// a roll-back has of it.
import type { Service } from '../../config/system.ts';
import { Failure } from '../failure.ts';
import { standingAlone } from '../analysis/standing-alone.ts';
import { unreachable } from '../people/gate.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { RevisionSpec, Weight } from './model.ts';
import type { Bake, Plan, PlanStep } from '../operation/plan.ts';
import { NO_UNDO } from '../text/plan-words.ts';
import {
  checkStep,
  ensureStep,
  finishPlan,
  readyStep,
  retireSteps,
  settleSteps,
  weightsStep,
} from '../operation/plan-steps.ts';
import type { OperationRequest } from '../operation/request.ts';
import { describeWeights, heaviest, percentOf } from '../traffic/weights.ts';
import { revisionSpec } from './revision.ts';
import { findRevision, type ServiceWorld } from './model.ts';

/** What a plan for one service is made from. */
export interface RolloutInput {
  operation: string;
  loaded: LoadedSystem;
  service: string;
  config: Service;
  request: OperationRequest;
  world: ServiceWorld;
}

export interface DeployInput extends RolloutInput {
  target: RevisionSpec;
}

/** The workflow type and the strategy that a deploy's plan says. */
interface How {
  kind: string;
  strategy: string;
}

/** Throws Broken where the request names no service, or the service was not read. */
export function onService(
  { operation, loaded, request }: Pick<RolloutInput, 'operation' | 'loaded' | 'request'>,
  worlds: Readonly<Record<string, ServiceWorld>>,
): RolloutInput {
  const { service = '' } = request;
  const config = loaded.system.services[service];
  const world = worlds[service];
  if (config === undefined || world === undefined) {
    throw new Failure('Broken', `planning ${operation} without its service`);
  }
  return { operation, loaded, request, service, config, world };
}

/** Throws NotFound where the system file does not say how the version is started. */
export function deployOf(input: RolloutInput): DeployInput {
  const { loaded, service, request } = input;
  return { ...input, target: revisionSpec(loaded, service, request.version ?? '') };
}

/** Throws Refused when the service is stopped. Nothing to do is a plan without steps. */
export function planDeploy(input: DeployInput, how: How, stepsOf: () => PlanStep[]): Plan {
  refuseStopped(input);
  const { target, world } = input;
  if (percentOf(world.traffic.weights, target.id) === 100) {
    return finishDeploy(input, how, [], `${target.version} carries 100 % already`);
  }
  return finishDeploy(input, how, stepsOf());
}

export function refuseStopped({ world, loaded, service }: RolloutInput): void {
  if (!world.traffic.stopped) return;
  throw new Failure(
    'Refused',
    `${loaded.name}/${service} is stopped; let traffic in first: fairlead admit ${loaded.name}/${service}`,
  );
}

/** As the file says, or as many as serve now when somebody scaled it up: a deploy takes no capacity away. */
export function replicasFor(config: Service, world: ServiceWorld): number {
  const live = world.traffic.weights
    .filter((one) => one.percent > 0)
    .map((one) => findRevision(world, one.revision)?.desired ?? 0);
  return Math.max(config.replicas, ...live);
}

/** Preflight, the revision without traffic, ready, smoke. */
export function beforeTraffic(input: DeployInput, replicas: number): PlanStep[] {
  const { service, config, target, world } = input;
  return [
    checkStep('preflight', service, config.checks.preflight.length),
    ensureStep(service, target, replicas, world),
    readyStep(service, target, config.rollout.deadlines.ready),
    checkStep('smoke', service, config.checks.smoke.length, target),
  ];
}

/** Everything to the target at once. */
export function switchStep(
  { service, config, world, target }: DeployInput,
  how: { id: string; back: { revision: string; version: string } | undefined },
): PlanStep {
  return weightsStep({
    id: how.id,
    service,
    weights: [{ revision: target.id, version: target.version, percent: 100 }],
    back: how.back === undefined ? [] : [{ ...how.back, percent: 100 }],
    capacity: { revision: target.id, replicas: replicasFor(config, world) },
  });
}

/** What had most of the traffic beside the target. */
export function stableOf({ world, target }: DeployInput): Weight | undefined {
  return heaviest(world.traffic.weights.filter((one) => one.revision !== target.id));
}

/** Who is asked after a step: nobody, or the named approval unless the request and the file do without. */
export function gateOf(input: DeployInput, approval: string | undefined): { gate?: string } {
  const { request, config, service } = input;
  if (approval === undefined) return {};
  if (request.autoPromote !== true) return { gate: reachable(input, approval) };
  if (config.rollout.autoPromotion) return {};
  throw new Failure(
    'BadInput',
    `--auto-promote is not allowed for ${service}: its system file has rollout.autoPromotion: false`,
  );
}

/** A gate that nobody could pass is refused before anything changes. */
function reachable({ loaded, request }: DeployInput, approval: string): string {
  const policy = loaded.system.approvals[approval];
  const why = policy && unreachable(approval, policy, request.requestedBy ?? null);
  if (why !== undefined) throw new Failure('Refused', why);
  return approval;
}

/** Where nothing else serves, there is nothing to compare with: absolute limits judge. */
export function watchStep(input: DeployInput, ms: number, wanted: string[]): PlanStep {
  const { service, target } = input;
  return {
    id: 'watch',
    title: `Watch ${target.version} for ${ms / 1000} s at 100 %`,
    undo: NO_UNDO,
    action: { kind: 'watch', service },
    bake: {
      ...{ ms, revision: target.id, checks: true },
      ...analysesOf(input, wanted),
    },
  };
}

/** By what a bake judges: the analyses as they are, or what can judge the first version of a service. */
export function analysesOf(
  input: DeployInput,
  wanted: string[],
): Pick<Bake, 'analyses' | 'alone' | 'told'> {
  if (stableOf(input) !== undefined) return { analyses: wanted };
  const { loaded, service, target } = input;
  const { version } = target;
  const { analyses, told } = standingAlone(loaded.system.analyses, wanted, { service, version });
  return { analyses, alone: true, ...(told.length > 0 && { told }) };
}

/** What follows once the target has everything and was watched: the platform's own object, then what it replaced. */
export function afterWatch({ service, config, target, world }: DeployInput): PlanStep[] {
  const { deadlines, insurance } = config.rollout;
  return [
    ...settleSteps(service, target, world, { deadline: deadlines.ready, canGoBack: true }),
    ...retireSteps(service, target, world, insurance),
  ];
}

function finishDeploy(input: DeployInput, how: How, steps: PlanStep[], nothingToDo?: string): Plan {
  const { weights } = input.world.traffic;
  const from = heaviest(weights)?.version;
  return finishPlan({
    operation: input.operation,
    ...how,
    loaded: input.loaded,
    service: input.service,
    ...(from !== undefined && { from }),
    to: input.target.version,
    steps,
    worlds: { [input.service]: input.world },
    ...(nothingToDo !== undefined && {
      nothingToDo: `${nothingToDo} (${describeWeights(weights)})`,
    }),
  });
}
