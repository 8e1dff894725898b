// Brings a version to a service share by share: preflight → ensure → ready → smoke → per share: capacity, weight, read back,
// bake, approval → 100 → watch → settle, where the platform has an object of its own → retire the old revision. A failure on the way takes everything back: traffic first.
import type { CanaryStep, Service } from '../config/system.ts';
import { Failure } from '../domain/failure.ts';
import type { Bake, Plan, PlanStep } from '../domain/operation/plan.ts';
import { weightsStep } from '../domain/operation/plan-steps.ts';
import {
  afterWatch,
  beforeTraffic,
  deployOf,
  gateOf,
  onService,
  planDeploy,
  replicasFor,
  stableOf,
  switchStep,
  watchStep,
  type DeployInput,
} from '../domain/rollout/deploy-steps.ts';
import type { Weights } from '../domain/rollout/model.ts';
import { capacityFor, normalised, total } from '../domain/traffic/weights.ts';
import { changeOf, RANK, scopeOf, servicesAsked, type Runbook } from './runbook.ts';

const TYPE = 'canaryDeploy';
const STRATEGY = 'canary';

export const canaryDeploy: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Canary deploy',
  strategy: STRATEGY,
  asks: {
    required: ['system', 'service', 'version'],
    optional: ['strategy', 'autoPromote', 'initialWeight', 'waitForWindow', 'hotfix'],
  },
  id: (request) => `deploy/${scopeOf(request)}/${request.version ?? ''}`,
  summary: (request, from) => `${changeOf(request, from, request.version ?? '')} by canary`,
  rank: RANK.change,
  leases: 'services',
  goesForward: true,
  policy: { onFailure: 'undo', undone: 'rolledBack' },
  reads: servicesAsked,
  plan: (input, world) => planCanary(deployOf(onService(input, world.services))),
};

/** Throws a `Failure`: BadInput (the file does not allow it) or Refused (not as things stand). */
export function planCanary(input: DeployInput): Plan {
  const nothingLive = total(input.world.traffic.weights) === 0;
  return planDeploy(input, { kind: TYPE, strategy: STRATEGY }, () =>
    nothingLive ? firstDeploy(input) : againstStable(input),
  );
}

/** The steps where nothing is live: there are no shares to step through and nothing to compare with. */
function firstDeploy(input: DeployInput): PlanStep[] {
  const { config, world } = input;
  return [
    ...beforeTraffic(input, replicasFor(config, world)),
    switchStep(input, { id: 'weight-100', back: undefined }),
    watchStep(input, watchOf(config), allAnalyses(config)),
    ...afterWatch(input),
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
    ...afterWatch(input),
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

/** Of the whole rollout and of its steps, each once. */
function allAnalyses({ rollout: { canary } }: Service): string[] {
  const ofSteps = (canary?.steps ?? []).flatMap(({ analysis }) => analysis ?? []);
  return [...new Set([...(canary?.analysis ?? []), ...ofSteps])];
}

function watchOf({ rollout }: Service): number {
  return rollout.canary?.watch ?? 0;
}
