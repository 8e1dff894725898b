// What carries the revisions of a service: for each its Deployment, with the pods of it and the endpoints that the gateway
// is told. That is Fairlead's own one, or somebody's (a Helm release's, or an adopted one) where that stands on the revision.
import type { RevisionSpec, ServiceRef } from '../../domain/rollout/model.ts';
import { LABELS, labelValue, objectName, serviceLabels, sliceLabels } from './names.ts';
import type { Reached } from './reached.ts';
import type { ServiceRecord } from './record.ts';
import { isReleased, type RoutePlace } from './route.ts';
import type { Deployment, Pod, Slice } from './shapes.ts';
import { stableIn } from './settings.ts';
import { specOf, type Carrier } from './state.ts';

/** The name of the Deployment that carries a revision, whether or not it is there. */
export function deploymentName(
  record: ServiceRecord,
  { ref, settings }: RoutePlace,
  revision: string,
): string {
  const stable = stableIn(settings);
  if (stable !== undefined && isReleased(record, revision)) return stable.deployment;
  return objectName(ref, revision);
}

export async function carriersOf(at: Reached, record: ServiceRecord): Promise<Carrier[]> {
  const { cluster, place } = at;
  const labels = serviceLabels(place.ref);
  const [released, deployments] = await Promise.all([
    releasedOf(at, record),
    cluster.deployments(labels),
  ]);
  const own = deployments.flatMap((deployment) => {
    const spec = ownSpec(deployment, place.ref);
    return spec === undefined || spec.id === released?.spec.id ? [] : [{ deployment, spec }];
  });
  const before = released === undefined ? [] : [released];
  if (own.length === 0) return before;
  const [pods, slices] = await Promise.all([cluster.pods(labels), cluster.slices(labels)]);
  const made = own.map(({ deployment, spec }) => ({
    ...{ spec, deployment, released: false },
    pods: ofRevision(pods, spec.id),
    slices: ofRevision(slices, spec.id),
  }));
  return [...before, ...made];
}

async function releasedOf(
  { cluster, place: { settings } }: Reached,
  record: ServiceRecord,
): Promise<Carrier | undefined> {
  const { release } = record;
  const stable = stableIn(settings);
  if (stable === undefined || release === undefined) return undefined;
  if (!isReleased(record, release.spec.id)) return undefined;
  const deployment = await cluster.deployment(stable.deployment);
  if (deployment === undefined) return undefined;
  const [pods, slices] = await Promise.all([
    cluster.pods(deployment.spec.selector.matchLabels ?? {}),
    cluster.slices(sliceLabels(stable.service.name)),
  ]);
  return { spec: release.spec, deployment, pods, slices, released: true };
}

/** Labels are cut where names are long: the whole of it is in the annotation. */
export function ownSpec(deployment: Deployment, ref: ServiceRef): RevisionSpec | undefined {
  const spec = specOf(deployment);
  return spec?.system === ref.system && spec.service === ref.service ? spec : undefined;
}

/** Objects with the label of a revision. */
function ofRevision<One extends Pod | Slice>(all: readonly One[], revision: string): One[] {
  return all.filter(({ metadata }) => metadata.labels?.[LABELS.revision] === labelValue(revision));
}
