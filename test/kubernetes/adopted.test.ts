// Services whose stable side is a Deployment that somebody made: its version is read from its image, a new one is tried beside
// it, and of it only the image is changed.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { SystemFile } from '../../src/config/system.ts';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { ROOT } from '../support/entry.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { endOf } from '../support/operations.ts';
import type { ApiObject } from '../support/kubernetes/api.ts';
import { settingsOn } from '../support/kubernetes/fairlead.ts';
import { createDeployment, objectsOf, readyReplicas } from '../support/kubernetes/objects.ts';
import { leadTo } from '../support/kubernetes/release.ts';
import { onCluster } from '../support/kubernetes/shared.ts';
import { allAnswered, onWorker, SERVICE, succeeds } from '../support/kubernetes/worker.ts';

const THEIRS = 'storefront';

interface Deployment extends ApiObject {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
}

onCluster((cluster) => {
  const adopted = async (t: TestContext, more: Partial<SystemFile['services'][string]> = {}) => {
    const on = await cluster();
    const kubernetesIn = (namespace: string) => ({
      ...settingsOn(on, namespace, SERVICE),
      adopts: { deployment: THEIRS, service: { name: THEIRS, port: 80 } },
    });
    const at = await onWorker(on, t, (namespace) => ({
      kubernetes: kubernetesIn(namespace),
      ...more,
    }));
    const { namespace, system } = at;
    await createDeployment(on, { namespace, name: THEIRS, tag: 'v1', replicas: 2 });
    await leadTo(on, namespace, THEIRS);
    await eventually(
      'it to be ready',
      async () => (await readyReplicas(on, namespace, THEIRS)) === 2,
    );
    await eventually('the gateway to lead to it', async () => (await fetch(at.url)).status === 200);
    const target = {
      ...{ system, service: SERVICE, directory: ROOT },
      platform: { kind: 'kubernetes', kubernetes: kubernetesIn(namespace) },
    } as const;
    const live = () =>
      on.api.get<Deployment>(`/apis/apps/v1/namespaces/${namespace}/deployments/${THEIRS}`);
    return {
      ...{ ...at, live },
      image: async () => (await live()).spec.template.spec.containers[0]?.image,
      own: async () =>
        (await objectsOf(on, namespace)).filter((one) => one.startsWith('deployments')),
      weights: async () =>
        describeWeights((await at.platform.traffic.read(target, waiting())).weights),
      history: async () => {
        const served = await at.platform.workload.history(target, waiting());
        return served.map(({ spec }) => spec.version);
      },
    };
  };

  test('a Deployment is adopted by the version of its image, brought to a new one, and back', async (t) => {
    const at = await adopted(t);
    assert.equal(await at.weights(), 'v1 100 %');
    const users = at.users();
    await succeeds(at.deployed('v2'));
    assert.equal(await at.image(), 'test/service:v2');
    assert.equal(await at.weights(), 'v2 100 %');
    assert.deepEqual(await at.history(), ['v2', 'v1']);
    await eventually(
      'what v1 was kept on to be retired',
      async () => (await at.own()).length === 0,
    );
    const back = await at.worker.start('rollback', { system: at.system, service: SERVICE });
    await succeeds(endOf(back));
    assert.equal(await at.image(), 'test/service:v1');
    assert.equal(await at.weights(), 'v1 100 %');
    assert.equal((await at.live()).spec.replicas, 2);
    await allAnswered(users);
  });

  test('a version that is never ready leaves it as it was', async (t) => {
    const at = await adopted(t, {
      rollout: {
        canary: { steps: [{ weight: 5 }], watch: '0s' },
        ...{ deadlines: { ready: '8s' }, insurance: '0s' },
      },
    });
    const before = (await at.live()).spec;
    const { outcome, message } = await at.deployed('v2-never');
    assert.equal(outcome, 'rolledBack', message);
    assert.deepEqual((await at.live()).spec, before);
    assert.deepEqual(await at.own(), []);
    assert.equal(await at.weights(), 'v1 100 %');
  });

  test('an image that somebody else set is for people to look at', async (t) => {
    const at = await adopted(t);
    await succeeds(at.deployed('v2'));
    const path = `/apis/apps/v1/namespaces/${at.namespace}/deployments/${THEIRS}`;
    const containers = [{ name: 'service', image: 'test/service:v9' }];
    const { api } = await cluster();
    await api.patch(
      path,
      { spec: { template: { spec: { containers } } } },
      'application/strategic-merge-patch+json',
    );
    const { outcome, message } = await at.deployed('v3');
    assert.notEqual(outcome, 'succeeded');
    assert.match(
      message,
      /the Deployment storefront runs test\/service:v9, and Fairlead left it on test\/service:v2/,
    );
    assert.equal(await at.image(), 'test/service:v9');
  });
});
