// The canary deploy as a plan: shares of traffic step by step, each baked, judged and perhaps approved.
import type { CanaryStep, Service } from '../config/system.ts';
import { Failure } from './failure.ts';
import type { Weights } from './model.ts';
import type { Bake, Plan, PlanStep } from './plan.ts';
import {
  beforeTraffic,
  gateOf,
  planDeploy,
  replicasFor,
  stableOf,
  switchStep,
  watchStep,
  type DeployInput,
} from './plan-deploy.ts';
import { retireSteps, weightsStep } from './plan-steps.ts';
import { capacityFor, normalised, total } from './weights.ts';

const HOW = { kind: 'canaryDeploy', strategy: 'canary' } as const;

/** Throws a `Failure`: BadInput (the file does not allow it) or Refused (not as things stand). */
export function planCanary(input: DeployInput): Plan {
  const nothingLive = total(input.world.traffic.weights) === 0;
  return planDeploy(input, HOW, () => (nothingLive ? firstDeploy(input) : againstStable(input)));
}

/** Nothing is live: no shares to step through and nothing to compare with. */
function firstDeploy(input: DeployInput): PlanStep[] {
  const { config, world } = input;
  return [
    ...beforeTraffic(input, replicasFor(config, world)),
    switchStep(input, { id: 'weight-100', back: undefined }),
    watchStep(input, watchOf(config), []),
  ];
}

function againstStable(input: DeployInput): PlanStep[] {
  const stable = stableOf(input);
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
      replicas: capacityFor(step.weight, replicasFor(config, world)),
    };
    return {
      ...weightsStep({ service, weights: normalised(weights), back, capacity }),
      ...bakeOf(input, step, stable.revision),
      ...gateOf(input, step.approval),
    };
  };
  const last = shares.at(-1);
  const full: CanaryStep[] = last?.weight === 100 ? [] : [{ weight: 100, bake: 0 }];
  return [
    ...beforeTraffic(input, capacityFor(shares[0]?.weight ?? 100, replicasFor(config, world))),
    ...shares.map(share),
    ...full.map(share),
    watchStep(input, watchOf(config), config.rollout.canary?.analysis ?? []),
    ...retireSteps(service, target, world, config.rollout.insurance),
  ];
}

/** The file's steps; with a first weight by flag, that one and what lies above it. Approvals are never left out. */
function rolloutSteps({ config, request, service }: DeployInput): CanaryStep[] {
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

function bakeOf(input: DeployInput, step: CanaryStep, stable: string): { bake?: Bake } {
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

function watchOf({ rollout }: Service): number {
  return rollout.canary?.watch ?? 0;
}
