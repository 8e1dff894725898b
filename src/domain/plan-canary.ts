// The canary deploy as a plan: shares of traffic step by step, each baked, judged and perhaps approved.
import type { CanaryStep, Service } from '../config/system.ts';
import { Failure } from './failure.ts';
import { unreachable } from './gate.ts';
import type { LoadedSystem } from './loaded-system.ts';
import type { RevisionSpec, Weights } from './model.ts';
import type { Bake, Plan, PlanStep } from './plan.ts';
import {
  checkStep,
  ensureStep,
  finishPlan,
  readyStep,
  retireSteps,
  weightsStep,
} from './plan-steps.ts';
import type { OperationRequest } from './request.ts';
import { capacityFor, describeWeights, heaviest, normalised, percentOf, total } from './weights.ts';
import { findRevision, type ServiceWorld } from './world.ts';

export interface CanaryInput {
  operation: string;
  loaded: LoadedSystem;
  service: string;
  config: Service;
  target: RevisionSpec;
  request: OperationRequest;
  world: ServiceWorld;
}

/** Throws a `Failure`: BadInput (the file does not allow it) or Refused (not as things stand). */
export function planCanary(input: CanaryInput): Plan {
  const { world, target, service } = input;
  const { weights, stopped } = world.traffic;
  if (stopped) {
    throw new Failure(
      'Refused',
      `${input.loaded.name}/${service} is stopped; let traffic in first: fairlead admit ${input.loaded.name}/${service}`,
    );
  }
  const stable = heaviest(weights.filter((one) => one.revision !== target.id));
  if (percentOf(weights, target.id) === 100) {
    return finish(input, [], `${target.version} carries 100 % already`);
  }
  const steps = total(weights) === 0 ? firstDeploy(input) : againstStable(input, stable);
  return finish(input, steps);
}

/** Nothing is live: no shares to step through and nothing to compare with. */
function firstDeploy(input: CanaryInput): PlanStep[] {
  const { service, config, target } = input;
  return [
    ...before(input, config.replicas),
    weightsStep({
      service,
      weights: [{ revision: target.id, version: target.version, percent: 100 }],
      back: [],
      capacity: { revision: target.id, replicas: config.replicas },
    }),
    watchStep(input, []),
  ];
}

function againstStable(
  input: CanaryInput,
  stable: { revision: string; version: string } | undefined,
): PlanStep[] {
  if (stable === undefined) throw new Failure('Broken', 'weights without a stable revision');
  const { service, config, target, world } = input;
  const shares = rolloutSteps(input);
  const back: Weights = [{ ...stable, percent: 100 }];
  const share = (step: CanaryStep): PlanStep => {
    const weights = [
      { ...stable, percent: 100 - step.weight },
      { revision: target.id, version: target.version, percent: step.weight },
    ];
    const capacity = {
      revision: target.id,
      replicas: capacityFor(step.weight, config.replicas),
    };
    return {
      ...weightsStep({ service, weights: normalised(weights), back, capacity }),
      ...bakeOf(input, step, stable.revision),
      ...gateOf(input, step),
    };
  };
  const last = shares.at(-1);
  const full: CanaryStep[] = last?.weight === 100 ? [] : [{ weight: 100, bake: 0 }];
  return [
    ...before(input, capacityFor(shares[0]?.weight ?? 100, config.replicas)),
    ...shares.map(share),
    ...full.map(share),
    watchStep(input, config.rollout.canary?.analysis ?? []),
    ...retireSteps(service, target, world, config.rollout.insurance),
  ];
}

function before(input: CanaryInput, replicas: number): PlanStep[] {
  const { service, config, target, world } = input;
  const existed = findRevision(world, target.id) !== undefined;
  return [
    checkStep('preflight', service, config.checks.preflight.length),
    ensureStep(service, target, replicas, existed),
    readyStep(service, target, config.rollout.deadlines.ready),
    checkStep('smoke', service, config.checks.smoke.length, target),
  ];
}

/** The file's steps; with a first weight by flag, that one and what lies above it. Approvals are never left out. */
function rolloutSteps({ config, request, service }: CanaryInput): CanaryStep[] {
  const steps = config.rollout.canary?.steps;
  if (steps === undefined) {
    throw new Failure('BadInput', `service ${service} has no rollout.canary in its system file`);
  }
  const first = request.initialWeight;
  const model = steps[0];
  if (first === undefined || model === undefined) return steps;
  const covered = steps.filter((step) => step.weight <= first);
  const { approval } = covered.findLast((step) => step.approval !== undefined) ?? model;
  const opening = { ...model, weight: first, ...(approval !== undefined && { approval }) };
  return [opening, ...steps.filter((step) => step.weight > first)];
}

function bakeOf(input: CanaryInput, step: CanaryStep, stable: string): { bake?: Bake } {
  const analyses = step.analysis ?? input.config.rollout.canary?.analysis ?? [];
  if (step.weight === 100 && step.analysis === undefined && step.bake === 0) return {};
  if (step.bake === 0 && analyses.length === 0) return {};
  return {
    bake: {
      ms: step.bake,
      analyses,
      revision: input.target.id,
      // At 100 the stable revision answers nobody: there is nothing to compare with any more.
      ...(step.weight < 100 && { stable }),
      checks: false,
    },
  };
}

function gateOf(input: CanaryInput, step: CanaryStep): { gate?: string } {
  const { request, config, service } = input;
  if (step.approval === undefined) return {};
  if (request.autoPromote !== true) return { gate: reachable(input, step.approval) };
  if (config.rollout.autoPromotion) return {};
  throw new Failure(
    'BadInput',
    `--auto-promote is not allowed for ${service}: its system file has rollout.autoPromotion: false`,
  );
}

/** A gate that nobody could pass is refused before anything changes. */
function reachable({ loaded, request }: CanaryInput, approval: string): string {
  const policy = loaded.system.approvals[approval];
  const why = policy && unreachable(approval, policy, request.requestedBy ?? null);
  if (why !== undefined) throw new Failure('Refused', why);
  return approval;
}

/** A first deploy, with no history and perhaps no users yet, is watched by its health and checks alone. */
function watchStep(input: CanaryInput, analyses: string[]): PlanStep {
  const { config, service, target } = input;
  const canary = config.rollout.canary;
  const ms = canary?.watch ?? 0;
  return {
    id: 'watch',
    title: `Watch ${target.version} for ${ms / 1000} s at 100 %`,
    undo: 'none: it changes nothing',
    action: { kind: 'watch', service },
    bake: { ms, analyses, revision: target.id, checks: true },
  };
}

function finish(input: CanaryInput, steps: PlanStep[], nothingToDo?: string): Plan {
  const { weights, stopped } = input.world.traffic;
  const from = heaviest(weights)?.version;
  return finishPlan({
    operation: input.operation,
    kind: 'canaryDeploy',
    loaded: input.loaded,
    service: input.service,
    strategy: 'canary',
    ...(from !== undefined && { from }),
    to: input.target.version,
    steps,
    before: { [input.service]: { weights, stopped } },
    ...(nothingToDo !== undefined && {
      nothingToDo: `${nothingToDo} (${describeWeights(weights)})`,
    }),
  });
}
