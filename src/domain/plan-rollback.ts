// The roll-back as a plan: the revision from before, ready, then everything at once.
import { Failure } from './failure.ts';
import type { RevisionSpec } from './model.ts';
import type { Plan, PlanStep } from './plan.ts';
import {
  refuseStopped,
  replicasFor,
  stableOf,
  switchStep,
  type RolloutInput,
} from './plan-deploy.ts';
import { ensureStep, finishPlan, readyStep, retireSteps } from './plan-steps.ts';
import { revisionSpec } from './revision.ts';
import { heaviest, percentOf } from './weights.ts';
import { findRevision, findSpec, type ServiceWorld } from './world.ts';

export function planRollback(input: RolloutInput): Plan {
  refuseStopped(input);
  const { world, config, service, loaded } = input;
  const { weights, stopped } = world.traffic;
  const target = targetOf(input);
  const there = percentOf(weights, target.id) === 100;
  const toTarget = { ...input, target };
  const existed = findRevision(world, target.id) !== undefined;
  const steps: PlanStep[] = [
    ensureStep(service, target, replicasFor(config, world), existed),
    readyStep(service, target, config.rollout.deadlines.ready),
    switchStep(toTarget, { id: 'switch', back: stableOf(toTarget) }),
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
function targetOf(input: RolloutInput): RevisionSpec {
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

function unknownTarget({ world, loaded, service }: RolloutInput, wanted: string): Failure {
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
