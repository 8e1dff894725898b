// The objects of one namespace that Fairlead reads and writes, each verb one request. A write names the version of the object
// that it was worked out from where somebody else may write it too.
import type { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import { isStatus, type Api, type ApiRequest } from './api.ts';
import { MANAGER, selectorOf } from './names.ts';
import {
  autoscalerShape,
  deploymentShape,
  eventShape,
  listOf,
  podShape,
  routeShape,
  serviceShape,
  sliceShape,
  type Autoscaler,
  type Deployment,
  type Event,
  type Pod,
  type Route,
  type Service,
  type Slice,
} from './shapes.ts';

/** The kinds of objects that Fairlead writes, by where the API server has them. */
const WRITTEN = {
  Deployment: ['/apis/apps/v1', 'deployments'],
  Service: ['/api/v1', 'services'],
  HTTPRoute: ['/apis/gateway.networking.k8s.io/v1', 'httproutes'],
} as const;
export type WrittenKind = keyof typeof WRITTEN;

export interface Cluster {
  namespace: string;
  /** Undefined where there is none. */
  route(name: string): Promise<Route | undefined>;
  /** Throws ApiError 409 when somebody wrote it since it was read. */
  putRoute(route: Route): Promise<Route>;
  service(name: string): Promise<Service | undefined>;
  deployment(name: string): Promise<Deployment | undefined>;
  deployments(labels: Record<string, string>): Promise<Deployment[]>;
  pods(labels: Record<string, string>): Promise<Pod[]>;
  slices(labels: Record<string, string>): Promise<Slice[]>;
  /** Throws ApiError 409 when `body.metadata.resourceVersion` is there and is not the newest any more. */
  patchDeployment(name: string, body: object): Promise<Deployment>;
  autoscaler(name: string): Promise<Autoscaler | undefined>;
  /** As `patchDeployment`. */
  patchAutoscaler(name: string, body: object): Promise<Autoscaler>;
  /** Server-side apply of a whole object. */
  apply(kind: WrittenKind, name: string, body: object): Promise<unknown>;
  /** What is gone is fine. Throws ApiError 409 when it is not the one that was read. */
  remove(
    kind: WrittenKind,
    name: string,
    read?: { uid?: string | undefined; resourceVersion?: string | undefined },
  ): Promise<void>;
  /** The last lines that a container said. */
  log(pod: string, container: string, query: string): Promise<string>;
  events(pod: string): Promise<Event[]>;
}

const asManager = `fieldManager=${MANAGER}`;

export function clusterOf(api: Api, namespace: string, signal: AbortSignal): Cluster {
  const ask = (request: ApiRequest): Promise<unknown> => api.ask(request, signal);
  const under = (kind: WrittenKind, name = ''): string => {
    const [group, plural] = WRITTEN[kind];
    return `${group}/namespaces/${namespace}/${plural}${name === '' ? '' : `/${name}`}`;
  };
  const read = <Shape extends z.ZodType>(shape: Shape, path: string) =>
    ask({ method: 'GET', path }).then((value) => parsed(shape, value, path));
  const list = async <Shape extends z.ZodType>(
    shape: Shape,
    path: string,
    labels: Record<string, string>,
  ): Promise<z.output<Shape>[]> =>
    (await read(listOf(shape), `${path}?labelSelector=${encodeURIComponent(selectorOf(labels))}`))
      .items;
  return {
    ...autoscalersOf(ask, namespace),
    namespace,
    route: (name) => orUndefined(read(routeShape, under('HTTPRoute', name))),
    service: (name) => orUndefined(read(serviceShape, under('Service', name))),
    deployment: (name) => orUndefined(read(deploymentShape, under('Deployment', name))),
    deployments: (labels) => list(deploymentShape, under('Deployment'), labels),
    pods: (labels) => list(podShape, `/api/v1/namespaces/${namespace}/pods`, labels),
    slices: (labels) =>
      list(sliceShape, `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, labels),
    async putRoute(route) {
      const path = `${under('HTTPRoute', route.metadata.name)}?${asManager}`;
      return parsed(routeShape, await ask({ method: 'PUT', path, body: route }), path);
    },
    async patchDeployment(name, body) {
      const path = `${under('Deployment', name)}?${asManager}`;
      const request = { method: 'PATCH', path, body, patch: 'strategic' } as const;
      return parsed(deploymentShape, await ask(request), path);
    },
    apply: (kind, name, body) =>
      ask({ method: 'PATCH', path: `${under(kind, name)}?${asManager}`, body, patch: 'apply' }),
    async remove(kind, name, { uid, resourceVersion } = {}) {
      const preconditions = {
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      };
      const body = {
        ...{ apiVersion: 'v1', kind: 'DeleteOptions' },
        propagationPolicy: kind === 'Deployment' ? 'Foreground' : 'Background',
        preconditions,
      };
      await orUndefined(ask({ method: 'DELETE', path: under(kind, name), body }));
    },
    async log(pod, container, query) {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}&${query}`;
      return String(await ask({ method: 'GET', path, text: true }));
    },
    async events(pod) {
      const selector = encodeURIComponent(`involvedObject.name=${pod}`);
      const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=${selector}`;
      return (await read(listOf(eventShape), path)).items;
    },
  };
}

function autoscalersOf(
  ask: (request: ApiRequest) => Promise<unknown>,
  namespace: string,
): Pick<Cluster, 'autoscaler' | 'patchAutoscaler'> {
  const all = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
  return {
    async autoscaler(name) {
      const path = `${all}/${name}`;
      const found = await orUndefined(ask({ method: 'GET', path }));
      return found === undefined ? undefined : parsed(autoscalerShape, found, path);
    },
    async patchAutoscaler(name, body) {
      const path = `${all}/${name}?${asManager}`;
      return parsed(autoscalerShape, await ask({ method: 'PATCH', path, body }), path);
    },
  };
}

async function orUndefined<Value>(asking: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

function parsed<Shape extends z.ZodType>(shape: Shape, value: unknown, path: string) {
  const { success, data, error } = shape.safeParse(value);
  if (success) return data;
  throw new Failure(
    'Broken',
    `reading ${path.split('?')[0]}: the API server's answer is not what this version understands (${error.message.slice(0, 300)})`,
  );
}
