// Services whose stable side is a Helm release, under load: a new version is tried beside it and settled by helm.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { endOf } from '../support/operations.ts';
import { onRelease, type WithRelease } from '../support/kubernetes/release.ts';
import { onCluster } from '../support/kubernetes/shared.ts';
import { allAnswered, SERVICE } from '../support/kubernetes/worker.ts';

const UPGRADE = ['upgrade', 'shop', 'test/kubernetes/chart'];

onCluster((cluster) => {
  const weightsOf = async ({ platform, target }: WithRelease): Promise<string> =>
    describeWeights((await platform.traffic.read(target, waiting())).weights);
  /** Names of Fairlead's own Deployments. */
  const ownOf = async ({ on, namespace }: WithRelease): Promise<string[]> => {
    const selector = encodeURIComponent('app.kubernetes.io/managed-by=fairlead');
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments?labelSelector=${selector}`;
    return (await on.api.list(path)).map(({ metadata: { name } }) => name);
  };
  const numbersOf = async (at: WithRelease): Promise<string[]> =>
    (await at.history()).map(({ revision, status }) => `${revision} ${status}`);

  test('a release is adopted, brought to a new version by helm, and back by its revision', async (t) => {
    const at = await onRelease(await cluster(), t);
    const users = at.users();
    const deployed = await at.deployed('v2');
    assert.equal(deployed.outcome, 'succeeded', deployed.message);
    assert.equal(await at.image(), 'test/service:v2');
    assert.equal(await weightsOf(at), 'v2 100 %');
    assert.deepEqual(await numbersOf(at), ['1 superseded', '2 deployed']);
    await eventually('what v1 was kept on to be retired', async () => {
      return (await ownOf(at)).length === 0;
    });
    const back = await at.worker.start('rollback', { system: at.system, service: SERVICE });
    const { outcome, message } = await endOf(back);
    assert.equal(outcome, 'succeeded', message);
    assert.equal(await at.image(), 'test/service:v1');
    assert.equal(await weightsOf(at), 'v1 100 %');
    const [last] = (await at.history()).slice(-1);
    assert.equal(last?.description, 'Rollback to 1');
    await allAnswered(users);
  });

  test('a version that is never ready leaves a release as it was', async (t) => {
    const deadlines = { ready: '8s' };
    const at = await onRelease(await cluster(), t, {
      rollout: { canary: { steps: [{ weight: 5 }], watch: '0s' }, deadlines, insurance: '0s' },
    });
    const end = await at.deployed('v2-never');
    assert.equal(end.outcome, 'rolledBack', end.message);
    assert.deepEqual(await numbersOf(at), ['1 deployed']);
    assert.deepEqual(await ownOf(at), []);
    assert.equal(await weightsOf(at), 'v1 100 %');
  });

  test('a hook that fails takes the deploy back, and Helm to the revision that had all users', async (t) => {
    const at = await onRelease(await cluster(), t);
    await at.helm(...UPGRADE, '--set', 'migrate=migrate-crash', '--no-hooks');
    const users = at.users();
    const end = await at.deployed('v2');
    assert.equal(end.outcome, 'rolledBack', end.message);
    assert.match(end.message, /Helm revision 3 failed|helm upgrade shop: .*failed/);
    assert.equal(await at.image(), 'test/service:v1');
    assert.equal(await weightsOf(at), 'v1 100 %');
    assert.deepEqual(await ownOf(at), []);
    await allAnswered(users);
  });

  test('an upgrade of somebody else that is pending refuses a deploy, and is left alone', async (t) => {
    const at = await onRelease(await cluster(), t);
    const theirs = at.helm(...UPGRADE, '--set', 'migrate=migrate-long', '--timeout', '30s');
    theirs.catch(() => undefined);
    await eventually('their upgrade to be pending', async () => {
      return (await numbersOf(at)).at(-1) === '2 pending-upgrade';
    });
    const { outcome, message } = await at.deployed('v2');
    assert.notEqual(outcome, 'succeeded');
    assert.match(message, /Helm revision 2 of shop is pending-upgrade since .* is not Fairlead's/);
    assert.equal((await numbersOf(at)).at(-1), '2 pending-upgrade');
    assert.equal(await weightsOf(at), 'v1 100 %');
  });
});
