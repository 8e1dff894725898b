// Runbooks on a real cluster, under load: what goes well keeps every request, and what goes badly leaves nothing behind.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { ask } from '../support/http-load.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { send, untilBaking } from '../support/shop.ts';
import { targetOn } from '../support/kubernetes/fairlead.ts';
import { objectsOf } from '../support/kubernetes/objects.ts';
import { onCluster } from '../support/kubernetes/shared.ts';
import { allAnswered, onWorker, SERVICE, succeeds } from '../support/kubernetes/worker.ts';

/** Longer than a request to the API server is tried again for. */
const AWAY_MS = 30_000;

const revisionsIn = (objects: string[]): number =>
  objects.filter((one) => one.startsWith('deployments ')).length;

onCluster((cluster) => {
  const place = async (t: TestContext, changes?: Parameters<typeof onWorker>[2]) => {
    const on = await cluster();
    const place = await onWorker(on, t, changes);
    const ref = { system: place.system, service: SERVICE };
    return { ...place, on, target: targetOn(on, place.namespace, ref) };
  };
  const weightsOf = async ({ platform, target }: Awaited<ReturnType<typeof place>>) =>
    describeWeights((await platform.traffic.read(target, waiting())).weights);

  test('a canary, a roll-back and a blue-green deploy lose no request', async (t) => {
    const at = await place(t);
    await succeeds(at.deployed('v1'));
    const users = at.users();
    await succeeds(at.deployed('v2'));
    assert.equal(await weightsOf(at), 'v2 100 %');
    const rollback = await at.worker.start('rollback', { system: at.system, service: SERVICE });
    await succeeds(endOf(rollback));
    assert.equal(await weightsOf(at), 'v1 100 %');
    await succeeds(at.deployed('v3', 'blueGreenDeploy'));
    assert.equal(await weightsOf(at), 'v3 100 %');
    await eventually('old revisions to be retired', async () => {
      return revisionsIn(await objectsOf(at.on, at.namespace)) === 1;
    });
    await allAnswered(users);
  });

  test('a version that never becomes ready, crashes, has no image or no room is taken back, and says why', async (t) => {
    const at = await place(t, {
      rollout: {
        canary: { steps: [{ weight: 5 }], watch: '0s' },
        deadlines: { ready: '8s' },
        insurance: '0s',
      },
    });
    await succeeds(at.deployed('v1'));
    const before = await objectsOf(at.on, at.namespace);
    const users = at.users();
    const why: Record<string, RegExp> = {
      'v2-never':
        /pod api-v2-never-\S+, container service runs and does not answer its readiness probe; it said: v2-never starts on .*; events: .*Unhealthy: Readiness probe failed/,
      'v2-crash':
        /pod api-v2-crash-\S+, container service: CrashLoopBackOff .*ended with code 3.*it said: .*cannot read the configuration/,
      'missing-v2':
        /pod api-missing-v2-\S+, container service: ImagePullBackOff .*test\/service:missing-v2.*; events: .*Failed: Failed to pull image/,
    };
    for (const [version, said] of Object.entries(why)) {
      const end = await at.deployed(version);
      assert.equal(end.outcome, 'rolledBack', end.message);
      assert.match(end.message, said);
      assert.deepEqual(await objectsOf(at.on, at.namespace), before);
    }
    await at.on.api.call('POST', `/api/v1/namespaces/${at.namespace}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'full' },
      spec: { hard: { pods: '3' } },
    });
    const end = await at.deployed('v4');
    assert.equal(end.outcome, 'rolledBack', end.message);
    assert.match(end.message, /no pod can be made: .*exceeded quota: full/);
    assert.deepEqual(await objectsOf(at.on, at.namespace), before);
    assert.equal(await weightsOf(at), 'v1 100 %');
    await allAnswered(users);
  });

  test('a stop is a 503 with Retry-After, and scale, restart and admit bring users back as they were', async (t) => {
    const at = await place(t);
    await succeeds(at.deployed('v1'));
    const input = { system: at.system, service: SERVICE };
    const done = async (type: string, more: object = {}) =>
      succeeds(endOf(await at.worker.start(type, { ...input, ...more })));
    const users = at.users();
    await done('scaleService', { replicas: 3 });
    await done('restartService');
    await allAnswered(users);
    await done('stopTraffic', { service: undefined });
    const { status, headers } = await ask(`${at.url}/`);
    assert.deepEqual([status, headers['retry-after']], [503, '30']);
    const partly = await at.worker.start('admitTraffic', { system: at.system, percent: 50 });
    const refused = await endOf(partly);
    assert.match(refused.message, /its platform kubernetes lets all clients in or none, and 50 %/);
    await done('admitTraffic', { service: undefined });
    assert.equal((await ask(`${at.url}/`)).status, 200);
    const [state] = await at.platform.workload.revisions(at.target, waiting());
    assert.deepEqual([state?.ready, state?.condition], [3, 'ready']);
  });

  test('weights that somebody else set park the deploy, which names who it was', async (t) => {
    const steps = [{ weight: 5, bake: '1h' }, { weight: 50 }];
    const at = await place(t, {
      rollout: { canary: { steps, watch: '0s' }, insurance: '0s', earlyPromotion: true },
    });
    await succeeds(at.deployed('v1'));
    const handle = await at.deploy('v2');
    await untilBaking(handle, 5);
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${at.namespace}/httproutes/${SERVICE}`;
    const route = await at.on.api.get<{ spec: { rules: { backendRefs: object[] }[] } }>(path);
    const [rule] = route.spec.rules;
    assert.ok(rule);
    const backendRefs = rule.backendRefs.map((one, at) => ({ ...one, weight: 10 + 20 * at }));
    const edited = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' };
    const spec = { ...route.spec, rules: [{ ...rule, backendRefs }] };
    await at.on.api.apply(path, { ...edited, metadata: { name: SERVICE }, spec }, 'kubectl-edit');
    await send(handle, 'promote', { actor: 'ana' });
    const { note = '' } = await untilStatus(handle, ({ answers }) => answers !== undefined);
    assert.match(note, /were set by kubectl-edit/);
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal(await weightsOf(at), 'v2 75 %, v1 25 %', 'what people did stays');
  });

  test('an API server that is away for half a minute holds a deploy up, and no user', async (t) => {
    const steps = [{ weight: 5, bake: '5s' }, { weight: 50 }];
    const at = await place(t, { rollout: { canary: { steps, watch: '1s' }, insurance: '0s' } });
    await succeeds(at.deployed('v1'));
    const users = at.users();
    const handle = await at.deploy('v2');
    await untilBaking(handle, 5);
    const api = at.on.controlPlane.parts['kube-apiserver'];
    await api.stop();
    await sleep(AWAY_MS);
    api.start();
    await succeeds(endOf(handle));
    assert.equal(await weightsOf(at), 'v2 100 %');
    await allAnswered(users);
  });
});
