// The objects of a revision that are Fairlead's own: a Deployment, and what goes with it.
import { Failure } from '../../domain/failure.ts';
import type { EpochToken, RevisionSpec } from '../../domain/rollout/model.ts';
import type { Found } from './anchor.ts';
import { ownSpec } from './carriers.ts';
import type { Cluster } from './cluster.ts';
import { deploymentOf, previewOf, serviceOf } from './manifests.ts';
import { LABELS, MANAGER, objectName } from './names.ts';
import { deleted, patched } from './objects.ts';
import type { Reached } from './reached.ts';
import { podsOfChart } from './release/chart.ts';
import { ruleOf, type RoutePlace } from './route.ts';
import type { Deployment } from './shapes.ts';
import { desiredOf } from './state.ts';

/** Raises the replicas of a Deployment that has fewer. */
export function atLeast(
  { cluster, what }: Reached,
  { name, replicas, token }: { name: string; replicas: number; token: EpochToken },
): Promise<Deployment> {
  return patched(cluster, { name, token, what }, (one) =>
    desiredOf(one) < replicas ? { replicas } : undefined,
  );
}

/** A Deployment of Fairlead's own for a revision, with what belongs to it. */
export async function madeBeside(
  at: Reached,
  {
    spec,
    replicas,
    token,
    found,
  }: { spec: RevisionSpec; replicas: number; token: EpochToken; found: Found },
): Promise<Deployment> {
  const { cluster, place, what } = at;
  const name = objectName(spec, spec.id);
  const present = await cluster.deployment(name);
  if (present?.metadata.deletionTimestamp !== undefined) {
    throw new Failure('Unavailable', `${what}: the Deployment ${name} is still being removed`);
  }
  if (present === undefined) {
    const { namespace } = cluster;
    const pods = await podsOfChart(at, { spec, record: found.record });
    const asked = { namespace, replicas, token, ...(pods && { pods }) };
    await cluster.apply('Deployment', name, deploymentOf(spec, asked));
  } else if (ownSpec(present, spec)?.id !== spec.id) {
    throw notOurs(what, present);
  }
  const made = await atLeast(at, { name, replicas, token });
  await beside(cluster, place, { spec, found, made });
  return made;
}

/** What belongs to a Deployment and goes with it. */
async function beside(
  cluster: Cluster,
  place: RoutePlace,
  { spec, found, made }: { spec: RevisionSpec; found: Found; made: Deployment },
): Promise<void> {
  const { name, uid } = made.metadata;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid };
  const { namespace } = cluster;
  await cluster.apply('Service', name, serviceOf(spec, { namespace, owner }));
  const { route } = found;
  const { rule } = ruleOf(route, place);
  await cluster.apply('HTTPRoute', name, previewOf(spec, { place, route, rule, owner }));
}

function notOurs(what: string, { metadata: { name, namespace, labels } }: Deployment): Failure {
  const by = labels?.[LABELS.managedBy];
  const whose = by === undefined || by === MANAGER ? 'of another revision' : `managed by ${by}`;
  return new Failure(
    'Refused',
    `${what}: there is a Deployment ${name} in the namespace ${namespace ?? ''}, and it is ${whose}; remove it, or use another version`,
  );
}

/** Takes all of it away, when its pods have ended. */
export async function removedBeside(
  { cluster, place, what, waiting }: Reached,
  { revision, token }: { revision: string; token: EpochToken },
): Promise<void> {
  const name = objectName(place.ref, revision);
  await cluster.remove('HTTPRoute', name);
  await deleted(cluster, { name, token, what }, waiting);
  await cluster.remove('Service', name);
}
