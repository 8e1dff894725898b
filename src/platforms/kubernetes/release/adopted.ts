// A Helm release or a Deployment that was there before Fairlead: the version that it runs is read from its image, and has all users where the
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
import type { Stable, StableRevision } from './stable.ts';
import type { StableSettings } from '../settings.ts';

/** Undefined for a service whose stable side is Fairlead's own, and for one whose route says already what holds. */
export async function adoptedBy(at: Reached): Promise<ServiceRecord | undefined> {
  const { cluster, place, stable } = at;
  if (stable === undefined) return undefined;
  const { settings, key } = stable;
  const { route: name } = place.settings;
  const route = await cluster.route(name);
  if (route !== undefined && hasRecord(route, place)) return undefined;
  const [deployment, history, service] = await Promise.all([
    cluster.deployment(settings.deployment),
    stable.history(),
    cluster.service(settings.service.name),
  ]);
  const stands = history.findLast(({ status }) => status === 'deployed');
  if (deployment === undefined || stands === undefined) return undefined;
  const spec = specOfStable(at, { deployment, service, settings, key });
  const since = deployment.metadata.creationTimestamp ?? stands.updated;
  const release = { spec, since, numbers: await numbersOf(at, stable, { spec, stands }) };
  const replicas = deployment.spec.replicas ?? 1;
  const hasUsers = route !== undefined && leadsOnlyTo(route, place, settings.service.name);
  const traffic = trafficOf(hasUsers, { spec, since, replicas });
  return { token: null, traffic, release };
}

/** A Deployment that somebody changed by hand is of no Helm revision. */
async function numbersOf(
  { what }: Reached,
  stable: Stable,
  { spec, stands }: { spec: RevisionSpec; stands: StableRevision },
): Promise<Record<string, number>> {
  const objects = await stable.manifest(stands.revision);
  if (objects === undefined) return {};
  const made = containerOf(deploymentIn(objects, stable, what), stable.settings, what);
  return made.image === imageOf(spec).reference ? { [spec.id]: stands.revision } : {};
}

function trafficOf(hasUsers: boolean, served: Served): TrafficRecord {
  if (!hasUsers) return newTraffic();
  const { id: revision, version } = served.spec;
  return { ...newTraffic(), weights: [{ revision, version, percent: 100 }], served: [served] };
}

function specOfStable(
  { place: { ref }, what }: Reached,
  {
    deployment,
    service,
    settings,
    key,
  }: {
    deployment: Deployment;
    service: Service | undefined;
    settings: StableSettings;
    key: string;
  },
): RevisionSpec {
  const container = containerOf(deployment, settings, what);
  const { reference, version } = imageIn(container, what);
  const { httpGet, periodSeconds = 10, timeoutSeconds = 1 } = container.readinessProbe ?? {};
  const program = { kind: 'image', reference, port: portOf(container, service, settings) } as const;
  return {
    ...ref,
    id: `${version}-${digestOf([key, program]).slice(0, 10)}`,
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
  { service: { port } }: StableSettings,
): number {
  const target = service?.spec.ports.find((one) => one.port === port)?.targetPort ?? port;
  if (typeof target === 'number') return target;
  return ports.find(({ name }) => name === target)?.containerPort ?? port;
}
