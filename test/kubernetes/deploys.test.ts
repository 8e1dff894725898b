// What befalls operations on a cluster, by a worker that is a process of its own, while users ask: what they see, and what is
// left. What goes well, and much that does not, is in rollout.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isGrpcServiceError, ServiceError, type WorkflowHandle } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { eventually } from '../support/local-daemon.ts';
import { untilStatus } from '../support/operations.ts';
import { openRollouts, Shop, type Rollouts } from '../support/kubernetes/rollouts.ts';
import { onCluster } from '../support/kubernetes/shared.ts';

/** Each revision is a Deployment, a Service and a route. */
const ONE = 3;

/** Until a step has begun; a query that a killed worker was to answer is asked again. */
async function untilStep(handle: WorkflowHandle, step: string): Promise<void> {
  for (;;) {
    try {
      await untilStatus(handle, ({ steps }) => steps.some(({ id }) => id === step));
      return;
    } catch (error) {
      if (!(error instanceof ServiceError && isGrpcServiceError(error.cause))) throw error;
    }
  }
}

onCluster((cluster) => {
  describe('deploys on a cluster', { concurrency: 1 }, () => {
    let on: Rollouts;
    before(async () => {
      on = await openRollouts(await cluster());
    });
    after(async () => {
      await on.stop();
      // No worker runs in this process, the last of which would end it.
      await Runtime.instance().shutdown();
    });

    const isMeasured = (t: TestContext): boolean => {
      if (on.prometheus === undefined) t.skip('missing part: prometheus');
      return on.prometheus !== undefined;
    };
    const users = (seen: Record<string, number>): string[] => Object.keys(seen).sort();

    test('a version with errors is found by Prometheus and taken back', async (t) => {
      if (!isMeasured(t)) return;
      const canary = { steps: [{ weight: 20, bake: '10s' }], watch: '0s', analysis: 'errors' };
      const shop = await Shop.open(on, t, { canary });
      const { outcome, message } = await shop.deploy('v2-errors');
      assert.equal(outcome, 'rolledBack', message);
      assert.match(message, /error-ratio/);
      assert.deepEqual(await shop.left(), { v1: ONE });
      assert.deepEqual(users(await shop.seen()), ['200', '500']);
    });

    test('a version that is slow is found by Prometheus and taken back', async (t) => {
      if (!isMeasured(t)) return;
      const canary = { steps: [{ weight: 20, bake: '10s' }], watch: '0s', analysis: 'latency' };
      const shop = await Shop.open(on, t, { canary });
      const { outcome, message } = await shop.deploy('v2-slow');
      assert.equal(outcome, 'rolledBack', message);
      assert.match(message, /p95/);
      assert.deepEqual(await shop.left(), { v1: ONE });
      assert.deepEqual(users(await shop.seen()), ['200']);
    });

    test('a good version takes over from one that answers with errors', async (t) => {
      if (!isMeasured(t)) return;
      const canary = { steps: [{ weight: 20, bake: '10s' }], watch: '0s', analysis: 'errors' };
      const first = 'v1-errors';
      const shop = await Shop.open(on, t, { canary, insurance: '0s' }, first);
      const { outcome, message } = await shop.deploy('v2');
      assert.equal(outcome, 'succeeded', message);
      assert.deepEqual(users(await shop.seen()), ['200', '500']);
      await eventually(`${first} to be retired`, async () =>
        isDeepStrictEqual(await shop.left(), { v2: ONE }),
      );
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

    test('a worker that is killed once in each step is replaced each time, and no user notices', async (t) => {
      const steps = [
        { weight: 10, bake: '2s' },
        { weight: 50, bake: '2s' },
      ];
      const shop = await Shop.open(on, t, { canary: { steps, watch: '2s' }, insurance: '1h' });
      const handle = await shop.begin('canaryDeploy', { version: 'v2' });
      for (const step of ['ensure', 'ready', 'weight-10', 'weight-50', 'weight-100', 'watch']) {
        await untilStep(handle, step);
        await on.worker.kill();
        on.worker.begin();
      }
      await handle.result();
      assert.deepEqual(await shop.left(), { v1: ONE, v2: ONE });
      assert.deepEqual(users(await shop.seen()), ['200']);
    });

    test('a worker that froze at a changing step changes nothing when it wakes up', async (t) => {
      const steps = [{ weight: 50, bake: '1s' }];
      const shop = await Shop.open(on, t, { canary: { steps, watch: '1s' }, insurance: '1h' });
      for (const [version, step] of [
        ['v2', 'ensure'],
        ['v3', 'weight-50'],
        ['v4', 'weight-100'],
      ] as const) {
        const handle = await shop.begin('canaryDeploy', { version });
        await untilStep(handle, step);
        const frozen = on.worker.freeze();
        on.worker.begin();
        await handle.result();
        const [left, route] = [await shop.left(), await shop.route()];
        frozen.thaw();
        await sleep(5000);
        assert.deepEqual([await shop.left(), await shop.route()], [left, route], step);
        await frozen.end();
      }
      assert.deepEqual(users(await shop.seen()), ['200']);
    });
  });
});
