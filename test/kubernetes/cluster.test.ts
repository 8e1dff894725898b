// The cluster that the other tests here stand on: what its pod agent and its gateway promise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, Load } from '../support/http-load.ts';
import { eventually } from '../support/local-daemon.ts';
import type { Cluster } from '../support/kubernetes/cluster.ts';
import {
  createDeployment,
  createRoute,
  podsOf,
  readyReplicas,
  setBackends,
} from '../support/kubernetes/objects.ts';
import { newNamespace, sharedCluster } from '../support/kubernetes/shared.ts';

const cluster = sharedCluster();

test('a deployment becomes ready, a route shares as it says, and what is deleted drains', async (t) => {
  const on = await cluster(t);
  if (!on) return;
  const namespace = await newNamespace(on, t);
  for (const version of ['v1', 'v2']) {
    await createDeployment(on, { namespace, name: version, tag: version, replicas: 2 });
  }
  for (const version of ['v1', 'v2']) {
    await eventually(`${version} to be ready`, async () => {
      return (await readyReplicas(on, namespace, version)) === 2;
    });
  }
  const host = `${namespace}.test`;
  await createRoute(on, { namespace, host, weights: { v1: 90, v2: 10 } });
  await eventually('the route to lead somewhere', async () => (await get(on, host)).status === 200);
  const seen = { v1: 0, v2: 0 };
  for (let count = 0; count < 200; count += 1) {
    const { version } = JSON.parse((await get(on, host)).body) as { version: 'v1' | 'v2' };
    seen[version] += 1;
  }
  assert.deepEqual(seen, { v1: 180, v2: 20 });

  const load = new Load(`${on.gateway.url}/`, 4, { headers: { host } });
  await setBackends(on, namespace, { v1: 0, v2: 100 });
  await eventually('v1 to get no request', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(on, host)));
    return answers.every(({ body }) => body.includes('"v2"'));
  });
  await on.api.remove(`/apis/apps/v1/namespaces/${namespace}/deployments/v1`);
  await eventually('the pods of v1 to be gone', async () => {
    return (await podsOf(on, namespace, 'v1')).length === 0;
  });
  assert.deepEqual(
    on.agent.running().filter((pod) => pod.startsWith(`${namespace}/v1`)),
    [],
  );
  const { 200: answered = 0, ...failed } = await load.stop();
  assert.deepEqual(failed, {});
  assert.ok(answered > 0);
});

test('a pod that cannot run says why', async (t) => {
  const on = await cluster(t);
  if (!on) return;
  const namespace = await newNamespace(on, t);
  const why: Record<string, RegExp> = {
    missing: /ImagePullBackOff.*test\/service:missing/,
    'v2-crash': /CrashLoopBackOff.*"exitCode":3/,
    'v2-oom': /"exitCode":137,"reason":"OOMKilled"/,
    'v2-never': /"running".*"ready":false/,
  };
  for (const tag of Object.keys(why)) {
    await createDeployment(on, { namespace, name: tag, tag, replicas: 1, memory: '300Mi' });
  }
  for (const [tag, expected] of Object.entries(why)) {
    await eventually(`the pod of ${tag} to say why`, async () => {
      const [pod] = await podsOf(on, namespace, tag);
      return expected.test(JSON.stringify(pod?.status ?? {}));
    });
  }
  const [crashed] = await podsOf(on, namespace, 'v2-crash');
  const log = `/api/v1/namespaces/${namespace}/pods/${crashed?.metadata.name ?? ''}/log`;
  assert.match(await on.api.text(log), /Error: cannot read the configuration/);
});

function get(on: Cluster, host: string) {
  return ask(`${on.gateway.url}/`, { headers: { host } });
}
