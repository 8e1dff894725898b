// A cluster of one autoscaler and one route, in memory: it refuses what names an older version of the autoscaler, as an API
// server does.
import { parsedJson } from '../../../src/domain/json.ts';
import { ApiError, type ApiRequest } from '../../../src/platforms/kubernetes/api.ts';
import { clusterOf } from '../../../src/platforms/kubernetes/cluster.ts';
import type { Reached } from '../../../src/platforms/kubernetes/reached.ts';
import type { RoutePlace } from '../../../src/platforms/kubernetes/route.ts';
import { autoscalerShape, type Route } from '../../../src/platforms/kubernetes/shapes.ts';

interface Scaler {
  minReplicas: number;
  maxReplicas: number;
  scaleTargetRef: { kind: string; name: string };
}

interface Body {
  metadata: { resourceVersion?: string; annotations: Record<string, string> };
  spec: Partial<Scaler>;
}

export interface OneAutoscaler {
  at: Reached;
  spec: Scaler;
  annotations: Record<string, string>;
  /** Somebody writes it: what was read before is refused. */
  touch: (spec: Partial<Scaler>) => void;
  route: Route | undefined;
  /** Called once, right before the next write comes in: what a worker meets that was frozen there. */
  beforeWrite: (() => void) | undefined;
}

export function oneAutoscaler(place: RoutePlace, spec: Scaler): OneAutoscaler {
  let version = 1;
  const controller = new AbortController();
  const ask = (request: ApiRequest): Promise<unknown> => {
    if (!request.path.includes('horizontalpodautoscalers')) return Promise.resolve(one.route);
    if (request.method === 'PATCH') {
      one.beforeWrite?.();
      const body = parsedJson(JSON.stringify(request.body)) as Body;
      if (body.metadata.resourceVersion !== String(version)) {
        return Promise.reject(new ApiError(409, 'Conflict', 'the object has been modified'));
      }
      Object.assign(one.annotations, body.metadata.annotations);
      one.touch(body.spec);
    }
    const { annotations } = one;
    const metadata = { name: 'web', resourceVersion: String(version), annotations };
    return Promise.resolve(autoscalerShape.parse({ metadata, spec: one.spec }));
  };
  const one: OneAutoscaler = {
    ...{ spec, annotations: {}, route: undefined, beforeWrite: undefined },
    at: {
      cluster: clusterOf({ ask }, 'shop', controller.signal),
      ...{ place, what: 'scaling shop/web' },
      waiting: { signal: controller.signal, beat: () => undefined },
    },
    touch(changed) {
      version += 1;
      one.spec = { ...one.spec, ...changed };
    },
  };
  return one;
}
