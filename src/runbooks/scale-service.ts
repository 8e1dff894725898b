// Changes the number of replicas of the revision that users are on, for good or for a time.
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { REPLICAS } from '../domain/operation/request.ts';
import { NO_UNDO } from '../domain/text/plan-words.ts';
import { Failure } from '../domain/failure.ts';
import { finishServices, liveRevision, onlyService } from '../domain/rollout/whole-service.ts';
import {
  findRevision,
  type Autoscaler,
  type ServiceWorld,
  type Weight,
} from '../domain/rollout/model.ts';
import { commandText } from '../domain/text/command-text.ts';
import {
  RANK,
  scopeOf,
  servicesAsked,
  type PlanInput,
  type Runbook,
  type Wanted,
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
  reads: readsForScale,
  plan: (input, world) => planScale({ ...input, kind: TYPE }, world),
};

/** What is waiting to scale back knows how many replicas there were before. */
function readsForScale(input: PlanInput): Wanted {
  const { services } = servicesAsked(input);
  const [service] = services;
  return { services, ...(service !== undefined && { scaleBackOf: service }) };
}

/** A scale as it is planned. */
interface Scale {
  service: string;
  live: Pick<Weight, 'revision' | 'version'>;
  replicas: number;
  /** How many replicas there are. */
  before: number;
  autoscaler?: Autoscaler;
  bounds?: 'raise' | 'back';
  /** Nothing leads back from it. */
  isBack: boolean;
}

/**
 * Scales what users are on, and back after `lasts`. Throws Refused where an autoscaler decides and nobody says for how long it is
 * to keep more, and where nothing could lead back.
 */
export function planScale(
  input: PlanInput & { kind: string },
  { services, scaleBack }: World,
): Plan {
  const { lasts } = input.request;
  const { deadline, ...scale } = scaleAsked(input, services);
  const { service, replicas, before, autoscaler } = scale;
  // The same number for longer is something to do.
  const isLonger = autoscaler === undefined && lasts !== undefined && scaleBack !== undefined;
  const why = isLonger ? undefined : nothingToDo(scale);
  if (why !== undefined) return finishServices({ ...input, worlds: services }, [], why);
  if (lasts === undefined) requireUntilWhen(scale);
  const back = (autoscaler === undefined ? scaleBack : autoscaler.raised) ?? before;
  const steps = [
    // Before anything is raised: it only waits, and what was cut off is put back too.
    ...(lasts === undefined ? [] : [scaledBack({ service, back, lasts, autoscaler })]),
    scaled(scale),
    ...(replicas === 0 ? [] : [readyStep(scale, deadline)]),
  ];
  return finishServices({ ...input, worlds: services }, steps);
}

function readyStep({ service, live: { revision } }: Scale, deadline: number): PlanStep {
  return {
    id: 'ready',
    title: 'Wait until all of them are ready',
    undo: NO_UNDO,
    action: { kind: 'ready', service, revision, deadline },
  };
}

/** `deadline`: until when its replicas have to be ready (ms). */
function scaleAsked(
  input: PlanInput & { kind: string },
  services: World['services'],
): Scale & { deadline: number } {
  const { service, config, world } = onlyService(input, services);
  const { replicas = config.replicas } = input.request;
  const { traffic } = world;
  // What has no users for as long as they are kept out goes on to be what they were on.
  const shares = traffic.stopped ? traffic.beforeStop : traffic.weights;
  const found = { ...world, traffic: { ...traffic, weights: shares } };
  const live = liveRevision(input, service, found);
  const { desired: before = config.replicas, autoscaler } =
    findRevision(world, live.revision) ?? {};
  if (replicas === 0) requireNobody({ input, service, world, autoscaler });
  const bounds = autoscaler && intended(input, { replicas, autoscaler });
  return {
    ...{ service, live, replicas, before, deadline: config.rollout.deadlines.ready },
    isBack: bounds === 'back' || input.kind !== TYPE,
    ...(autoscaler && { autoscaler }),
    ...(bounds && { bounds }),
  };
}

/** Throws Refused where users would be answered by nobody, and where something keeps replicas all the same. */
function requireNobody({
  input: { loaded },
  service,
  world: { traffic, platform },
  autoscaler,
}: {
  input: PlanInput;
  service: string;
  world: ServiceWorld;
  autoscaler: Autoscaler | undefined;
}): void {
  const target = `${loaded.name}/${service}`;
  const why =
    (!platform.scaleToZero && 'its platform runs one replica at least') ||
    (autoscaler !== undefined && `its autoscaler ${autoscaler.name} keeps replicas`) ||
    (!traffic.stopped &&
      traffic.admitPercent > 0 &&
      `users are on it; keep them out first: ${commandText('stop', target)}`);
  if (why !== false) throw new Failure('Refused', `scaling ${target} to 0 replicas: ${why}`);
}

/** Throws Refused where an autoscaler would keep more, and nobody says until when. */
function requireUntilWhen({ service, autoscaler, bounds }: Scale): void {
  if (autoscaler === undefined || bounds !== 'raise') return;
  throw new Failure('Refused', forHowLong(service, autoscaler));
}

/** Fewer than there were ends a raise early. */
function intended(
  { kind, request: { lasts } }: PlanInput & { kind: string },
  { replicas, autoscaler: { raised } }: { replicas: number; autoscaler: Autoscaler },
): 'raise' | 'back' {
  if (kind !== TYPE) return 'back';
  return lasts === undefined && raised !== undefined && replicas <= raised ? 'back' : 'raise';
}

function scaled({
  service,
  live: { revision, version },
  replicas,
  before,
  autoscaler,
  bounds,
  isBack,
}: Scale): PlanStep {
  const title =
    bounds === 'back'
      ? `Put back the bounds of ${autoscaler?.name ?? 'the autoscaler'} for ${version} of ${service}${keeping(autoscaler)}`
      : `Scale ${version} of ${service} from ${before} to ${replicas} replicas${keeping(autoscaler)}`;
  return {
    ...{ id: 'scale', title },
    undo: isBack ? NO_UNDO : `back to ${bounds === undefined ? before : 'what it kept'}`,
    action: {
      ...({ kind: 'scale', service, revision, replicas } as const),
      before: isBack ? null : before,
      ...(bounds && { bounds }),
    },
  };
}

function nothingToDo({ service, replicas, before, autoscaler, bounds }: Scale): string | undefined {
  if (autoscaler === undefined) {
    return before === replicas ? `${service} has ${before} replicas already` : undefined;
  }
  const { name, minimum, maximum, raised } = autoscaler;
  if (raised !== undefined || (bounds === 'raise' && replicas > minimum)) return undefined;
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

/** Throws Refused where the request for it would be refused. */
function scaledBack({
  service,
  back: replicas,
  lasts,
  autoscaler,
}: {
  service: string;
  back: number;
  lasts: number;
  autoscaler: Autoscaler | undefined;
}): PlanStep {
  const { most } = REPLICAS;
  if (replicas < 1 || replicas > most) {
    throw new Failure(
      'Refused',
      `scaling ${service} for a time: it has ${replicas} replicas, and it is scaled back to 1 up to ${most}; scale it without --lasts`,
    );
  }
  const to = autoscaler === undefined ? `${replicas} replicas` : `what ${autoscaler.name} kept`;
  return {
    id: 'scale-back',
    title: `After ${lasts / 1000} s back to ${to}, by an operation of its own`,
    undo: NO_UNDO,
    action: { kind: 'scaleBack', service, replicas, delay: lasts },
  };
}
