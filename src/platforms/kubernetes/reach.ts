// How a verb of a port reaches the cluster of its service: one connection per context, and what goes wrong in Kubernetes' words
// becomes a Failure here, and nowhere else.
import { Failure } from '../../domain/failure.ts';
import type { ServiceTarget } from '../../domain/rollout/service-target.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { createApi, failureOf, type Api } from './api.ts';
import { clusterOf, type Cluster } from './cluster.ts';
import { createConnection } from './connect.ts';
import type { Reached } from './reached.ts';
import { adoptedBy } from './release/adopted.ts';
import { helmOf } from './release/helm.ts';
import { plainOf } from './release/plain.ts';
import type { Stable } from './release/stable.ts';
import type { RoutePlace } from './route.ts';

export type Reach = <Result>(
  service: ServiceTarget,
  waiting: Waiting,
  /** What is being done, without the service. */
  doing: string,
  work: (at: Reached) => Promise<Result>,
) => Promise<Result>;

export function createReach({ kubeconfig }: { kubeconfig?: string }): Reach {
  const apis = new Map<string, Api>();
  const apiOf = (context: string): Api => {
    const known = apis.get(context);
    if (known !== undefined) return known;
    const made = createApi(createConnection(context, kubeconfig));
    apis.set(context, made);
    return made;
  };
  return async (service, waiting, doing, work) => {
    const what = `${doing} of ${service.system}/${service.service}`;
    const place = placeOf(service, what);
    const { context, namespace } = place.settings;
    try {
      const cluster = clusterOf(apiOf(context), namespace, waiting.signal);
      const stable = stableFor(service, cluster, { kubeconfig, what, waiting });
      const at: Reached = { cluster, place, waiting, what, ...(stable && { stable }) };
      const adopted = await adoptedBy(at);
      return await work(adopted === undefined ? at : { ...at, place: { ...place, adopted } });
    } catch (error) {
      throw failureOf(what, error);
    }
  };
}

function stableFor(
  { platform, directory }: ServiceTarget,
  cluster: Cluster,
  { kubeconfig, what, waiting }: { kubeconfig: string | undefined; what: string; waiting: Waiting },
): Stable | undefined {
  const settings = platform.kind === 'kubernetes' ? platform.kubernetes : undefined;
  if (settings?.adopts !== undefined) return plainOf(settings.adopts, cluster, what);
  if (settings?.helm === undefined) return undefined;
  return helmOf(settings.helm, { settings, directory, kubeconfig, what, waiting });
}

function placeOf({ platform, system, service }: ServiceTarget, what: string): RoutePlace {
  const settings = platform.kind === 'kubernetes' ? platform.kubernetes : undefined;
  if (settings !== undefined) return { ref: { system, service }, settings };
  throw new Failure(
    'BadInput',
    `${what}: its system file says no kubernetes; add it (context, namespace, route, ...)`,
  );
}
