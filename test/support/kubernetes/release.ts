// A service whose stable side is a Helm release: installed by somebody, with a route that leads to it.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { SystemFile } from '../../../src/config/system.ts';
import type { ServiceTarget } from '../../../src/domain/rollout/service-target.ts';
import type { HelmSettings } from '../../../src/platforms/kubernetes/settings.ts';
import { ROOT } from '../entry.ts';
import { eventually } from '../local-daemon.ts';
import type { ApiObject } from './api.ts';
import type { Cluster } from './cluster.ts';
import { settingsOn, USER } from './fairlead.ts';
import { readyReplicas } from './objects.ts';
import { onWorker, SERVICE, type OnCluster } from './worker.ts';

const CHART = 'test/kubernetes/chart';
const RELEASE = 'shop';
const run = promisify(execFile);

const SETTINGS: HelmSettings = {
  ...{ release: RELEASE, chart: CHART, values: [], imageKey: 'image.tag' },
  ...{ deployment: RELEASE, service: { name: RELEASE, port: 80 } },
};

export interface HelmRevision {
  revision: number;
  status: string;
  description: string;
}

export interface WithRelease extends OnCluster {
  on: Cluster;
  target: ServiceTarget;
  /** As somebody who may do everything, and not Fairlead. */
  helm: (...args: string[]) => Promise<string>;
  history: () => Promise<HelmRevision[]>;
  /** What the Deployment of the release runs. */
  image: () => Promise<string>;
}

/** With v1 installed, all users there, and nothing of Fairlead's. */
export async function onRelease(
  cluster: Cluster,
  t: TestContext,
  changes: Partial<SystemFile['services'][string]> = {},
): Promise<WithRelease> {
  const path = process.env['PATH'] ?? '';
  if (!path.startsWith(dirname(cluster.helm))) {
    process.env['PATH'] = `${dirname(cluster.helm)}:${path}`;
  }
  const settings = (namespace: string) => ({
    ...settingsOn(cluster, namespace, SERVICE),
    helm: SETTINGS,
  });
  const at = await onWorker(cluster, t, (namespace) => ({
    kubernetes: settings(namespace),
    ...changes,
  }));
  const { namespace, system } = at;
  const platform = { kind: 'kubernetes', kubernetes: settings(namespace) } as const;
  const target = { system, service: SERVICE, directory: ROOT, platform };
  await grant(cluster, namespace);
  const kubeconfig = cluster.kubeconfig('admin', namespace);
  const common = ['--kubeconfig', kubeconfig, '--namespace', namespace];
  const helm = async (...args: string[]) =>
    (await run(cluster.helm, [...args, ...common], { cwd: ROOT })).stdout;
  await helm('install', RELEASE, CHART);
  await leadTo(cluster, namespace, RELEASE);
  await eventually('the release to be ready', async () => {
    return (await readyReplicas(cluster, namespace, RELEASE)) === 2;
  });
  await eventually('the gateway to lead to it', async () => (await fetch(at.url)).status === 200);
  return {
    ...at,
    on: cluster,
    target,
    helm,
    history: async () => JSON.parse(await helm('history', RELEASE, '-o', 'json')) as HelmRevision[],
    async image() {
      const where = `/apis/apps/v1/namespaces/${namespace}/deployments/${RELEASE}`;
      const found = await cluster.api.get<Deployment>(where);
      return found.spec.template.spec.containers.map(({ image }) => image).join(' ');
    },
  };
}

interface Deployment extends ApiObject {
  spec: { template: { spec: { containers: { image: string }[] } } };
}

async function grant({ api }: Cluster, namespace: string): Promise<void> {
  const text = readFileSync(join(ROOT, 'docs', 'kubernetes', 'role-helm.yaml'), 'utf8');
  const role = parse(text) as ApiObject;
  const group = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const { name } = role.metadata;
  await api.apply(`${group}/roles/${name}`, { ...role, metadata: { name, namespace } });
  await api.apply(`${group}/rolebindings/${name}`, {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
    metadata: { name, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: USER }],
  });
}

/** As somebody wrote it: without a weight. */
export async function leadTo({ api }: Cluster, namespace: string, service: string): Promise<void> {
  const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/${SERVICE}`;
  const route = await api.get<ApiObject & { spec: { rules: object[] } }>(path);
  const rules = route.spec.rules.map((rule) => ({
    ...rule,
    backendRefs: [{ name: service, port: 80 }],
  }));
  await api.call('PUT', path, { ...route, spec: { ...route.spec, rules } });
}
