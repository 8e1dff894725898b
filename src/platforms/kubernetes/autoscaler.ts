// A HorizontalPodAutoscaler of somebody's that decides how many replicas a service has: its bounds are raised for a time and put
// back, and where revisions are Deployments of Fairlead's own it is pointed at the one that has all users.
import { z } from 'zod';
import { parsedJson } from '../../domain/json.ts';
import type { Autoscaler as Bounds, EpochToken, Weights } from '../../domain/rollout/model.ts';
import { passToken } from '../../domain/traffic/epoch-token.ts';
import { requireRoute } from './anchor.ts';
import { isStatus } from './api.ts';
import { deploymentName } from './carriers.ts';
import { ANNOTATIONS } from './names.ts';
import type { Reached } from './reached.ts';
import type { ServiceRecord } from './record.ts';
import { nameOf, viewOf } from './route.ts';
import type { Autoscaler } from './shapes.ts';

const WRITES = 10;

const limits = z.object({ minReplicas: z.number(), maxReplicas: z.number() });
export type Limits = z.output<typeof limits>;

/** What an autoscaler was told to keep for a time. */
const raise = z.object({
  /** What it kept before. */
  before: limits,
  /** What was set: what differs from that is somebody else's. */
  set: limits,
  /** How many replicas there were. */
  replicas: z.number(),
});
export type Raise = z.output<typeof raise>;

/** The newest change of it, and what it was raised to until now. */
const noteShape = z.object({
  epoch: z.number(),
  sequence: z.number(),
  operation: z.string(),
  raise: z.exactOptional(raise),
});
type Note = z.output<typeof noteShape>;

/** The autoscaler that the system file of a service names; undefined where it names none, and where there is none. */
export async function autoscalerOf({ cluster, place }: Reached): Promise<Autoscaler | undefined> {
  const { autoscaler: name } = place.settings;
  return name === undefined ? undefined : cluster.autoscaler(name);
}

/** As a sentence; undefined where the autoscaler that is named is there, or none is. */
export async function missingAutoscaler(at: Reached): Promise<string | undefined> {
  const { autoscaler: name, namespace } = at.place.settings;
  if (name === undefined || (await autoscalerOf(at)) !== undefined) return undefined;
  return `there is no HorizontalPodAutoscaler ${name} in the namespace ${namespace}; make it, or correct kubernetes.autoscaler of ${nameOf(at.place)}`;
}

/** Within which an autoscaler decides over a Deployment; undefined where it decides over another one. */
export function boundsOf(found: Autoscaler | undefined, deployment: string): Bounds | undefined {
  if (found === undefined || !isOn(found, deployment)) return undefined;
  const { minReplicas: minimum, maxReplicas: maximum } = found.spec;
  const replicas = noteIn(found)?.raise?.replicas;
  const { name } = found.metadata;
  return { name, minimum, maximum, ...(replicas !== undefined && { raised: replicas }) };
}

/** Has the autoscaler of a Deployment keep at least so many replicas. Whether it has one. Throws Superseded. */
export async function raised(
  at: Reached,
  { name, desired, replicas }: { name: string; desired: number; replicas: number },
  token: EpochToken,
): Promise<boolean> {
  const found = await written(at, token, (one, note) => {
    if (!isOn(one, name)) return undefined;
    const next = raiseOf(one.spec, note?.raise, { desired, replicas });
    return { raise: next, spec: next.set };
  });
  return found !== undefined && isOn(found, name);
}

/**
 * Puts back what it kept before it was raised, but for what somebody else has changed since: `left` says that. Undefined where
 * there is no autoscaler. Throws Superseded.
 */
export async function putBack(
  at: Reached,
  token: EpochToken,
): Promise<{ left?: string } | undefined> {
  let left: string | undefined;
  const found = await written(at, token, ({ spec, metadata }, note) => {
    if (note?.raise === undefined) return undefined;
    const back = backFrom(spec, note.raise);
    left = back.left && `the autoscaler ${metadata.name} keeps ${back.left}`;
    return { spec: back.limits };
  });
  if (found === undefined) return undefined;
  return left === undefined ? {} : { left };
}

/** Pure. A second raise goes back to what the first one found, and to what somebody else has set since. */
export function raiseOf(
  now: Limits,
  known: Raise | undefined,
  { desired, replicas }: { desired: number; replicas: number },
): Raise {
  const before = known === undefined ? now : backFrom(now, known).limits;
  const minReplicas = Math.max(before.minReplicas, replicas);
  return {
    before: { minReplicas: before.minReplicas, maxReplicas: before.maxReplicas },
    set: { minReplicas, maxReplicas: Math.max(before.maxReplicas, minReplicas) },
    replicas: known?.replicas ?? desired,
  };
}

/** Pure. `left`: what is not put back, in words. */
export function backFrom(now: Limits, { before, set }: Raise): { limits: Limits; left?: string } {
  const own = now.minReplicas === set.minReplicas;
  const minReplicas = own ? before.minReplicas : now.minReplicas;
  const isMaximumOwn = now.maxReplicas === set.maxReplicas;
  // The API server takes no maximum below the minimum.
  const maxReplicas = Math.max(isMaximumOwn ? before.maxReplicas : now.maxReplicas, minReplicas);
  const words = [
    ...(own ? [] : [`the minimum ${now.minReplicas}`]),
    ...(isMaximumOwn ? [] : [`the maximum ${now.maxReplicas}`]),
  ];
  const limits = { minReplicas, maxReplicas };
  if (words.length === 0) return { limits };
  return { limits, left: `${words.join(' and ')}, which somebody else set meanwhile` };
}

/** Points the autoscaler at the Deployment that has all users: nobody but Fairlead knows which one that is. Throws Superseded. */
export async function pointed(
  at: Reached,
  record: ServiceRecord,
  token: EpochToken,
): Promise<void> {
  if (at.stable !== undefined || wholeOf(record.traffic.weights) === undefined) return;
  await written(at, token, async (found, note) => {
    const { cluster, place, what } = at;
    // The route is looked at after the autoscaler: who has changed it since has the last word.
    const now = viewOf(await requireRoute(cluster, place, what), place).record;
    passToken(now.token, token, what);
    const whole = wholeOf(now.traffic.weights);
    const name = whole === undefined ? undefined : deploymentName(now, place, whole);
    if (name === undefined || isOn(found, name)) return undefined;
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
    return { ...(note?.raise && { raise: note.raise }), spec: { scaleTargetRef } };
  });
}

/** What an autoscaler is to be: `raise` absent where nothing of it is raised. */
interface Change {
  spec: object;
  raise?: Raise;
}

/**
 * Passes the token and writes what `decide` makes of the autoscaler, which is asked again when somebody wrote it in between;
 * undefined for nothing to change. As it is then; undefined where there is none. Throws Superseded.
 */
async function written(
  at: Reached,
  token: EpochToken,
  decide: (
    found: Autoscaler,
    note: Note | undefined,
  ) => Change | undefined | Promise<Change | undefined>,
): Promise<Autoscaler | undefined> {
  const { cluster, what } = at;
  for (let writes = 1; ; writes += 1) {
    const found = await autoscalerOf(at);
    if (found === undefined) return undefined;
    const note = noteIn(found);
    const seen = passToken(note ?? null, token, what);
    const next = await decide(found, note);
    if (next === undefined) return found;
    const { spec, raise: kept } = next;
    const after: Note = { ...seen, ...(kept && { raise: kept }) };
    const annotations = { [ANNOTATIONS.autoscaler]: JSON.stringify(after) };
    const { name, resourceVersion } = found.metadata;
    try {
      const body = { metadata: { resourceVersion, annotations }, spec };
      return await cluster.patchAutoscaler(name, body);
    } catch (error) {
      if (!isStatus(error, 409) || writes === WRITES) throw error;
    }
  }
}

function wholeOf(weights: Weights): string | undefined {
  return weights.find(({ percent }) => percent === 100)?.revision;
}

function isOn({ spec: { scaleTargetRef } }: Autoscaler, deployment: string): boolean {
  return scaleTargetRef.kind === 'Deployment' && scaleTargetRef.name === deployment;
}

/** Undefined for what Fairlead did not write. */
function noteIn({ metadata }: Autoscaler): Note | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.autoscaler];
  return text === undefined ? undefined : noteShape.safeParse(parsedJson(text)).data;
}
