// What a cluster refuses, changes or loses while a deploy goes on: admission webhooks, a disruption budget, a node.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { ask } from '../support/http-load.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { endOf } from '../support/operations.ts';
import { untilBaking } from '../support/shop.ts';
import type { ApiObject } from '../support/kubernetes/api.ts';
import { targetOn } from '../support/kubernetes/fairlead.ts';
import { objectsOf } from '../support/kubernetes/objects.ts';
import { onCluster } from '../support/kubernetes/shared.ts';
import { startWebhook } from '../support/kubernetes/webhook.ts';
import { allAnswered, onWorker, SERVICE, succeeds } from '../support/kubernetes/worker.ts';

interface WithTemplate extends ApiObject {
  spec: { template: { metadata: { annotations?: object } } };
}

interface OnNode extends ApiObject {
  spec: { nodeName?: string };
}

const LOST = 'node-3';

onCluster((cluster) => {
  const place = async (t: TestContext, changes: Parameters<typeof onWorker>[2] = {}) => {
    const on = await cluster();
    const at = await onWorker(on, t, changes);
    const target = targetOn(on, at.namespace, { system: at.system, service: SERVICE });
    const weights = async (): Promise<string> =>
      describeWeights((await at.platform.traffic.read(target, waiting())).weights);
    const objects = () => objectsOf(on, at.namespace);
    return { ...at, on, weights, objects };
  };
  const rollout = {
    ...{ canary: { steps: [{ weight: 50 }], watch: '0s' } },
    ...{ deadlines: { ready: '8s' }, insurance: '0s' },
  };
  const isOf = (version: string) => (object: ApiObject) =>
    JSON.stringify(object).includes(`test/service:${version}"`);

  test('a version that a webhook does not admit is taken back, in the words of the webhook', async (t) => {
    const at = await place(t, { rollout });
    await succeeds(at.deployed('v1'));
    const before = await at.objects();
    const users = at.users();
    for (const resources of [['deployments'], ['pods']]) {
      const webhook = await startWebhook(at.on, t, { namespace: at.namespace, resources });
      webhook.says((object) => (isOf('v2')(object) ? { denied: 'v2 is not signed' } : undefined));
      const { outcome, message } = await at.deployed('v2');
      assert.equal(outcome, 'rolledBack', message);
      assert.match(message, /"policy\.test\.example" denied the request: v2 is not signed/);
      assert.deepEqual(await at.objects(), before);
    }
    assert.equal(await at.weights(), 'v1 100 %');
    await allAnswered(users);
  });

  test('a webhook that nobody answers for holds a deploy up, and is named where it stays so', async (t) => {
    const at = await place(t, { rollout });
    await succeeds(at.deployed('v1'));
    const before = await at.objects();
    const { namespace } = at;
    const webhook = await startWebhook(at.on, t, { namespace, resources: ['deployments'] });
    await webhook.close();
    const { outcome, message } = await at.deployed('v2');
    assert.notEqual(outcome, 'succeeded');
    assert.match(message, /failed calling webhook "policy\.test\.example"/);
    assert.deepEqual(await at.objects(), before);
    assert.equal(await at.weights(), 'v1 100 %');
  });

  test('what a webhook puts into Deployments and pods is nobody else at work', async (t) => {
    const at = await place(t, { rollout });
    const { namespace } = at;
    const resources = ['deployments', 'pods'];
    const webhook = await startWebhook(at.on, t, { namespace, resources });
    webhook.says((object) => {
      const { spec } = object as WithTemplate;
      const isPod = object.kind === 'Pod';
      const path = isPod ? '/metadata/annotations' : '/spec/template/metadata/annotations';
      const { annotations } = isPod ? object.metadata : spec.template.metadata;
      const value = { ...annotations, 'sidecar.test/injected': 'yes' };
      return { patch: [{ op: 'add', path, value }] };
    });
    await succeeds(at.deployed('v1'));
    const users = at.users();
    await succeeds(at.deployed('v2'));
    await succeeds(
      endOf(await at.worker.start('rollback', { system: at.system, service: SERVICE })),
    );
    assert.equal(await at.weights(), 'v1 100 %');
    await allAnswered(users);
  });

  test('a disruption budget that allows none keeps no deploy and no removal of what is old', async (t) => {
    const at = await place(t, { rollout });
    await at.on.api.call(
      'POST',
      `/apis/policy/v1/namespaces/${at.namespace}/poddisruptionbudgets`,
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'none' },
        spec: { maxUnavailable: 0, selector: {} },
      },
    );
    await succeeds(at.deployed('v1'));
    const users = at.users();
    await succeeds(at.deployed('v2'));
    assert.equal(await at.weights(), 'v2 100 %');
    await eventually('v1 to be retired', async () => {
      return !(await at.objects()).some((one) => one.includes('api-v1'));
    });
    await allAnswered(users);
  });

  test('a node that is lost in a bake costs its pods, which come back elsewhere, and no deploy', async (t) => {
    const at = await place(t, {
      replicas: 6,
      rollout: {
        canary: { steps: [{ weight: 50, bake: '20s' }], watch: '0s' },
        ...{ deadlines: { ready: '150s' }, insurance: '0s' },
      },
    });
    const { agent, api } = at.on;
    await agent.bringNode(LOST);
    const isGone = () => api.remove(`/api/v1/nodes/${LOST}`).catch(() => undefined);
    t.after(isGone);
    await succeeds(at.deployed('v1'));
    const handle = await at.deploy('v2');
    await untilBaking(handle, 50);
    const pods = await api.list<OnNode>(`/api/v1/namespaces/${at.namespace}/pods`);
    const onIt = pods.filter(({ spec }) => spec.nodeName === LOST);
    assert.ok(onIt.length > 0, 'a node without pods is no loss');
    await agent.loseNode(LOST);
    await succeeds(endOf(handle));
    assert.equal(await at.weights(), 'v2 100 %');
    // Nobody ends what stands on a node that is gone, until somebody takes the node out of the cluster.
    await isGone();
    await eventually('v1 to be retired', async () => {
      return !(await at.objects()).some((one) => one.includes('api-v1'));
    });
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(`${at.url}/`)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  });
});
