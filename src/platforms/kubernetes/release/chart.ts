// What a chart says of the service: its Deployment, and the pods that a revision of Fairlead's own has of it.
import { Failure } from '../../../domain/failure.ts';
import type { ImageProgram, RevisionSpec } from '../../../domain/rollout/model.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import { identityOf, imageOf, LIFECYCLE, graceOf, type PodTemplate } from '../manifests.ts';
import type { Reached } from '../reached.ts';
import { recordName } from '../names.ts';
import type { ReleaseRecord, ServiceRecord } from '../record.ts';
import type { HelmSettings } from '../settings.ts';
import { deploymentShape, type Container, type Deployment } from '../shapes.ts';
import {
  helmOf,
  isPending,
  pendingWords,
  tagIn,
  type ReleaseObject,
  type Rendered,
} from './helm.ts';

/** The pods of a revision that is made beside a release: those of its chart. Undefined for a service without a release. */
export async function podsOfChart(
  at: Reached,
  { spec, record }: { spec: RevisionSpec; record: ServiceRecord },
  waiting: Waiting,
): Promise<PodTemplate | undefined> {
  const { helm } = at.place.settings;
  if (helm === undefined) return undefined;
  const { objects } = await renderedFor(at, { spec, record, helm }, waiting);
  const { template } = deploymentIn(objects, helm, at.what).spec;
  const pod = template.spec ?? { containers: [] };
  const { name } = containerIn(pod.containers, helm, at.what);
  const containers = pod.containers.map((one) => (one.name === name ? told(one, spec) : one));
  return {
    ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
    spec: { ...graceOf(spec), ...pod, containers },
  };
}

/** As it was where the release stood on it once, by its Helm revision; else as the chart is now. */
async function renderedFor(
  at: Reached,
  { spec, record, helm }: { spec: RevisionSpec; record: ServiceRecord; helm: HelmSettings },
  waiting: Waiting,
): Promise<Rendered> {
  const program = helmOf(at, helm, waiting);
  const number = record.release?.numbers[spec.id];
  if (number === undefined) return program.preview(imageOf(spec));
  return { objects: await program.manifest(number), hooks: [] };
}

/** What of a chart keeps an image from being tried and settled, as sentences. */
export async function chartObstacles(
  at: Reached,
  { spec, record }: { spec: RevisionSpec; record: ServiceRecord },
  waiting: Waiting,
): Promise<string[]> {
  const { helm, route, namespace } = at.place.settings;
  if (helm === undefined || record.release?.numbers[spec.id] !== undefined) return [];
  if (record.release === undefined) {
    return [
      `there is no Helm release ${helm.release} with a Deployment ${helm.deployment} in the namespace ${namespace}; install it first, or correct kubernetes.helm`,
    ];
  }
  const strange =
    (await changedSince(at, record.release, helm)) ??
    (await pendingFor(at, record.release, helm, waiting));
  if (strange !== undefined) return [strange];
  const { objects } = await renderedFor(at, { spec, record, helm }, waiting);
  const { template } = deploymentIn(objects, helm, at.what).spec;
  const container = containerIn(template.spec?.containers ?? [], helm, at.what);
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

/** A release that somebody brought to another version is not what users were told. */
async function changedSince(
  { cluster, place: { ref, settings }, what }: Reached,
  { spec, to }: ReleaseRecord,
  helm: HelmSettings,
): Promise<string | undefined> {
  const live = await cluster.deployment(helm.deployment);
  if (live === undefined) {
    return `the Deployment ${helm.deployment} of the Helm release ${helm.release} is gone; install it again`;
  }
  const { containers } = live.spec.template.spec ?? { containers: [] };
  const { image } = containerIn(containers, helm, what);
  const left = imageOf(spec).reference;
  if (to !== undefined || image === left) return undefined;
  return `the Helm release ${helm.release} runs ${image ?? 'no image'}, and Fairlead left it on ${left}: somebody upgraded it; bring it back by helm rollback, or remove the annotation ${recordName(ref)} of the route ${settings.route} to begin with what runs now`;
}

/** Helm takes one change at a time; one that is not Fairlead's is not waited for. */
async function pendingFor(
  at: Reached,
  { to }: ReleaseRecord,
  helm: HelmSettings,
  waiting: Waiting,
): Promise<string | undefined> {
  const last = (await helmOf(at, helm, waiting).history()).at(-1);
  if (last === undefined || !isPending(last) || last.revision === to?.number) return undefined;
  return `${pendingWords(helm.release, last)}, and is not Fairlead's; wait until it is done, or end it by helm rollback`;
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
  const { success, data } = deploymentShape.safeParse(found);
  if (success) return data;
  const known = objects.flatMap(({ kind, metadata: { name } }) =>
    kind === 'Deployment' ? [name] : [],
  );
  throw new Failure(
    'BadInput',
    `${what}: the Helm release ${release} has no Deployment ${deployment} (it has: ${known.join(', ') || 'none'}); correct kubernetes.helm.deployment`,
  );
}

/** Throws BadInput where nobody says which of several it is. */
export function containerIn(
  containers: readonly Container[],
  { deployment, container }: HelmSettings,
  what: string,
): Container {
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

/** The image of a container as a revision has it. Throws BadInput for one without a tag. */
export function imageIn(
  { name, image = '', ports = [] }: Container,
  { service }: HelmSettings,
  what: string,
): { program: ImageProgram; version: string } {
  const version = tagIn(image);
  if (version !== undefined) {
    const port = ports[0]?.containerPort ?? service.port;
    return { program: { kind: 'image', reference: image, port }, version };
  }
  throw new Failure(
    'BadInput',
    `${what}: the container ${name} has the image ${image || '(none)'}, whose tag would say its version; install the release with a tag`,
  );
}
