// The roll-back as a plan: the revision from before, ready, then everything at once.
import type { Service } from '../config/system.ts';
import { Failure } from './failure.ts';
import type { LoadedSystem } from './loaded-system.ts';
import type { RevisionSpec } from './model.ts';
import type { Plan, PlanStep } from './plan.ts';
import { replicasFor } from './plan-deploy.ts';
import { ensureStep, finishPlan, readyStep, retireSteps, weightsStep } from './plan-steps.ts';
import type { OperationRequest } from './request.ts';
import { revisionSpec } from './revision.ts';
import { heaviest, percentOf } from './weights.ts';
import { findRevision, findSpec, type ServiceWorld } from './world.ts';

export interface RollbackInput {
  operation: string;
  loaded: LoadedSystem;
  service: string;
  config: Service;
  request: OperationRequest;
  world: ServiceWorld;
}

export function planRollback(input: RollbackInput): Plan {
  const { world, config, service, loaded } = input;
  const { weights, stopped } = world.traffic;
  if (stopped) {
    throw new Failure(
      'Refused',
      `${loaded.name}/${service} is stopped; let traffic in first: fairlead admit ${loaded.name}/${service}`,
    );
  }
  const target = targetOf(input);
  const there = percentOf(weights, target.id) === 100;
  const back = heaviest(weights.filter((one) => one.revision !== target.id));
  const existed = findRevision(world, target.id) !== undefined;
  const steps: PlanStep[] = [
    ensureStep(service, target, replicasFor(config, world), existed),
    readyStep(service, target, config.rollout.deadlines.ready),
    weightsStep({
      id: 'switch',
      service,
      weights: [{ revision: target.id, version: target.version, percent: 100 }],
      back: back === undefined ? [] : [{ ...back, percent: 100 }],
      capacity: { revision: target.id, replicas: replicasFor(config, world) },
    }),
    ...retireSteps(service, target, world, config.rollout.insurance),
  ];
  const from = heaviest(weights)?.version;
  return finishPlan({
    operation: input.operation,
    kind: 'rollback',
    loaded,
    service,
    ...(from !== undefined && { from }),
    to: target.version,
    steps: there ? [] : steps,
    before: { [service]: { weights, stopped } },
    ...(there && { nothingToDo: `${target.version} carries 100 % already` }),
  });
}

/** A revision by id, a version by name, or whatever carried everything before. */
function targetOf(input: RollbackInput): RevisionSpec {
  const { request, world, service, loaded } = input;
  if (request.revision !== undefined) {
    const found = findSpec(world, (spec) => spec.id === request.revision);
    if (found !== undefined) return found;
    throw unknownTarget(input, `revision ${request.revision}`);
  }
  if (request.to !== undefined) {
    const found = findSpec(world, (spec) => spec.version === request.to);
    return found ?? revisionSpec(loaded, service, request.to);
  }
  const previous = previousOf(world);
  if (previous === undefined) throw unknownTarget(input, 'a version before this one');
  return previous;
}

/** With all traffic on one revision, the one before it; half-way through a change, the last that had everything. */
function previousOf(world: ServiceWorld): RevisionSpec | undefined {
  const whole = world.traffic.weights.find((one) => one.percent === 100);
  return world.traffic.served.find((one) => one.spec.id !== whole?.revision)?.spec;
}

function unknownTarget({ world, loaded, service }: RollbackInput, wanted: string): Failure {
  const known = [
    ...new Set([
      ...world.traffic.served.map((one) => one.spec.version),
      ...world.revisions.map((one) => one.spec.version),
    ]),
  ];
  const there = known.length === 0 ? 'nothing was ever deployed' : `known are ${known.join(', ')}`;
  return new Failure(
    'BadInput',
    `rolling back ${loaded.name}/${service} needs ${wanted}, and ${there}; name one: --to VERSION`,
  );
}
