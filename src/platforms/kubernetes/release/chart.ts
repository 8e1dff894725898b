// What a chart says of the service: its Deployment, and the pods that a revision of Fairlead's own has of it.
import { z } from 'zod';
import { Failure } from '../../../domain/failure.ts';
import type { RevisionSpec } from '../../../domain/rollout/model.ts';
import { identityOf, imageOf, LIFECYCLE, graceOf, type PodTemplate } from '../manifests.ts';
import type { Reached } from '../reached.ts';
import { recordName } from '../names.ts';
import { isOwn, type ReleaseRecord, type ServiceRecord } from '../record.ts';
import type { HelmSettings } from '../settings.ts';
import { deploymentShape, type Container, type Deployment } from '../shapes.ts';
import {
  isPending,
  pendingWords,
  strangerWords,
  tagIn,
  type Helm,
  type ReleaseObject,
  type Rendered,
} from './helm.ts';

/** The pods of a revision that is made beside a release: those of its chart. Undefined for a service without a release. */
export async function podsOfChart(
  at: Reached,
  { spec, record }: { spec: RevisionSpec; record: ServiceRecord },
): Promise<PodTemplate | undefined> {
  const { helm, what } = at;
  if (helm === undefined) return undefined;
  const { objects } = await renderedFor(helm, { spec, record });
  const deployment = deploymentIn(objects, helm.settings, what);
  const { template } = deployment.spec;
  const pod = template.spec ?? { containers: [] };
  const { name } = containerOf(deployment, helm.settings, what);
  const containers = pod.containers.map((one) => (one.name === name ? told(one, spec) : one));
  return {
    ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
    spec: { ...graceOf(spec), ...pod, containers },
  };
}

/** As it was where the release stood on it once, as long as Helm keeps that revision; else as the chart is now. */
async function renderedFor(
  helm: Helm,
  { spec, record }: { spec: RevisionSpec; record: ServiceRecord },
): Promise<Rendered> {
  const number = record.release?.numbers[spec.id];
  const objects = number === undefined ? undefined : await helm.manifest(number);
  if (objects === undefined) return helm.preview(imageOf(spec));
  return { objects, hooks: [] };
}

/** What of a chart keeps an image from being tried and settled, as sentences. */
export async function chartObstacles(
  at: Reached,
  { spec, record }: { spec: RevisionSpec; record: ServiceRecord },
): Promise<string[]> {
  const { helm: program, what } = at;
  const { route, namespace } = at.place.settings;
  if (program === undefined || record.release?.numbers[spec.id] !== undefined) return [];
  const helm = program.settings;
  if (record.release === undefined) {
    return [
      `there is no Helm release ${helm.release} with a Deployment ${helm.deployment} in the namespace ${namespace}; install it first, or correct kubernetes.helm`,
    ];
  }
  const strange =
    (await changedSince(at, record.release, helm)) ?? (await pendingFor(program, record.release));
  if (strange !== undefined) return [strange];
  const { objects } = await renderedFor(program, { spec, record });
  const container = containerOf(deploymentIn(objects, helm, what), helm, what);
  return [
    ...containerObstacles(container, imageOf(spec).reference, helm),
    ...routeObstacles(objects, route),
  ];
}

function containerObstacles(
  { name, image = 'none', readinessProbe }: Container,
  wanted: string,
  { imageKey }: HelmSettings,
): string[] {
  const said: string[] = [];
  if (image !== wanted) {
    said.push(
      `with ${imageKey} the chart makes the image ${image}, and ${wanted} is deployed; correct imageKey or image`,
    );
  }
  if (readinessProbe === undefined) {
    said.push(
      `the container ${name} of the chart has no readinessProbe, by which replicas are known to be ready; add one`,
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

/** A release that somebody brought to another version is not what users were told. As a sentence. */
export async function changedSince(
  { cluster, place: { ref, settings }, what }: Reached,
  { spec, to }: ReleaseRecord,
  helm: HelmSettings,
): Promise<string | undefined> {
  const live = await cluster.deployment(helm.deployment);
  if (live === undefined) {
    return `the Deployment ${helm.deployment} of the Helm release ${helm.release} is gone; install it again`;
  }
  const { image } = containerOf(live, helm, what);
  const left = imageOf(spec).reference;
  if (to !== undefined || image === left) return undefined;
  return `the Helm release ${helm.release} runs ${image ?? 'no image'}, and Fairlead left it on ${left}: somebody upgraded it; bring it back by helm rollback, or remove the annotation ${recordName(ref)} of the route ${settings.route} to begin with what runs now`;
}

/** Helm takes one change at a time, and one that nobody goes on with has to be ended by somebody. */
async function pendingFor(
  { settings: { release }, history }: Helm,
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
    env: [...env, ...own.map(([name, value]) => ({ name, value }))],
    lifecycle,
  };
}

/** Throws BadInput where a chart or a release has none of this name. */
export function deploymentIn(
  objects: readonly ReleaseObject[],
  { release, deployment }: HelmSettings,
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
      `${what}: the Deployment ${deployment} of the Helm release ${release} is not what this version understands (${z.prettifyError(error).slice(0, 300)})`,
    );
  }
  const known = objects.flatMap(({ kind, metadata: { name } }) =>
    kind === 'Deployment' ? [name] : [],
  );
  throw new Failure(
    'BadInput',
    `${what}: the Helm release ${release} has no Deployment ${deployment} (it has: ${known.join(', ') || 'none'}); correct kubernetes.helm.deployment`,
  );
}

/** The container that is the service. Throws BadInput where nobody says which of several it is. */
export function containerOf(
  { spec: { template } }: Deployment,
  { deployment, container }: HelmSettings,
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
    `${what}: the Deployment ${deployment} has the containers ${known}; say which one is the service as kubernetes.helm.container`,
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
    `${what}: the container ${name} has the image ${image || '(none)'}, whose tag would say its version; install the release with a tag`,
  );
}
