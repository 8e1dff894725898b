// The cluster of the demonstration aislemarts: control plane, gateway and Prometheus on this machine, the manifests that
// systems/aislemarts and docs/kubernetes bring, and pods that are processes of the version their image names.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EXIT, ExitError } from '../src/cli/exit.ts';
import type { SystemFile } from '../src/config/system.ts';
import { startCluster, type Cluster } from '../test/support/kubernetes/cluster.ts';
import { applyManifests } from '../test/support/kubernetes/manifests.ts';
import { tellPods } from '../test/support/kubernetes/pod-targets.ts';
import { findKubernetes } from '../test/support/kubernetes/programs.ts';
import type { Images } from '../test/support/kubernetes/pod.ts';
import { eventually } from '../test/support/local-daemon.ts';
import { startPrometheus } from '../test/support/prometheus.ts';
import type { Outside } from './demonstration.ts';
import type { Story } from './story.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');
const SYSTEM = join(REPOSITORY, 'systems', 'aislemarts');
const BASE = 'aislemarts-staging';
const NAMESPACE = 'prod';
/** Who Fairlead is: with the rights of the Role that docs/kubernetes has, and no others. */
const USER = 'fairlead';

const run = promisify(execFile);

export interface Stage extends Outside {
  cluster: Cluster;
  /** As somebody who may do everything, and not Fairlead; answers what it prints. */
  helm: Helm;
}

type Helm = (...args: string[]) => Promise<string>;

/** Throws ExitError 2 where a part of it is missing. */
export async function startStage(data: string, story: Story, signal: AbortSignal): Promise<Stage> {
  if (findKubernetes() === undefined) {
    throw new ExitError(
      EXIT.badInput,
      'this demonstration needs a Kubernetes control plane, Traefik and Helm: npm run parts -- kubernetes builds them once, in about twenty minutes',
    );
  }
  story.tell('starting etcd, the control plane of Kubernetes, a gateway and two nodes');
  const cluster = await startCluster({ images, users: [{ name: USER }] });
  const ends = [() => cluster.stop()];
  const end = async (): Promise<void> => {
    for (const one of ends.splice(0).reverse()) await one();
  };
  try {
    signal.throwIfAborted();
    const helm = helmOn(cluster);
    await prepare(cluster, helm);
    signal.throwIfAborted();
    story.tell(`the gateway answers at ${cluster.gateway.url}`);
    const targets = join(data, 'pods.json');
    writeFileSync(targets, '[]');
    const pods = tellPods(cluster.api, targets);
    ends.push(() => pods.stop());
    const prometheus = await startPrometheus([], { files: [targets] });
    if (prometheus === undefined) {
      throw new ExitError(EXIT.badInput, 'this demonstration needs Prometheus: npm run parts');
    }
    ends.push(() => prometheus.stop());
    story.tell(`Prometheus scrapes every pod: ${prometheus.url}`);
    const systems = writeSystems(data, cluster, prometheus.url);
    const path = `${dirname(cluster.helm)}${delimiter}${process.env['PATH'] ?? ''}`;
    const env = { KUBECONFIG: cluster.kubeconfig(USER), PATH: path };
    return { cluster, helm, systems, env, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What a registry would have: the versions of the system, and the server that closes it. */
const images: Images = (image) => {
  const [name, tag = ''] = image.split(':');
  if (name === 'nginxinc/nginx-unprivileged') {
    const closed = join(REPOSITORY, 'test', 'support', 'kubernetes', 'pod-service.mjs');
    return { command: [process.execPath, closed], directory: SYSTEM, env: { TAG: 'closed' } };
  }
  const version = join('versions', `${tag}.mjs`);
  if (name !== 'registry.example/aislemarts' || !existsSync(join(SYSTEM, version)))
    return undefined;
  return { command: [process.execPath, version], directory: SYSTEM };
};

function helmOn(cluster: Cluster): Helm {
  const common = ['--kubeconfig', cluster.kubeconfig('admin'), '--namespace', NAMESPACE];
  return async (...args) => (await run(cluster.helm, [...args, ...common])).stdout;
}

async function prepare(cluster: Cluster, helm: Helm): Promise<void> {
  const { api } = cluster;
  const manifests = join(REPOSITORY, 'docs', 'kubernetes');
  const closed = readFileSync(join(manifests, 'closed.yaml'), 'utf8');
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await applyManifests(api, JSON.stringify(namespace));
  // The grant there is for a namespace called shop.
  await applyManifests(api, closed.replaceAll(/\bshop\b/g, NAMESPACE));
  for (const [file, role] of Object.entries(ROLES)) {
    await applyManifests(api, readFileSync(join(manifests, file), 'utf8'), NAMESPACE);
    await applyManifests(api, JSON.stringify(bindingOf(role)), NAMESPACE);
  }
  await helm('install', 'aislemarts', join(SYSTEM, 'chart'), '--set', 'replicas=2');
  // Nobody here knows the name that its users know it by.
  const route = readFileSync(join(SYSTEM, 'route.yaml'), 'utf8');
  await applyManifests(api, route.replace(/^ {2}hostnames: .*\n/m, ''), NAMESPACE);
  const deployments = {
    'the server that closes': 'fairlead/deployments/closed',
    'the release': `${NAMESPACE}/deployments/aislemarts-backend`,
  };
  for (const [what, where] of Object.entries(deployments)) {
    await eventually(`${what} to be ready`, async () => {
      const path = `/apis/apps/v1/namespaces/${where}`;
      const { status } = await api.get<{ status: { availableReplicas?: number } }>(path);
      return (status.availableReplicas ?? 0) > 0;
    });
  }
}

/** By their files. */
const ROLES = { 'role.yaml': 'fairlead', 'role-helm.yaml': 'fairlead-helm' };

function bindingOf(role: string): object {
  const group = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${group}/v1`,
    kind: 'RoleBinding',
    metadata: { name: role },
    roleRef: { apiGroup: group, kind: 'Role', name: role },
    subjects: [{ apiGroup: group, kind: 'User', name: USER }],
  };
}

/** The system with the timings of a demonstration, above the same base as the one with real ones. */
function writeSystems(data: string, { gateway }: Cluster, prometheus: string): string {
  const systems = join(data, 'systems');
  const base = readFileSync(join(REPOSITORY, 'systems', BASE, 'system.yaml'), 'utf8');
  mkdirSync(join(systems, BASE), { recursive: true });
  mkdirSync(join(systems, 'aislemarts'));
  cpSync(join(SYSTEM, 'chart'), join(systems, 'aislemarts', 'chart'), { recursive: true });
  writeFileSync(join(systems, BASE, 'system.yaml'), base);
  const file = demonstrated(gateway.url, prometheus);
  writeFileSync(join(systems, 'aislemarts', 'system.yaml'), JSON.stringify(file, null, 2));
  return systems;
}

function demonstrated(gateway: string, prometheus: string): object {
  const mine = 'revision="{{revision}}"';
  const requests = `sum(increase(http_server_requests_total{${mine}}[5s]))`;
  const source = { source: 'prometheus', url: prometheus, interval: '1s' } as const;
  const analyses = {
    errors: {
      ...source,
      minimumSamples: 20,
      metrics: {
        'error-ratio': {
          query: `sum(increase(http_server_requests_total{${mine},status=~"5.."}[5s])) / ${requests}`,
          requests,
          max: 0.0005,
        },
      },
    },
    latency: {
      ...source,
      minimumSamples: 20,
      metrics: {
        p95: {
          query: `histogram_quantile(0.95, sum(rate(http_server_request_duration_seconds_bucket{${mine}}[5s])) by (le))`,
          requests,
          max: 0.3,
        },
      },
    },
  } satisfies NonNullable<SystemFile['analyses']>;
  const canary = {
    analysis: ['errors', 'latency'],
    steps: [
      { weight: 10, bake: '10s' },
      { weight: 50, bake: '5s', approval: 'promote' },
    ],
    watch: '5s',
  };
  const kubernetes = {
    context: 'test',
    namespace: NAMESPACE,
    gateway: { address: gateway },
    helm: {
      ...{ release: 'aislemarts', chart: '../aislemarts/chart', imageKey: 'image.tag' },
      ...{ deployment: 'aislemarts-backend', service: { name: 'aislemarts-backend', port: 80 } },
    },
  };
  return {
    system: 'aislemarts',
    base: BASE,
    services: {
      backend: { replicas: 2, kubernetes, rollout: { canary, deadlines: { ready: '1m' } } },
    },
    analyses,
    approvals: { promote: { quorum: 1, deadline: '10m' } },
  };
}
