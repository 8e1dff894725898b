// Takes a service back to its previous version, or to another one that all users were on: ensure → ready → switch to that
// revision, all at once → settle, where the platform has an object of its own → retire the one that is left.
import { Failure } from '../domain/failure.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import {
  ensureStep,
  finishPlan,
  readyStep,
  retireSteps,
  settleSteps,
} from '../domain/operation/plan-steps.ts';
import {
  onService,
  refuseStopped,
  replicasFor,
  stableOf,
  switchStep,
  type RolloutInput,
} from '../domain/rollout/deploy-steps.ts';
import type { OperationRequest } from '../domain/operation/request.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import type { RevisionSpec, Served, ServiceWorld, Weight } from '../domain/rollout/model.ts';
import { heaviest, percentOf } from '../domain/traffic/weights.ts';
import { changeOf, RANK, scopeOf, servicesAsked, type Runbook } from './runbook.ts';

const TYPE = 'rollback';

export const rollback: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Rollback',
  asks: { required: ['system', 'service'], optional: ['to', 'revision'] },
  id: (request) => `rollback/${scopeOf(request)}`,
  summary: (request, from) =>
    `${changeOf(request, from, request.to ?? request.revision ?? 'what users were on before')} by roll-back`,
  rank: RANK.wayBack,
  leases: 'services',
  policy: { onFailure: 'undo', undone: 'failed' },
  findsBad: true,
  savesUsers: true,
  needsNoFile: true,
  endsWhatIsOpen: true,
  reads: servicesAsked,
  plan: (input, world) => planRollback(onService(input, world.services)),
};

export function planRollback(input: RolloutInput): Plan {
  refuseStopped(input);
  const { world, config, service, loaded } = input;
  const { weights } = world.traffic;
  const from = heaviest(weights)?.version;
  const head = {
    operation: input.operation,
    kind: TYPE,
    loaded,
    service,
    ...(from !== undefined && { from }),
    worlds: { [service]: world },
  };
  const there = weights.find((one) => one.percent === 100 && isNamed(input, one));
  if (there !== undefined) {
    const nothingToDo = `${there.version} carries 100 % already`;
    return finishPlan({ ...head, to: there.version, steps: [], nothingToDo });
  }
  const served = targetOf(input);
  const target = served.spec;
  const toTarget = { ...input, target };
  const steps: PlanStep[] = [
    ensureStep(service, target, replicasFor(config, world), world),
    readyStep(service, target, config.rollout.deadlines.ready),
    switchStep(toTarget, { id: 'switch', back: stableOf(toTarget) }),
    ...settleSteps(service, target, world, {
      deadline: config.rollout.deadlines.ready,
      canGoBack: false,
    }),
    ...retireSteps(service, target, world, config.rollout.insurance),
  ];
  return finishPlan({ ...head, to: target.version, carried: carriedBy(world, served), steps });
}

/** What the request names by version, revision or both; nothing where it names none. */
function isNamed(
  { request: { revision, to } }: RolloutInput,
  one: Pick<Weight, 'revision' | 'version'>,
): boolean {
  if (revision === undefined && to === undefined) return false;
  return (
    (revision === undefined || one.revision === revision) &&
    (to === undefined || one.version === to)
  );
}

/**
 * A revision by id, a version by name, or whatever carried everything before: only what all users were on. Everything else
 * would reach them past the shares, analyses and approvals of a deploy. Throws Refused, NotFound for what is not here, and
 * BadInput where there is nothing.
 */
function targetOf(input: RolloutInput): Served {
  const { request, world } = input;
  if (request.revision !== undefined || request.to !== undefined) return namedTarget(input);
  const previous = previousOf(world);
  if (previous !== undefined) return previous;
  const { loaded, service } = input;
  throw new Failure(
    'BadInput',
    `rolling back ${loaded.name}/${service} needs a version before this one, and ${carriedAll(world)}`,
  );
}

function namedTarget(input: RolloutInput): Served {
  const { request, world, loaded, service } = input;
  const isMeant = ({ id: revision, version }: RevisionSpec): boolean =>
    isNamed(input, { revision, version });
  const served = world.history.find(({ spec }) => isMeant(spec));
  if (served !== undefined) return served;
  const name = `${loaded.name}/${service}`;
  const there = world.revisions.map(({ spec }) => spec).find(isMeant);
  const share = there && percentOf(world.traffic.weights, there.id);
  const meant = request.revision ?? request.to ?? '';
  const known =
    share === undefined
      ? `it is not here${didYouMean(meant, namesLike(request, world))}`
      : `it is here with ${share} % of the traffic`;
  const version = there?.version ?? request.to;
  const way =
    version === undefined ? '' : `; bring it by a deploy: fairlead deploy ${name} ${version}`;
  throw new Failure(
    share === undefined ? 'NotFound' : 'Refused',
    `a roll-back of ${name} goes only to what all users were on, and nothing says that of ${meant}: ${known}, and ${carriedAll(world)}${way}`,
  );
}

/** The ids, or the versions, of what a roll-back may go to. */
function namesLike({ revision }: OperationRequest, { history }: ServiceWorld): string[] {
  return history.map(({ spec }) => (revision === undefined ? spec.version : spec.id));
}

function carriedAll({ history }: ServiceWorld): string {
  if (history.length === 0) return 'the platform remembers no revision that all users were on';
  const known = history.map(({ spec, since }) => `${spec.version} (${spec.id}, since ${since})`);
  return `the platform remembers that all users were on ${known.join(', ')}`;
}

/** With all traffic on one revision, the one before it; half-way through a change, the last that had everything. */
function previousOf(world: ServiceWorld): Served | undefined {
  const whole = world.traffic.weights.find((one) => one.percent === 100);
  return world.history.find((one) => one.spec.id !== whole?.revision);
}

/** From when to when all users were on it, as the platform's history says; `until` is missing where nothing came after it. */
function carriedBy(
  { history }: ServiceWorld,
  { spec, since }: Served,
): NonNullable<Plan['carried']> {
  const at = history.findIndex((one) => one.spec.id === spec.id);
  const next = history[at - 1];
  return { revision: spec.id, since, ...(next !== undefined && { until: next.since }) };
}
