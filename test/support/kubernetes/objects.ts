// Objects of a cluster as tests make them by hand and look at them, beside Fairlead.
import type { Api, ApiObject } from './api.ts';
import type { Cluster } from './cluster.ts';
import type { PodObject } from './pod-spec.ts';

const PORT = 8080;
const ROUTES = '/apis/gateway.networking.k8s.io/v1';

export async function createNamespace(api: Api, name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await api.call('POST', '/api/v1/namespaces', namespace);
}

export interface HandMadeDeployment {
  namespace: string;
  name: string;
  /** Of the image of the tests. */
  tag: string;
  replicas: number;
  /** Ready as soon as it runs, whatever it answers. */
  unprobed?: true;
  /** The limit, such as 300Mi. */
  memory?: string;
}

/** A Deployment and a Service of the same name; its pods serve on for a second after they were told to end. */
export async function createDeployment(
  { api }: Cluster,
  { namespace, name, tag, replicas, memory, unprobed }: HandMadeDeployment,
): Promise<void> {
  const labels = { app: name };
  const container = {
    name: 'service',
    image: `test/service:${tag}`,
    ports: [{ containerPort: PORT }],
    ...(unprobed === undefined && {
      readinessProbe: { httpGet: { path: '/health', port: PORT }, periodSeconds: 1 },
    }),
    lifecycle: { preStop: { sleep: { seconds: 1 } } },
    ...(memory !== undefined && { resources: { limits: { memory } } }),
  };
  await api.apply(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [container], terminationGracePeriodSeconds: 5 },
      },
    },
  });
  await api.apply(`/api/v1/namespaces/${namespace}/services/${name}`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: labels, ports: [{ port: 80, targetPort: PORT }] },
  });
}

interface Deployment extends ApiObject {
  status: { availableReplicas?: number };
}

export async function readyReplicas(
  { api }: Cluster,
  namespace: string,
  name: string,
): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  return (await api.get<Deployment>(path)).status.availableReplicas ?? 0;
}

/** Those of a Deployment that was made here. */
export function podsOf({ api }: Cluster, namespace: string, name: string): Promise<PodObject[]> {
  return api.list<PodObject>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${name}`);
}

/** Services by their weights. */
export type Backends = Readonly<Record<string, number>>;

/** A route called `web` with one rule. */
export async function createRoute(
  { api, gateway }: Cluster,
  { namespace, host, weights }: { namespace: string; host: string; weights: Backends },
): Promise<void> {
  await api.apply(`${ROUTES}/namespaces/${namespace}/httproutes/web`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
      hostnames: [host],
      rules: [{ backendRefs: backendRefs(weights) }],
    },
  });
}

/** Sets the weights of the route `web`, as somebody else would. */
export async function setBackends(
  { api }: Cluster,
  namespace: string,
  weights: Backends,
): Promise<void> {
  await api.patch(`${ROUTES}/namespaces/${namespace}/httproutes/web`, {
    spec: { rules: [{ backendRefs: backendRefs(weights) }] },
  });
}

function backendRefs(weights: Backends): object[] {
  return Object.entries(weights).map(([name, weight]) => ({ name, port: 80, weight }));
}

/** Of Fairlead's objects, those that are there: `Deployment web-v1-...`. */
export async function objectsOf({ api }: Cluster, namespace: string): Promise<string[]> {
  const kinds = {
    deployments: '/apis/apps/v1',
    services: '/api/v1',
    httproutes: '/apis/gateway.networking.k8s.io/v1',
    pods: '/api/v1',
  };
  const selector = encodeURIComponent('app.kubernetes.io/managed-by=fairlead');
  const lists = await Promise.all(
    Object.entries(kinds).map(async ([kind, group]) => {
      const path = `${group}/namespaces/${namespace}/${kind}?labelSelector=${selector}`;
      return (await api.list(path)).map(({ metadata: { name } }) => `${kind} ${name}`);
    }),
  );
  return lists.flat().sort();
}
