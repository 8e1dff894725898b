// Runbooks on a real cluster, under load: what goes well keeps every request, and what goes badly leaves nothing behind.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { endOf, type Ended } from '../support/operations.ts';
import type { Cluster } from '../support/kubernetes/cluster.ts';
import { targetOn } from '../support/kubernetes/fairlead.ts';
import { onCluster } from '../support/kubernetes/shared.ts';
import { onWorker, SERVICE } from '../support/kubernetes/worker.ts';

/** Of Fairlead's objects, those that are there: `Deployment web-v1-...`. */
async function objectsOf({ api }: Cluster, namespace: string): Promise<string[]> {
  const kinds = {
    deployments: '/apis/apps/v1',
    services: '/api/v1',
    httproutes: '/apis/gateway.networking.k8s.io/v1',
    pods: '/api/v1',
  };
  const selector = encodeURIComponent('app.kubernetes.io/managed-by=fairlead');
  const lists = await Promise.all(
    Object.entries(kinds).map(async ([kind, group]) => {
      const path = `${group}/namespaces/${namespace}/${kind}?labelSelector=${selector}`;
      return (await api.list(path)).map(({ metadata: { name } }) => `${kind} ${name}`);
    }),
  );
  return lists.flat().sort();
}

const revisionsIn = (objects: string[]): number =>
  objects.filter((one) => one.startsWith('deployments ')).length;

onCluster((cluster) => {
  const place = async (t: TestContext, changes?: Parameters<typeof onWorker>[2]) => {
    const on = await cluster();
    const place = await onWorker(on, t, changes);
    const ref = { system: place.system, service: SERVICE };
    return { ...place, on, target: targetOn(on, place.namespace, ref) };
  };
  const succeeds = async (ended: Promise<Ended>): Promise<void> => {
    const { outcome, message } = await ended;
    assert.equal(outcome, 'succeeded', message);
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
    const { 200: answered = 0, ...failed } = await users.stop();
    assert.deepEqual(failed, {});
    assert.ok(answered > 0);
  });

  test('a version that never becomes ready, crashes or has no image is taken back, and says why', async (t) => {
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
      'v2-never': /pod api-v2-never-\S+, container service runs and does not answer its readiness/,
      'v2-crash': /pod api-v2-crash-\S+, container service: CrashLoopBackOff .*ended with code 3/,
      'missing-v2':
        /pod api-missing-v2-\S+, container service: ImagePullBackOff .*test\/service:missing-v2/,
    };
    for (const [version, said] of Object.entries(why)) {
      const end = await at.deployed(version);
      assert.equal(end.outcome, 'rolledBack', end.message);
      assert.match(end.message, said);
      assert.deepEqual(await objectsOf(at.on, at.namespace), before);
    }
    assert.equal(await weightsOf(at), 'v1 100 %');
    const { 200: answered = 0, ...failed } = await users.stop();
    assert.deepEqual(failed, {});
    assert.ok(answered > 0);
  });
});
