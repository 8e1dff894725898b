// What others do to a cluster in the middle of a deploy: pods, objects and routes that somebody changes or deletes, a gateway that
// dies, a namespace that goes.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { ask } from '../support/http-load.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { send, untilBaking } from '../support/shop.ts';
import type { ApiObject } from '../support/kubernetes/api.ts';
import { pathOf, settingsOn, targetOn } from '../support/kubernetes/fairlead.ts';
import { objectsOf } from '../support/kubernetes/objects.ts';
import { onCluster } from '../support/kubernetes/shared.ts';
import { allAnswered, onWorker, SERVICE, succeeds } from '../support/kubernetes/worker.ts';

interface Route extends ApiObject {
  spec: { rules: ({ name?: string; backendRefs: object[] } & Record<string, unknown>)[] };
}

onCluster((cluster) => {
  /** v1 for all users, and v2 with 10 % of them, or `weight`, for `bake`. */
  const baking = async (t: TestContext, bake: string, { weight = 10, replicas = 2 } = {}) => {
    const on = await cluster();
    const steps = [{ weight, bake }, { weight: 60 }];
    const at = await onWorker(on, t, {
      replicas,
      rollout: {
        canary: { steps, watch: '1s' },
        ...{ deadlines: { ready: '20s' }, insurance: '0s', earlyPromotion: true },
      },
    });
    await succeeds(at.deployed('v1'));
    const before = await objectsOf(on, at.namespace);
    const target = targetOn(on, at.namespace, { system: at.system, service: SERVICE });
    const route = `/apis/gateway.networking.k8s.io/v1/namespaces/${at.namespace}/httproutes/${SERVICE}`;
    const users = at.users();
    const handle = await at.deploy('v2');
    await untilBaking(handle, weight);
    const weights = async (): Promise<string> =>
      describeWeights((await at.platform.traffic.read(target, waiting())).weights);
    /** The one of v2, by its kind's path. */
    const own = async (kind: string): Promise<string> => {
      const found = (await objectsOf(on, at.namespace)).find((one) =>
        one.startsWith(`${kind} api-v2`),
      );
      assert.ok(found);
      return found.split(' ')[1] ?? '';
    };
    return { ...at, on, before, route, users, handle, weights, own };
  };

  test('a pod of the new version that is deleted comes back, and the deploy goes on', async (t) => {
    const at = await baking(t, '6s', { weight: 50, replicas: 4 });
    await at.on.api.remove(`/api/v1/namespaces/${at.namespace}/pods/${await at.own('pods')}`);
    await succeeds(endOf(at.handle));
    assert.equal(await at.weights(), 'v2 100 %');
    await allAnswered(at.users);
  });

  test('a new version that somebody scales to nothing is taken back', async (t) => {
    const at = await baking(t, '30s');
    const name = await at.own('deployments');
    const path = `/apis/apps/v1/namespaces/${at.namespace}/deployments/${name}`;
    await at.on.api.patch(path, { spec: { replicas: 0 } });
    const { outcome, message } = await endOf(at.handle);
    assert.equal(outcome, 'rolledBack', message);
    assert.equal(await at.weights(), 'v1 100 %');
    assert.deepEqual(await objectsOf(at.on, at.namespace), at.before);
    await at.users.stop();
  });

  test('a Deployment of the new version that somebody deletes parks the deploy, and nothing is left', async (t) => {
    const at = await baking(t, '1h');
    const name = await at.own('deployments');
    await at.on.api.remove(`/apis/apps/v1/namespaces/${at.namespace}/deployments/${name}`);
    await send(at.handle, 'promote', { actor: 'ana' });
    const { note = '' } = await untilStatus(at.handle, ({ answers }) => answers !== undefined);
    assert.match(note, /is gone/);
    await send(at.handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(at.handle)).outcome, 'aborted');
    assert.equal(await at.weights(), 'v1 100 %');
    await eventually('the last pod of v2 to have ended', async () => {
      return isDeepStrictEqual(await objectsOf(at.on, at.namespace), at.before);
    });
    await at.users.stop();
  });

  test('a route that somebody sets back every two seconds parks the deploy, and stays theirs', async (t) => {
    const at = await baking(t, '1h');
    const route = await at.on.api.get<Route>(at.route);
    const backendRefs = route.spec.rules[0]?.backendRefs.map((one, at) => ({
      ...one,
      weight: at === 0 ? 1 : 0,
    }));
    const spec = { ...route.spec, rules: [{ ...route.spec.rules[0], backendRefs }] };
    const theirs = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: SERVICE },
      spec,
    };
    const setBack = () => at.on.api.apply(at.route, theirs, 'their-controller');
    await setBack();
    const every = setInterval(() => void setBack(), 2000);
    t.after(() => {
      clearInterval(every);
    });
    await send(at.handle, 'promote', { actor: 'ana' });
    const { note = '' } = await untilStatus(at.handle, ({ answers }) => answers !== undefined);
    assert.match(note, /were set by their-controller/);
    await send(at.handle, 'abort', { actor: 'ana' });
    const { outcome, message } = await endOf(at.handle);
    assert.equal(outcome, 'aborted', message);
    assert.equal(await at.weights(), 'v1 100 %');
    await allAnswered(at.users);
  });

  test('a route that somebody deletes parks the deploy until it is there again', async (t) => {
    const at = await baking(t, '1h');
    const { spec, metadata } = await at.on.api.get<Route>(at.route);
    await at.on.api.remove(at.route);
    await send(at.handle, 'promote', { actor: 'ana' });
    const { outcome, message } = await endOf(at.handle);
    assert.match(message, /there is no HTTPRoute api in the namespace/);
    assert.notEqual(outcome, 'succeeded');
    const { name, annotations } = metadata as { name: string; annotations?: object };
    await at.on.api.apply(at.route, {
      ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
      ...{ metadata: { name, annotations }, spec },
    });
    await eventually('users to be led again', async () => (await ask(`${at.url}/`)).status === 200);
    await at.users.stop();
  });

  test('a gateway that dies and comes back holds a deploy up, and no more', async (t) => {
    const at = await baking(t, '3s');
    const { part } = at.on.gateway;
    await part.stop();
    await sleep(8000);
    part.start();
    await succeeds(endOf(at.handle));
    assert.equal(await at.weights(), 'v2 100 %');
    await at.users.stop();
    assert.equal((await ask(`${at.url}/`)).status, 200);
  });

  test('a namespace that goes parks the deploy or ends it, and is told', async (t) => {
    const at = await baking(t, '3s');
    await at.on.api.remove(`/api/v1/namespaces/${at.namespace}`);
    const { answers, note = '' } = await untilStatus(
      at.handle,
      ({ state, answers }) => state === 'closed' || answers !== undefined,
    );
    // Its objects go one after the other, and the Role with them.
    assert.match(note, /is forbidden|is gone|there is no|replicas ready/);
    if (answers !== undefined) await send(at.handle, 'abort', { actor: 'ana' });
    assert.notEqual((await endOf(at.handle)).outcome, 'succeeded');
    await at.users.stop();
  });

  test('of a route with two rules only the one that is named changes, whatever a version is called', async (t) => {
    const on = await cluster();
    const at = await onWorker(on, t, (namespace) => ({
      kubernetes: { ...settingsOn(on, namespace, SERVICE), rule: 'web' },
      rollout: {
        canary: { steps: [{ weight: 50 }], watch: '0s' },
        ...{ deadlines: { ready: '30s' }, insurance: '1h' },
      },
    }));
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${at.namespace}/httproutes/${SERVICE}`;
    const route = await on.api.get<Route>(path);
    const other = {
      name: 'other',
      matches: [{ path: { type: 'PathPrefix', value: `${pathOf(at.namespace, SERVICE)}-other` } }],
      filters: [
        {
          type: 'RequestHeaderModifier',
          requestHeaderModifier: { set: [{ name: 'x-theirs', value: '1' }] },
        },
      ],
      backendRefs: [{ name: 'closed', port: 80 }],
    };
    const rules = [other, { ...route.spec.rules[0], name: 'web' }];
    await on.api.call('PUT', path, { ...route, spec: { ...route.spec, rules } });
    const theirs = (await on.api.get<Route>(path)).spec.rules[0];
    const same = 's'.repeat(63);
    const odd = ['V2', 'v2', 'v2.', `${same}1`, `${same}2`, 'l'.repeat(128)];
    await succeeds(at.deployed('v1'));
    const users = at.users();
    for (const version of odd) {
      await succeeds(at.deployed(version));
      const { version: answered } = JSON.parse((await ask(`${at.url}/`)).body) as {
        version: string;
      };
      assert.equal(answered, version);
      assert.deepEqual((await on.api.get<Route>(path)).spec.rules[0], theirs);
    }
    const failed = await at.deployed('missing-v3');
    assert.equal(failed.outcome, 'rolledBack', failed.message);
    assert.deepEqual((await on.api.get<Route>(path)).spec.rules[0], theirs);
    await allAnswered(users);
  });
});
