// The platforms that a worker has, and how an activity finds the ports of the one that a service runs on.
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { Plan, StepAction } from '../domain/operation/plan.ts';
import { lackingFor } from '../domain/rollout/capabilities.ts';
import {
  serviceTarget,
  type PlatformKind,
  type ServiceTarget,
} from '../domain/rollout/service-target.ts';
import type { ServicePlatform, ServiceWorld } from '../domain/rollout/model.ts';
import type { IsolationPort } from '../ports/isolation.ts';
import type { Platform } from '../ports/platform.ts';
import type { TrafficPort } from '../ports/traffic.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { WorkloadPort } from '../ports/workload.ts';

/** The platforms of one worker by their kinds; a worker may lack a kind. */
export type Platforms = Partial<Record<PlatformKind, Platform>>;

export function platformOf(platforms: Platforms, { platform }: ServiceTarget): Platform {
  return ofKind(platforms, platform.kind);
}

/** Throws Unsupported where this worker has no such platform. */
function ofKind(platforms: Platforms, kind: PlatformKind): Platform {
  const found = platforms[kind];
  if (found !== undefined) return found;
  throw new Failure('Unsupported', `this worker has no platform ${kind}`);
}

export function workloadOf(platforms: Platforms, service: ServiceTarget): WorkloadPort {
  return platformOf(platforms, service).workload;
}

export function trafficOf(platforms: Platforms, service: ServiceTarget): TrafficPort {
  return platformOf(platforms, service).traffic;
}

/** Throws Unsupported for a platform that isolates nothing. */
export function isolationOf(platforms: Platforms, kind: PlatformKind): IsolationPort {
  const { isolation } = ofKind(platforms, kind);
  if (isolation !== undefined) return isolation;
  throw new Failure('Unsupported', whyNoIsolation(kind));
}

/** Every platform that isolates, for what is to be listed or swept of all of them. */
export function allIsolation(platforms: Platforms): IsolationPort[] {
  return Object.values(platforms).flatMap(({ isolation }) => isolation ?? []);
}

/** Why nothing can be isolated there, in a sentence; undefined where it can. */
export async function unableToIsolate(
  platforms: Platforms,
  kind: PlatformKind,
): Promise<string | undefined> {
  const { isolation } = ofKind(platforms, kind);
  return isolation === undefined ? whyNoIsolation(kind) : isolation.unable();
}

const whyNoIsolation = (kind: PlatformKind): string =>
  `the platform ${kind} starts nothing apart from what is live`;

/** Throws Unsupported with the first step that a platform cannot do, before anything is changed. */
export function refuseUnable(plan: Plan, loaded: LoadedSystem, platforms: Platforms): void {
  for (const { id, action } of plan.steps) {
    const at = placeOf(action, loaded, platforms);
    const lacking = at.platform && lackingFor(action, at.platform);
    if (lacking === undefined) continue;
    throw new Failure(
      'Unsupported',
      `${at.what} cannot do ${id}: its platform ${at.platform?.kind} ${lacking}; nothing was changed`,
    );
  }
}

/** What a step is about, and the platform that it is done on; none where it is done on none. */
function placeOf(
  action: StepAction,
  loaded: LoadedSystem,
  platforms: Platforms,
): { what: string; platform?: ServicePlatform } {
  if (action.kind === 'isolate') {
    const { platform: kind } = action;
    return { what: loaded.name, platform: { kind, ...ofKind(platforms, kind).capabilities } };
  }
  if (!('service' in action)) return { what: loaded.name };
  const target = serviceTarget(loaded, action.service);
  const what = `${target.system}/${target.service}`;
  return { what, platform: servicePlatform(platforms, target) };
}

/** The kind of a service's platform, and what it can do for this one. */
export function servicePlatform(platforms: Platforms, target: ServiceTarget): ServicePlatform {
  const { capabilities, capabilitiesFor } = platformOf(platforms, target);
  return { kind: target.platform.kind, ...(capabilitiesFor?.(target) ?? capabilities) };
}

/** `traffic` alone: revisions and history are left empty, and not asked for. */
export async function readWorld(
  platforms: Platforms,
  service: ServiceTarget,
  waiting: Waiting,
  only?: 'traffic',
): Promise<ServiceWorld> {
  const { traffic, workload } = platformOf(platforms, service);
  const [state, revisions, history] = await Promise.all([
    traffic.read(service, waiting),
    only === undefined ? workload.revisions(service, waiting) : [],
    only === undefined ? workload.history(service, waiting) : [],
  ]);
  const platform = servicePlatform(platforms, service);
  return { platform, traffic: state, revisions, history };
}
