// How a revision is doing, from its Deployment, its pods and the endpoints that the gateway is told. Pure.
import { parsedJson } from '../../domain/json.ts';
import type { RevisionSpec, RevisionState } from '../../domain/rollout/model.ts';
import type { Servable } from '../../domain/traffic/traffic-rules.ts';
import { specSchema } from '../revision-schemas.ts';
import { ANNOTATIONS, PREVIEW_HEADER } from './names.ts';
import { problemOf } from './problems.ts';
import type { KubernetesSettings } from './settings.ts';
import type { Deployment, Pod, Slice } from './shapes.ts';

/** A container that was started this often and is waited for again will not come. */
const LOOPING_RESTARTS = 3;

/** What carries one revision. */
export interface Carrier {
  spec: RevisionSpec;
  deployment: Deployment;
  pods: Pod[];
  slices: Slice[];
  /** By the stable side that is somebody's, and by no object of Fairlead's. */
  released: boolean;
}

/** Undefined for a Deployment that Fairlead did not make. */
export function specOf({ metadata }: Deployment): RevisionSpec | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.spec];
  return text === undefined ? undefined : specSchema.safeParse(parsedJson(text)).data;
}

export function desiredOf({ spec }: Deployment): number {
  return spec.replicas ?? 1;
}

/** Replicas that the gateway may send users to. */
export function readyOf({ status, metadata }: Deployment, slices: readonly Slice[]): number {
  const current = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const endpoints = slices.flatMap((one) => one.endpoints ?? []);
  const answering = endpoints.filter(({ conditions }) => conditions.ready !== false).length;
  return current ? Math.min(status.readyReplicas ?? 0, answering) : 0;
}

export function servableOf(carriers: readonly Carrier[]): Servable[] {
  return carriers.flatMap(({ spec, deployment, slices }) =>
    deployment.metadata.deletionTimestamp === undefined
      ? [{ spec, desired: desiredOf(deployment), ready: readyOf(deployment, slices) }]
      : [],
  );
}

/** A stable side of somebody's has no route of its own by which one is led to it: it is asked as users ask. */
export function stateOf(
  { spec, deployment, pods, slices, released }: Carrier,
  { gateway }: KubernetesSettings,
): RevisionState {
  const desired = desiredOf(deployment);
  const ready = readyOf(deployment, slices);
  const problem = ready < desired ? problemOf(deployment, pods) : undefined;
  return {
    spec,
    condition: conditionOf({ desired, ready, pods }),
    desired,
    ready,
    crashes: restartsOf(pods),
    ...(problem !== undefined && { problem }),
    previewUrl: gateway.address,
    ...(!released && { previewHeaders: { [PREVIEW_HEADER]: spec.id } }),
    metricsUrl: '',
  };
}

/** Every pod is of the newest template, and answers. */
export function isReplaced({ metadata, spec, status }: Deployment): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status;
  const desired = spec.replicas ?? 1;
  return (
    observedGeneration >= (metadata.generation ?? 0) &&
    [replicas, updatedReplicas, readyReplicas].every((one) => one === desired)
  );
}

function conditionOf({
  desired,
  ready,
  pods,
}: {
  desired: number;
  ready: number;
  pods: readonly Pod[];
}): RevisionState['condition'] {
  if (desired === 0) return 'stopped';
  if (pods.some(isLooping)) return 'crashLoop';
  if (ready >= desired) return 'ready';
  return ready > 0 ? 'degraded' : 'starting';
}

function isLooping({ status }: Pod): boolean {
  return (status.containerStatuses ?? []).some(
    ({ state, restartCount = 0 }) =>
      state.waiting?.reason === 'CrashLoopBackOff' && restartCount >= LOOPING_RESTARTS,
  );
}

function restartsOf(pods: readonly Pod[]): number {
  return pods
    .flatMap(({ status }) => status.containerStatuses ?? [])
    .reduce((all, { restartCount = 0 }) => all + restartCount, 0);
}
