// A HorizontalPodAutoscaler of somebody's that decides how many replicas a service has: its bounds are raised for a time and put
// back, and where revisions are Deployments of Fairlead's own it is pointed at the one that has all users.
import { z } from 'zod';
import { parsedJson } from '../../domain/json.ts';
import type { Autoscaler as Bounds, EpochToken, Weights } from '../../domain/rollout/model.ts';
import { isStatus } from './api.ts';
import { deploymentName } from './carriers.ts';
import { ANNOTATIONS } from './names.ts';
import type { Reached } from './reached.ts';
import type { ServiceRecord } from './record.ts';
import { nameOf } from './route.ts';
import type { Autoscaler } from './shapes.ts';

const WRITES = 10;

const noteShape = z.object({
  /** The change that wrote it: one that is tried again changes nothing. */
  by: z.string(),
  /** What it kept before it was raised, and how many replicas there were. */
  before: z.exactOptional(
    z.object({ minimum: z.number(), maximum: z.number(), replicas: z.number() }),
  ),
});
export type AutoscalerNote = z.output<typeof noteShape>;

/** What an autoscaler is to keep; undefined where a change was made already. */
export interface Raised {
  minReplicas: number;
  maxReplicas: number;
  note: AutoscalerNote;
}

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
  const isRaised = noteIn(found)?.before !== undefined;
  return { name: found.metadata.name, minimum, maximum, ...(isRaised && { raised: true }) };
}

/**
 * Has the autoscaler of a Deployment keep at least so many replicas; as many as there were before it was raised, or fewer, put
 * back what it kept then. How many replicas the Deployment is to get at once: undefined where the autoscaler decides.
 */
export async function pinned(
  at: Reached,
  { name, desired, replicas }: { name: string; desired: number; replicas: number },
  token: EpochToken,
): Promise<number | undefined> {
  const by = `${token.operation} ${token.epoch} ${token.sequence}`;
  for (let writes = 1; ; writes += 1) {
    const found = await autoscalerOf(at);
    if (found === undefined || !isOn(found, name)) return replicas;
    try {
      const note = await raised(at, found, { desired, replicas, by });
      return note?.before === undefined ? undefined : Math.max(desired, replicas);
    } catch (error) {
      if (!isStatus(error, 409) || writes === WRITES) throw error;
    }
  }
}

/** What stands in its annotation then. */
async function raised(
  { cluster }: Reached,
  found: Autoscaler,
  asked: { desired: number; replicas: number; by: string },
): Promise<AutoscalerNote | undefined> {
  const { minReplicas, maxReplicas } = found.spec;
  const note = noteIn(found);
  const next = raisedTo({ minReplicas, maxReplicas, note }, asked);
  if (next === undefined) return note;
  await cluster.patchAutoscaler(found.metadata.name, bodyOf(found, next));
  return next.note;
}

/** Pure. Undefined where this change made it so already. */
export function raisedTo(
  {
    minReplicas,
    maxReplicas,
    note,
  }: { minReplicas: number; maxReplicas: number; note: AutoscalerNote | undefined },
  { desired, replicas, by }: { desired: number; replicas: number; by: string },
): Raised | undefined {
  if (note?.by === by) return undefined;
  const before = note?.before;
  if (before !== undefined && replicas <= before.replicas) {
    return { minReplicas: before.minimum, maxReplicas: before.maximum, note: { by } };
  }
  const kept = before ?? { minimum: minReplicas, maximum: maxReplicas, replicas: desired };
  return {
    minReplicas: replicas,
    maxReplicas: Math.max(kept.maximum, replicas),
    note: { by, before: kept },
  };
}

/** Points the autoscaler at the Deployment that has all users: nobody but Fairlead knows which one that is. */
export async function pointed(at: Reached, record: ServiceRecord): Promise<void> {
  const { cluster, place, stable } = at;
  const whole = wholeOf(record.traffic.weights);
  if (stable !== undefined || whole === undefined) return;
  const name = deploymentName(record, place, whole);
  const found = await autoscalerOf(at);
  if (found === undefined || isOn(found, name)) return;
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  await cluster.patchAutoscaler(found.metadata.name, { spec: { scaleTargetRef } });
}

function wholeOf(weights: Weights): string | undefined {
  return weights.find(({ percent }) => percent === 100)?.revision;
}

function isOn({ spec: { scaleTargetRef } }: Autoscaler, deployment: string): boolean {
  return scaleTargetRef.kind === 'Deployment' && scaleTargetRef.name === deployment;
}

/** Undefined for what Fairlead did not write. */
function noteIn({ metadata }: Autoscaler): AutoscalerNote | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.autoscaler];
  return text === undefined ? undefined : noteShape.safeParse(parsedJson(text)).data;
}

function bodyOf({ metadata }: Autoscaler, { note, ...spec }: Raised): object {
  const annotations = { [ANNOTATIONS.autoscaler]: JSON.stringify(note) };
  return { metadata: { resourceVersion: metadata.resourceVersion, annotations }, spec };
}
