// Changes the number of replicas of the revision that users are on, for good or for a time.
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { NO_UNDO } from '../domain/text/plan-words.ts';
import { Failure } from '../domain/failure.ts';
import { finishServices, liveRevision, onlyService } from '../domain/rollout/whole-service.ts';
import { findRevision, type Autoscaler, type Weight } from '../domain/rollout/model.ts';
import {
  RANK,
  scopeOf,
  servicesAsked,
  type PlanInput,
  type Runbook,
  type World,
} from './runbook.ts';

const TYPE = 'scaleService';

export const scaleService: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Scale service',
  asks: {
    required: ['system', 'service', 'replicas'],
    optional: ['lasts', 'waitForWindow', 'hotfix'],
  },
  id: (request) => `scale/${scopeOf(request)}`,
  summary: (request) => `scale ${scopeOf(request)} to ${request.replicas ?? '?'} replicas`,
  rank: RANK.change,
  leases: 'services',
  goesForward: true,
  policy: { onFailure: 'undo', undone: 'failed' },
  reads: servicesAsked,
  plan: (input, world) => planScale({ ...input, kind: TYPE }, world),
};

/**
 * Scales what users are on, and back after `lasts`. Throws Refused where an autoscaler decides and nobody says for how long it is
 * to keep more.
 */
export function planScale(input: PlanInput & { kind: string }, { services }: World): Plan {
  const { service, config, world } = onlyService(input, services);
  const live = liveRevision(input, service, world);
  const { lasts, replicas = config.replicas } = input.request;
  const { desired, autoscaler } = findRevision(world, live.revision) ?? {};
  const before = desired ?? config.replicas;
  const isBack = input.kind !== TYPE;
  const why = nothingToDo({ service, replicas, before, autoscaler, isBack });
  if (why !== undefined) return finishServices({ ...input, worlds: services }, [], why);
  if (autoscaler && !autoscaler.raised && lasts === undefined) {
    throw new Failure('Refused', forHowLong(service, autoscaler));
  }
  const { ready: deadline } = config.rollout.deadlines;
  const steps = [
    scaled({ service, live, replicas, before, autoscaler }),
    {
      id: 'ready',
      title: 'Wait until all of them are ready',
      undo: NO_UNDO,
      action: { kind: 'ready', service, revision: live.revision, deadline },
    } as const,
    ...(lasts === undefined ? [] : [scaledBack({ service, before, lasts })]),
  ];
  return finishServices({ ...input, worlds: services }, steps);
}

function scaled({
  service,
  live: { revision, version },
  replicas,
  before,
  autoscaler,
}: {
  service: string;
  live: Pick<Weight, 'revision' | 'version'>;
  replicas: number;
  before: number;
  autoscaler: Autoscaler | undefined;
}): PlanStep {
  return {
    id: 'scale',
    title: `Scale ${version} of ${service} from ${before} to ${replicas} replicas${keeping(autoscaler)}`,
    undo: `back to ${before}`,
    action: {
      ...{ kind: 'scale', service, revision, replicas, before },
      ...(autoscaler && { pinned: true }),
    },
  };
}

function nothingToDo({
  service,
  replicas,
  before,
  autoscaler,
  isBack,
}: {
  service: string;
  replicas: number;
  before: number;
  autoscaler: Autoscaler | undefined;
  isBack: boolean;
}): string | undefined {
  if (autoscaler?.raised) return undefined;
  if (autoscaler === undefined) {
    return before === replicas ? `${service} has ${before} replicas already` : undefined;
  }
  const { name, minimum, maximum } = autoscaler;
  if (replicas > minimum && !isBack) return undefined;
  return `the autoscaler ${name} keeps from ${minimum} to ${maximum} replicas of ${service} already`;
}

function forHowLong(service: string, { name, minimum, maximum }: Autoscaler): string {
  return `scaling ${service}: its autoscaler ${name} keeps from ${minimum} to ${maximum} replicas; say for how long it is to keep more: --lasts 2h`;
}

function keeping(autoscaler: Autoscaler | undefined): string {
  if (autoscaler === undefined) return '';
  const { name, minimum, maximum } = autoscaler;
  return ` (its autoscaler ${name} keeps from ${minimum} to ${maximum})`;
}

function scaledBack({
  service,
  before,
  lasts,
}: {
  service: string;
  before: number;
  lasts: number;
}): PlanStep {
  return {
    id: 'scale-back',
    title: `After ${lasts / 1000} s back to ${before} replicas, by an operation of its own`,
    undo: NO_UNDO,
    action: { kind: 'scaleBack', service, replicas: before, delay: lasts },
  };
}
