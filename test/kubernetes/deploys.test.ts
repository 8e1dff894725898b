// What befalls operations on a cluster, by a worker that is a process of its own, while users ask: what they see, and what is
// left. What goes well, and much that does not, is in rollout.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { untilStatus } from '../support/operations.ts';
import { openRollouts, Shop, type Rollouts } from '../support/kubernetes/rollouts.ts';
import { onCluster } from '../support/kubernetes/shared.ts';

/** Each revision is a Deployment, a Service and a route. */
const ONE = 3;

onCluster((cluster) => {
  describe('deploys on a cluster', { concurrency: 1 }, () => {
    let on: Rollouts;
    before(async () => {
      on = await openRollouts(await cluster());
    });
    after(() => on.stop());

    const users = (seen: Record<string, number>): string[] => Object.keys(seen).sort();

    test('a version with errors is found by Prometheus and taken back', async (t) => {
      if (on.prometheus === undefined) {
        t.skip('missing part: prometheus');
        return;
      }
      const canary = { steps: [{ weight: 20, bake: '10s' }], watch: '0s', analysis: 'errors' };
      const shop = await Shop.open(on, t, { canary });
      const { outcome, message } = await shop.deploy('v2-errors');
      assert.equal(outcome, 'rolledBack', message);
      assert.match(message, /error-ratio/);
      assert.deepEqual(await shop.left(), { v1: ONE });
      assert.deepEqual(users(await shop.seen()), ['200', '500']);
    });

    test('an abort in the middle of a bake leaves nothing', async (t) => {
      const canary = { steps: [{ weight: 10, bake: '1h' }], watch: '0s' };
      const shop = await Shop.open(on, t, { canary });
      const handle = await shop.begin('canaryDeploy', { version: 'v2' });
      await untilStatus(handle, ({ weights }) => weights.some(({ percent }) => percent === 10));
      await handle.executeUpdate('abort', { args: [{ actor: 'ana' }] });
      await assert.rejects(handle.result());
      assert.deepEqual(await shop.left(), { v1: ONE });
      assert.deepEqual(users(await shop.seen()), ['200']);
    });

    test('a worker that is killed in a bake is replaced, and no user notices', async (t) => {
      const canary = { steps: [{ weight: 10, bake: '8s' }], watch: '2s' };
      const shop = await Shop.open(on, t, { canary });
      const handle = await shop.begin('canaryDeploy', { version: 'v2' });
      await untilStatus(handle, ({ weights }) => weights.some(({ percent }) => percent === 10));
      await on.worker.kill();
      on.worker.begin();
      await handle.result();
      assert.deepEqual(users(await shop.seen()), ['200']);
    });
  });
});
