// A Helm release that was there before Fairlead: the version that it runs is read from its image, and has all users where the
// route leads there and nowhere else. It is recorded with the first change.
import { digestOf } from '../../../domain/digest.ts';
import { newTraffic, type TrafficRecord } from '../../../domain/traffic/traffic-rules.ts';
import type { RevisionSpec, Served } from '../../../domain/rollout/model.ts';
import { imageOf } from '../manifests.ts';
import type { Reached } from '../reached.ts';
import type { ServiceRecord } from '../record.ts';
import { hasRecord, leadsOnlyTo } from '../route.ts';
import type { Container, Deployment, Service } from '../shapes.ts';
import { containerOf, deploymentIn, imageIn } from './chart.ts';
import type { Helm, HelmRevision } from './helm.ts';
import type { HelmSettings } from '../settings.ts';

/** Undefined for a service without a release, and for one whose route says already what holds. */
export async function adoptedBy(at: Reached): Promise<ServiceRecord | undefined> {
  const { cluster, place, helm: program } = at;
  if (program === undefined) return undefined;
  const { settings: helm } = program;
  const { route: name } = place.settings;
  const route = await cluster.route(name);
  if (route !== undefined && hasRecord(route, place)) return undefined;
  const [deployment, history, service] = await Promise.all([
    cluster.deployment(helm.deployment),
    program.history(),
    cluster.service(helm.service.name),
  ]);
  const stands = history.findLast(({ status }) => status === 'deployed');
  if (deployment === undefined || stands === undefined) return undefined;
  const spec = specOfRelease(at, { deployment, service, helm });
  const since = deployment.metadata.creationTimestamp ?? stands.updated;
  const release = { spec, since, numbers: await numbersOf(at, program, { spec, stands }) };
  const replicas = deployment.spec.replicas ?? 1;
  const hasUsers = route !== undefined && leadsOnlyTo(route, place, helm.service.name);
  const traffic = trafficOf(hasUsers, { spec, since, replicas });
  return { token: null, traffic, release };
}

/** A Deployment that somebody changed by hand is of no Helm revision. */
async function numbersOf(
  { what }: Reached,
  { settings, manifest }: Helm,
  { spec, stands }: { spec: RevisionSpec; stands: HelmRevision },
): Promise<Record<string, number>> {
  const objects = await manifest(stands.revision);
  if (objects === undefined) return {};
  const made = containerOf(deploymentIn(objects, settings, what), settings, what);
  return made.image === imageOf(spec).reference ? { [spec.id]: stands.revision } : {};
}

function trafficOf(hasUsers: boolean, served: Served): TrafficRecord {
  if (!hasUsers) return newTraffic();
  const { id: revision, version } = served.spec;
  return { ...newTraffic(), weights: [{ revision, version, percent: 100 }], served: [served] };
}

function specOfRelease(
  { place: { ref }, what }: Reached,
  {
    deployment,
    service,
    helm,
  }: { deployment: Deployment; service: Service | undefined; helm: HelmSettings },
): RevisionSpec {
  const container = containerOf(deployment, helm, what);
  const { reference, version } = imageIn(container, what);
  const { httpGet, periodSeconds = 10, timeoutSeconds = 1 } = container.readinessProbe ?? {};
  const program = { kind: 'image', reference, port: portOf(container, service, helm) } as const;
  return {
    ...ref,
    id: `${version}-${digestOf([helm.release, program]).slice(0, 10)}`,
    ...{ version, program, configuration: {}, bindings: [] },
    health: {
      path: httpGet?.path ?? '/',
      interval: periodSeconds * 1000,
      timeout: timeoutSeconds * 1000,
    },
    drain: 0,
  };
}

/** The port of its pods that the Service of the release leads to. */
function portOf(
  { ports = [] }: Container,
  service: Service | undefined,
  { service: { port } }: HelmSettings,
): number {
  const target = service?.spec.ports.find((one) => one.port === port)?.targetPort ?? port;
  if (typeof target === 'number') return target;
  return ports.find(({ name }) => name === target)?.containerPort ?? port;
}
