// Fairlead's platform on a cluster of the tests: settings of a service, revisions of the tests' image, routes, and the backend
// that closes a service.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { RevisionSpec, ServiceRef } from '../../../src/domain/rollout/model.ts';
import type { ServiceTarget } from '../../../src/domain/rollout/service-target.ts';
import { createKubernetesPlatform } from '../../../src/platforms/kubernetes/adapter.ts';
import type { KubernetesSettings } from '../../../src/platforms/kubernetes/settings.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import { calledByName } from '../called-platform.ts';
import { ROOT } from '../entry.ts';
import { eventually } from '../local-daemon.ts';
import type { PlatformUnderTest } from '../port-contracts.ts';
import type { ApiObject } from './api.ts';
import type { Cluster } from './cluster.ts';
import { createDeployment, createNamespace, readyReplicas } from './objects.ts';

const PORT = 8080;
const CLOSED = 'closed';
const ROUTES = '/apis/gateway.networking.k8s.io/v1';
/** Who Fairlead is in the cluster: with the rights of the Role that it ships, and no others. */
export const USER = 'fairlead';
/** One for each service of the contract. */
const CONTRACT_ROUTES = 40;

export function settingsOn(
  { gateway }: Cluster,
  namespace: string,
  route: string,
): KubernetesSettings {
  return {
    ...{ context: 'test', namespace, route, identity: 'x-identity' },
    gateway: { address: `${gateway.url}${pathOf(namespace, route)}` },
    closed: { service: CLOSED, port: 80 },
  };
}

/** Routes of all tests are told apart by paths, which the gateway takes off again. */
export function pathOf(namespace: string, route: string): string {
  return `/${namespace}/${route}`;
}

/** A service whose route has its name. */
export function targetOn(cluster: Cluster, namespace: string, ref: ServiceRef) {
  const kubernetes = settingsOn(cluster, namespace, ref.service);
  const platform = { kind: 'kubernetes', kubernetes } as const;
  return { ...ref, directory: ROOT, platform } satisfies ServiceTarget;
}

/** As whoever the shipped Role is given to in this namespace. */
export function platformOn(cluster: Cluster, namespace: string): Platform {
  return createKubernetesPlatform({ kubeconfig: cluster.kubeconfig(USER, namespace) });
}

/** A namespace with the Role, the backend that closes, and one route for each of these services. */
export async function prepare(
  cluster: Cluster,
  namespace: string,
  services: readonly string[],
): Promise<void> {
  await grantRole(cluster, namespace);
  const closed = { namespace, name: CLOSED, tag: 'closed', replicas: 1, unprobed: true } as const;
  await createDeployment(cluster, closed);
  await Promise.all(services.map((name) => createRoute(cluster, namespace, name)));
  await eventually('the closed backend to be ready', async () => {
    return (await readyReplicas(cluster, namespace, CLOSED)) === 1;
  });
}

async function grantRole({ api }: Cluster, namespace: string): Promise<void> {
  const text = readFileSync(join(ROOT, 'docs', 'kubernetes', 'role.yaml'), 'utf8');
  const [role] = parseAllDocuments(text).map((one) => one.toJS() as ApiObject);
  if (role === undefined) throw new Error('docs/kubernetes/role.yaml has no Role');
  const group = '/apis/rbac.authorization.k8s.io/v1';
  const { name } = role.metadata;
  await api.apply(`${group}/namespaces/${namespace}/roles/${name}`, {
    ...role,
    metadata: { name, namespace },
  });
  await api.apply(`${group}/namespaces/${namespace}/rolebindings/${name}`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: USER }],
  });
}

/** With one rule, which leads nowhere yet. */
export async function createRoute(
  { api, gateway }: Cluster,
  namespace: string,
  name: string,
): Promise<void> {
  const path = { type: 'PathPrefix', value: pathOf(namespace, name) };
  const urlRewrite = { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } };
  await api.apply(`${ROUTES}/namespaces/${namespace}/httproutes/${name}`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
      rules: [{ matches: [{ path }], filters: [{ type: 'URLRewrite', urlRewrite }] }],
    },
  });
}

/** A revision of the tests' image; what its tag says it does (`v2-never`, `v2-crash`). */
export function imageSpec(
  service: ServiceRef,
  version: string,
  more: Partial<RevisionSpec> = {},
): RevisionSpec {
  return {
    ...service,
    id: `${version}-0123456789`,
    version,
    program: { kind: 'image', reference: `test/service:${version}`, port: PORT },
    configuration: {},
    bindings: [],
    health: { path: '/health', interval: 1000, timeout: 2000 },
    drain: 2000,
    ...more,
  };
}

/** What the contract of platforms is run against. */
export async function contractPlatform(cluster: Cluster): Promise<PlatformUnderTest> {
  const namespace = 'contract';
  await createNamespace(cluster.api, namespace);
  const services = Array.from({ length: CONTRACT_ROUTES }, (_, at) => `api-${at + 1}`);
  await prepare(cluster, namespace, services);
  return {
    ...calledByName(platformOn(cluster, namespace), (ref) => targetOn(cluster, namespace, ref)),
    lacks: /there is no HTTPRoute nowhere/,
    spec: (service, version, kind = 'good') => {
      if (kind === 'missingFile') return imageSpec({ ...service, service: 'nowhere' }, version);
      return imageSpec(service, kind === 'never' ? `${version}-never` : version);
    },
    end: () => cluster.api.remove(`/api/v1/namespaces/${namespace}`),
  };
}
