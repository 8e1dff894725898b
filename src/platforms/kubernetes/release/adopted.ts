// A Helm release that was there before Fairlead: the version that it runs is read from its image, and has all users where the
// route leads there and nowhere else. It is recorded with the first change.
import { digestOf } from '../../../domain/digest.ts';
import { newTraffic, type TrafficRecord } from '../../../domain/traffic/traffic-rules.ts';
import type { RevisionSpec, Served } from '../../../domain/rollout/model.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import type { Reached } from '../reached.ts';
import type { ServiceRecord } from '../record.ts';
import { hasRecord, leadsOnlyTo } from '../route.ts';
import type { Deployment } from '../shapes.ts';
import { containerIn, imageIn } from './chart.ts';
import { helmOf } from './helm.ts';
import type { HelmSettings } from '../settings.ts';

/** Undefined for a service without a release, and for one whose route says already what holds. */
export async function adoptedBy(at: Reached, waiting: Waiting): Promise<ServiceRecord | undefined> {
  const { cluster, place } = at;
  const { helm, route: name } = place.settings;
  if (helm === undefined) return undefined;
  const route = await cluster.route(name);
  if (route !== undefined && hasRecord(route, place)) return undefined;
  const [deployment, history] = await Promise.all([
    cluster.deployment(helm.deployment),
    helmOf(at, helm, waiting).history(),
  ]);
  const stands = history.findLast(({ status }) => status === 'deployed');
  if (deployment === undefined || stands === undefined) return undefined;
  const spec = specOfRelease(at, deployment, helm);
  const since = deployment.metadata.creationTimestamp ?? stands.updated;
  const release = { spec, since, numbers: { [spec.id]: stands.revision } };
  const replicas = deployment.spec.replicas ?? 1;
  const hasUsers = route !== undefined && leadsOnlyTo(route, place, helm.service.name);
  const traffic = trafficOf(hasUsers, { spec, since, replicas });
  return { token: null, traffic, release };
}

function trafficOf(hasUsers: boolean, served: Served): TrafficRecord {
  if (!hasUsers) return newTraffic();
  const { id: revision, version } = served.spec;
  return { ...newTraffic(), weights: [{ revision, version, percent: 100 }], served: [served] };
}

function specOfRelease(
  { place: { ref }, what }: Reached,
  deployment: Deployment,
  helm: HelmSettings,
): RevisionSpec {
  const { containers } = deployment.spec.template.spec ?? { containers: [] };
  const container = containerIn(containers, helm, what);
  const { program, version } = imageIn(container, helm, what);
  const { httpGet, periodSeconds = 10, timeoutSeconds = 1 } = container.readinessProbe ?? {};
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
