// A service whose replicas an autoscaler decides: deploys go on whatever it does, and a scale is for a time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT } from '../support/entry.ts';
import { waiting, eventually } from '../support/local-daemon.ts';
import { endOf } from '../support/operations.ts';
import { untilBaking } from '../support/shop.ts';
import { settingsOn } from '../support/kubernetes/fairlead.ts';
import { onCluster } from '../support/kubernetes/shared.ts';
import { allAnswered, onWorker, SERVICE, succeeds } from '../support/kubernetes/worker.ts';

interface Scaler {
  spec: { minReplicas: number; maxReplicas: number; scaleTargetRef: { name: string } };
}

onCluster((cluster) => {
  test('an autoscaler follows users, grows in the middle of a deploy, and is raised for a time', async (t) => {
    const on = await cluster();
    const steps = [{ weight: 10, bake: '8s' }];
    const at = await onWorker(on, t, (namespace) => ({
      kubernetes: { ...settingsOn(on, namespace, SERVICE), autoscaler: SERVICE },
      rollout: { canary: { steps, watch: '1s' }, deadlines: { ready: '40s' }, insurance: '0s' },
    }));
    const kubernetes = { ...settingsOn(on, at.namespace, SERVICE), autoscaler: SERVICE };
    const place = {
      ...{ system: at.system, service: SERVICE, directory: ROOT },
      platform: { kind: 'kubernetes', kubernetes },
    } as const;
    const path = `/apis/autoscaling/v2/namespaces/${at.namespace}/horizontalpodautoscalers`;
    const refused = await at.deployed('v1');
    assert.match(refused.message, /there is no HorizontalPodAutoscaler api in the namespace/);
    await on.api.call('POST', path, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: SERVICE },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody' },
        ...{ minReplicas: 2, maxReplicas: 4 },
      },
    });
    const scaler = async (): Promise<Scaler['spec']> =>
      (await on.api.get<Scaler>(`${path}/${SERVICE}`)).spec;
    const bounds = async (): Promise<number[]> => {
      const { minReplicas, maxReplicas } = await scaler();
      return [minReplicas, maxReplicas];
    };
    await succeeds(at.deployed('v1'));
    assert.match((await scaler()).scaleTargetRef.name, /^api-v1-/);

    const users = at.users();
    const deploy = await at.deploy('v2');
    await untilBaking(deploy, 10);
    await on.api.patch(`${path}/${SERVICE}`, { spec: { minReplicas: 4 } });
    await eventually('the autoscaler to grow v1', async () => {
      const states = await at.platform.workload.revisions(place, waiting());
      return states.some(({ spec, desired }) => spec.version === 'v1' && desired === 4);
    });
    await succeeds(endOf(deploy));
    const grown = await at.platform.workload.revisions(place, waiting());
    assert.equal(grown.find(({ spec }) => spec.version === 'v2')?.desired, 4);
    assert.match((await scaler()).scaleTargetRef.name, /^api-v2-/);
    await allAnswered(users);

    await on.api.patch(`${path}/${SERVICE}`, { spec: { minReplicas: 2 } });
    const input = { system: at.system, service: SERVICE, replicas: 6 };
    const scale = async (more: object) =>
      endOf(await at.worker.start('scaleService', { ...input, ...more }));
    assert.match((await scale({})).message, /its autoscaler api keeps from 2 to 4 replicas/);
    assert.deepEqual(await bounds(), [2, 4]);
    await succeeds(scale({ lasts: 60_000 }));
    assert.deepEqual(await bounds(), [6, 6]);
    await succeeds(scale({ lasts: 60_000, replicas: 7 }));
    assert.deepEqual(await bounds(), [7, 7]);
    // Somebody has the last word about the maximum.
    await on.api.patch(`${path}/${SERVICE}`, { spec: { maxReplicas: 9 } });
    const id = `scale-back/${at.system}/${SERVICE}`;
    const back = at.worker.client.workflow.getHandle(id);
    // As the step made it: how many there are by now is another number, and does not matter.
    const request = (await back.describe()).memo?.['request'];
    assert.ok(typeof request === 'object' && request !== null);
    await back.terminate('the test does not wait for a minute');
    const early = { ...request, delay: 0 };
    const backed = await endOf(await at.worker.start('scaleBack', early));
    assert.equal(backed.outcome, 'succeeded', backed.message);
    assert.deepEqual(await bounds(), [2, 9]);
    const again = await endOf(await at.worker.start('scaleBack', early));
    assert.equal(again.outcome, 'nothingToDo');
    // More than the cluster lets there be: what is not ready is taken back, and with it what was raised.
    await on.api.call('POST', `/api/v1/namespaces/${at.namespace}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few' },
      spec: { hard: { pods: '1' } },
    });
    const failed = await scale({ lasts: 60_000, replicas: 12 });
    assert.equal(failed.outcome, 'failed', failed.message);
    assert.deepEqual(await bounds(), [2, 9]);
  });
});
