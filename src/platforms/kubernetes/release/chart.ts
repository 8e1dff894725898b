// What a chart, or a Deployment of somebody's, says of the service: its Deployment, and the pods that a revision of Fairlead's own has of it.
import { z } from 'zod';
import { Failure } from '../../../domain/failure.ts';
import type { RevisionSpec } from '../../../domain/rollout/model.ts';
import { identityOf, imageOf, LIFECYCLE, graceOf, type PodTemplate } from '../manifests.ts';
import type { Reached } from '../reached.ts';
import { recordName } from '../names.ts';
import { isOwn, type ReleaseRecord, type ServiceRecord } from '../record.ts';
import type { HelmSettings, StableSettings } from '../settings.ts';
import { deploymentShape, type Container, type Deployment } from '../shapes.ts';
import { isPending, pendingWords, strangerWords, tagIn } from './helm.ts';
import type { ReleaseObject, Rendered, Stable } from './stable.ts';

/** The pods of a revision that is made beside a stable side of somebody's: those of its chart or Deployment. Undefined for a service without one. */
export async function podsOfChart(
  at: Reached,
  { spec, record }: { spec: RevisionSpec; record: ServiceRecord },
): Promise<PodTemplate | undefined> {
  const { stable, what } = at;
  if (stable === undefined) return undefined;
  const { objects } = await renderedFor(stable, { spec, record, what });
  const deployment = deploymentIn(objects, stable, what);
  const { template } = deployment.spec;
  const pod = template.spec ?? { containers: [] };
  const { name } = containerOf(deployment, stable.settings, what);
  const containers = pod.containers.map((one) => (one.name === name ? told(one, spec) : one));
  return {
    ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
    spec: { ...graceOf(spec), ...pod, containers },
  };
}

/** As it was where the stable side stood on it once, as long as that is kept and of its image; else as it would be made now. */
async function renderedFor(
  stable: Stable,
  { spec, record, what }: { spec: RevisionSpec; record: ServiceRecord; what: string },
): Promise<Rendered> {
  const number = record.release?.numbers[spec.id];
  const objects = number === undefined ? undefined : await stable.manifest(number);
  const image = imageOf(spec);
  // A Deployment that was made anew counts its changes from the first one.
  const isOf =
    objects !== undefined &&
    containerOf(deploymentIn(objects, stable, what), stable.settings, what).image ===
      image.reference;
  return isOf ? { objects, hooks: [] } : stable.preview(image);
}

/** What of a chart or a Deployment keeps an image from being tried and settled, as sentences. */
export async function chartObstacles(
  at: Reached,
  { spec, record }: { spec: RevisionSpec; record: ServiceRecord },
): Promise<string[]> {
  const { stable, what } = at;
  const { route, namespace } = at.place.settings;
  if (stable === undefined || record.release?.numbers[spec.id] !== undefined) return [];
  if (record.release === undefined) {
    return [
      `${stable.called} with a Deployment ${stable.settings.deployment} is not in the namespace ${namespace}; ${stable.byHand.make} first, or correct ${stable.said}`,
    ];
  }
  const strange =
    (await changedSince(at, record.release, stable)) ?? (await pendingFor(stable, record.release));
  if (strange !== undefined) return [strange];
  const { objects } = await renderedFor(stable, { spec, record, what });
  const container = containerOf(deploymentIn(objects, stable, what), stable.settings, what);
  return [
    ...containerObstacles(container, imageOf(spec).reference, at.place.settings.helm),
    ...routeObstacles(objects, route),
  ];
}

function containerObstacles(
  { name, image = 'none', readinessProbe }: Container,
  wanted: string,
  helm: HelmSettings | undefined,
): string[] {
  const said: string[] = [];
  if (image !== wanted && helm !== undefined) {
    said.push(
      `with ${helm.imageKey} the chart makes the image ${image}, and ${wanted} is deployed; correct imageKey or image`,
    );
  }
  if (readinessProbe === undefined) {
    said.push(
      `the container ${name} has no readinessProbe, by which replicas are known to be ready; add one`,
    );
  }
  return said;
}

function routeObstacles(objects: readonly ReleaseObject[], route: string): string[] {
  const isIn = objects.some(
    ({ kind, metadata }) => kind === 'HTTPRoute' && metadata.name === route,
  );
  if (!isIn) return [];
  return [
    `the chart has the HTTPRoute ${route}, whose weights each upgrade would set back; take it out of the chart`,
  ];
}

/** A release or Deployment that somebody brought to another version is not what users were told. As a sentence. */
export async function changedSince(
  { cluster, place: { ref, settings }, what }: Reached,
  { spec, to }: ReleaseRecord,
  { settings: stable, called, byHand }: Stable,
): Promise<string | undefined> {
  const live = await cluster.deployment(stable.deployment);
  if (live === undefined) {
    return `the Deployment ${stable.deployment} (${called}) is gone; ${byHand.make} again`;
  }
  const { image } = containerOf(live, stable, what);
  const left = imageOf(spec).reference;
  if (to !== undefined || image === left) return undefined;
  return `${called} runs ${image ?? 'no image'}, and Fairlead left it on ${left}: somebody changed it; bring it back by ${byHand.back}, or remove the annotation ${recordName(ref)} of the route ${settings.route} to begin with what runs now`;
}

/** Helm takes one change at a time, and one that nobody goes on with has to be ended by somebody. */
async function pendingFor(
  { key: release, history }: Stable,
  { to, spec, numbers }: ReleaseRecord,
): Promise<string | undefined> {
  const last = (await history()).at(-1);
  if (last === undefined || !isPending(last)) return undefined;
  if (!isOwn(last.revision, to)) return strangerWords(release, last);
  return `${pendingWords(release, last)}: a deploy began it and was cut off; end it by helm rollback ${release} ${numbers[spec.id] ?? ''}`.trimEnd();
}

function told(container: Container, spec: RevisionSpec): Container {
  const { env = [], lifecycle = LIFECYCLE } = container;
  const given = new Set(env.map(({ name }) => name));
  const own = Object.entries(identityOf(spec)).filter(([name]) => !given.has(name));
  return {
    ...container,
    image: imageOf(spec).reference,
    env: [...env, ...own.map(([name, value]) => ({ name, value }))],
    lifecycle,
  };
}

/** Throws BadInput where what the stable side is made of has none of this name. */
export function deploymentIn(
  objects: readonly ReleaseObject[],
  { settings: { deployment }, called, said }: Stable,
  what: string,
): Deployment {
  const found = objects.find(
    ({ kind, metadata: { name } }) => kind === 'Deployment' && name === deployment,
  );
  const { success, data, error } = deploymentShape.safeParse(found);
  if (success) return data;
  if (found !== undefined) {
    throw new Failure(
      'BadInput',
      `${what}: the Deployment ${deployment} (${called}) is not what this version understands (${z.prettifyError(error).slice(0, 300)})`,
    );
  }
  const known = objects.flatMap(({ kind, metadata: { name } }) =>
    kind === 'Deployment' ? [name] : [],
  );
  throw new Failure(
    'BadInput',
    `${what}: ${called} has no Deployment ${deployment} (it has: ${known.join(', ') || 'none'}); correct ${said}.deployment`,
  );
}

/** The container that is the service. Throws BadInput where nobody says which of several it is. */
export function containerOf(
  { spec: { template } }: Deployment,
  { deployment, container }: StableSettings,
  what: string,
): Container {
  const containers = template.spec?.containers ?? [];
  const [first, ...more] = containers.filter(
    ({ name }) => container === undefined || name === container,
  );
  if (first !== undefined && more.length === 0) return first;
  const known = containers.map(({ name }) => name).join(', ');
  throw new Failure(
    'BadInput',
    `${what}: the Deployment ${deployment} has the containers ${known}; say which one is the service as container, beside deployment`,
  );
}

/** The image of a container, and the version that its tag says. Throws BadInput for one without a tag. */
export function imageIn(
  { name, image = '' }: Container,
  what: string,
): { reference: string; version: string } {
  const version = tagIn(image);
  if (version !== undefined) return { reference: image, version };
  throw new Failure(
    'BadInput',
    `${what}: the container ${name} has the image ${image || '(none)'}, whose tag would say its version; give it a tag`,
  );
}
