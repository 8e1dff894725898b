// What tests of deploys on a cluster stand on: one worker, one Prometheus server, and for each test a service of its own
// with users, an oracle that says what they saw, and what of Fairlead is left in its namespace.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { SystemFile } from '../../../src/config/system.ts';
import { Load } from '../http-load.ts';
import { endOf, freshName, type Ended } from '../operations.ts';
import { startPrometheus, type TestPrometheus } from '../prometheus.ts';
import { testServer } from '../temporal-server.ts';
import type { ApiObject } from './api.ts';
import type { Cluster } from './cluster.ts';
import { pathOf, prepare, settingsOn } from './fairlead.ts';
import { tellPods } from './pod-targets.ts';
import { RealWorker } from './real-worker.ts';
import { newNamespace, type Scope } from './shared.ts';

const SERVICE = 'web';
const KINDS = [
  '/apis/apps/v1/namespaces/NAMESPACE/deployments',
  '/api/v1/namespaces/NAMESPACE/services',
  '/apis/gateway.networking.k8s.io/v1/namespaces/NAMESPACE/httproutes',
];

type Rollout = NonNullable<SystemFile['services'][string]['rollout']>;

export interface Rollouts {
  cluster: Cluster;
  worker: RealWorker;
  prometheus: TestPrometheus | undefined;
  stop: () => Promise<void>;
}

/** `address` of a Temporal server; without it that of the tests. */
export async function openRollouts(cluster: Cluster, address?: string): Promise<Rollouts> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-targets-'));
  const file = join(folder, 'pods.json');
  writeFileSync(file, '[]');
  const pods = tellPods(cluster.api, file);
  const prometheus = await startPrometheus([], { files: [file] });
  const server = address ?? (await testServer()).address;
  const worker = await RealWorker.start(server, cluster.kubeconfig('fairlead'));
  return {
    ...{ cluster, worker, prometheus },
    async stop() {
      await worker.stop();
      await prometheus?.stop();
      await pods.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A service of a test, in a system and a namespace of its own. */
export class Shop {
  readonly system = freshName();
  readonly namespace: string;
  readonly #on: Rollouts;
  #load: Load | undefined;

  private constructor(on: Rollouts, namespace: string) {
    this.#on = on;
    this.namespace = namespace;
  }

  /** With `first` for all users, who ask from now on. */
  static async open(on: Rollouts, t: Scope, rollout: Rollout = {}, first = 'v1'): Promise<Shop> {
    const namespace = await newNamespace(on.cluster, t);
    await prepare(on.cluster, namespace, [SERVICE]);
    const shop = new Shop(on, namespace);
    on.worker.addSystem(shop.#file(rollout));
    const { outcome, message } = await shop.deploy(first);
    assert.equal(outcome, 'succeeded', message);
    shop.#load = new Load(shop.url, 4);
    t.after(() => shop.#load?.stop());
    return shop;
  }

  async deploy(version: string): Promise<Ended> {
    return endOf(await this.begin('canaryDeploy', { version }));
  }

  begin(type: string, more: object = {}): Promise<WorkflowHandle> {
    const request = { system: this.system, service: SERVICE, requestedBy: 'ci', ...more };
    return this.#on.worker.start(type, request);
  }

  /** What users saw until now, by status or error; nobody asks any more. */
  async seen(): Promise<Record<string, number>> {
    const seen = (await this.#load?.stop()) ?? {};
    this.#load = undefined;
    return seen;
  }

  /** Fairlead's own objects that are there: versions by how many objects each has. */
  async left(): Promise<Record<string, number>> {
    const left: Record<string, number> = {};
    for (const kind of KINDS) {
      const path = kind.replace('NAMESPACE', this.namespace);
      const selector = encodeURIComponent('fairlead/revision');
      const objects = await this.#on.cluster.api.list(`${path}?labelSelector=${selector}`);
      for (const one of objects) {
        const version = versionOf(one);
        left[version] = (left[version] ?? 0) + 1;
      }
    }
    return left;
  }

  /** What the route says of its users, and what Fairlead keeps there. */
  async route(): Promise<{ rules: unknown; kept: unknown }> {
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${this.namespace}/httproutes/${SERVICE}`;
    const { spec, metadata } = await this.#on.cluster.api.get<
      ApiObject & { spec: { rules: unknown } }
    >(path);
    const { annotations } = metadata as { annotations?: Record<string, string> };
    return { rules: spec.rules, kept: annotations };
  }

  /** Where its users ask. */
  get url(): string {
    return `${this.#on.cluster.gateway.url}${pathOf(this.namespace, SERVICE)}`;
  }

  #file(rollout: Rollout): SystemFile {
    const { cluster, prometheus } = this.#on;
    const mine = `revision="{{revision}}"`;
    return {
      system: this.system,
      services: {
        [SERVICE]: {
          platform: 'kubernetes',
          image: 'test/service:{version}',
          port: 8080,
          replicas: 2,
          health: { path: '/health', interval: '1s' },
          drain: '2s',
          kubernetes: settingsOn(cluster, this.namespace, SERVICE),
          rollout: {
            canary: {
              steps: [
                { weight: 10, bake: '2s' },
                { weight: 50, bake: '2s' },
              ],
              watch: '2s',
            },
            deadlines: { ready: '20s' },
            insurance: '1h',
            ...rollout,
          },
        },
      },
      analyses: {
        errors: {
          source: 'prometheus',
          url: prometheus?.url ?? 'http://127.0.0.1:9',
          interval: '500ms',
          minimumSamples: 20,
          metrics: {
            'error-ratio': {
              query: `sum(increase(test_requests_total{${mine},status="500"}[3s])) / sum(increase(test_requests_total{${mine}}[3s]))`,
              requests: `sum(increase(test_requests_total{${mine}}[3s]))`,
              max: 0.01,
            },
          },
        },
        latency: {
          source: 'prometheus',
          url: prometheus?.url ?? 'http://127.0.0.1:9',
          interval: '500ms',
          minimumSamples: 5,
          metrics: {
            p95: {
              query: `histogram_quantile(0.95, sum(rate(test_request_seconds_bucket{${mine}}[3s])) by (le))`,
              requests: `sum(increase(test_requests_total{${mine}}[3s]))`,
              max: 0.4,
            },
          },
        },
      },
    };
  }
}

function versionOf({ metadata: { labels = {} } }: ApiObject): string {
  return (labels['fairlead/revision'] ?? '').replace(/-[0-9a-f]{10}$/, '');
}
