// Services on a cluster as a real worker changes them: one system per test, in a namespace of its own.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { systemSchema, type SystemFile } from '../../../src/config/system.ts';
import { digestOf } from '../../../src/domain/digest.ts';
import type { LoadedSystem } from '../../../src/domain/loaded-system.ts';
import { createCheckRunner } from '../../../src/integrations/check-runner.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import { ROOT } from '../entry.ts';
import { Load } from '../http-load.ts';
import {
  endOf,
  freshName,
  memoryPorts,
  startTestWorker,
  type Ended,
  type TestWorker,
} from '../operations.ts';
import { testServer } from '../temporal-server.ts';
import type { Cluster } from './cluster.ts';
import { pathOf, platformOn, prepare, settingsOn } from './fairlead.ts';
import { newNamespace } from './shared.ts';

/** Its route and its service. */
export const SERVICE = 'api';

type ServiceFile = SystemFile['services'][string];

/** Five percent, a half, all; nothing is waited for longer than it takes. */
const QUICK: ServiceFile['rollout'] = {
  canary: { steps: [{ weight: 5 }, { weight: 50 }], watch: '1s' },
  blueGreen: { watch: '1s' },
  deadlines: { ready: '30s' },
  insurance: '0s',
};

export interface OnCluster {
  namespace: string;
  system: string;
  platform: Platform;
  worker: TestWorker;
  /** Where users ask. */
  url: string;
  deploy: (version: string, type?: string) => Promise<WorkflowHandle>;
  deployed: (version: string, type?: string) => Promise<Ended>;
  /** Users, until `stop` says what they were answered. */
  users: () => Load;
}

/** Ends the load of users: each of them was answered. */
export async function allAnswered(users: Load): Promise<void> {
  const { 200: answered = 0, ...failed } = await users.stop();
  assert.deepEqual(failed, {});
  assert.ok(answered > 0);
}

/** Throws with what it said where it did not succeed. */
export async function succeeds(ended: Promise<Ended>): Promise<void> {
  const { outcome, message } = await ended;
  assert.equal(outcome, 'succeeded', message);
}

type Changes = Partial<ServiceFile> | ((namespace: string) => Partial<ServiceFile>);

/** A new namespace with a route for `api`, and a worker that has the rights of the shipped Role there. */
export async function onWorker(
  cluster: Cluster,
  t: TestContext,
  changes: Changes = {},
): Promise<OnCluster> {
  const namespace = await newNamespace(cluster, t);
  await prepare(cluster, namespace, [SERVICE]);
  const changed = typeof changes === 'function' ? changes(namespace) : changes;
  const loaded = systemOn(cluster, namespace, changed);
  const platform = platformOn(cluster, namespace);
  const { address } = await testServer();
  const worker = await startTestWorker(address, {
    ...memoryPorts([loaded]),
    platforms: { kubernetes: platform },
    checks: createCheckRunner({ environment: process.env, redact: (text) => text }),
  });
  t.after(() => worker.stop());
  const system = loaded.name;
  const deploy: OnCluster['deploy'] = (version, type = 'canaryDeploy') =>
    worker.start(type, { system, service: SERVICE, version, requestedBy: 'ci' });
  const url = `${cluster.gateway.url}${pathOf(namespace, SERVICE)}`;
  return {
    ...{ namespace, system, platform, worker, url, deploy },
    deployed: async (version, type) => endOf(await deploy(version, type)),
    users() {
      const load = new Load(`${url}/`, 4);
      // One that nobody ends keeps the process from ending.
      t.after(() => load.stop());
      return load;
    },
  };
}

function systemOn(
  cluster: Cluster,
  namespace: string,
  changes: Partial<ServiceFile>,
): LoadedSystem {
  const system = systemSchema.parse({
    system: freshName(),
    services: {
      [SERVICE]: {
        platform: 'kubernetes',
        image: 'test/service:{version}',
        port: 8080,
        replicas: 2,
        drain: '2s',
        kubernetes: settingsOn(cluster, namespace, SERVICE),
        rollout: QUICK,
        checks: { smoke: [{ name: 'answers', http: '/' }] },
        ...changes,
      },
    },
  } satisfies SystemFile);
  return { name: system.system, directory: ROOT, digest: digestOf(system), system };
}
