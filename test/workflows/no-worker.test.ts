// A bake is paused while no worker is there that could begin it: the pause is no cancellation of the operation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf, startTestWorker, untilStatus } from '../support/operations.ts';
import { openShop, send, signal, untilBaking } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

test('a bake that is paused before a worker began it goes on after the pause', async () => {
  const shop = await openShop({}, { enableNonLocalActivities: false });
  const { address } = await testServer();
  const { taskQueue } = shop.worker;
  const hands = await startTestWorker(address, shop.ports, { taskQueue });
  const reached = signal();
  const released = signal();
  shop.ports.world.onCall = async (verb) => {
    if (verb !== 'probe') return;
    reached.give();
    await released.given;
  };
  const rollout = { canary: { steps: [{ weight: 5, bake: '200ms' }], watch: '0s' } };
  const system = shop.live({ rollout });
  const handle = await shop.deploy(system, 'v2');
  await reached.given;
  const stopped = hands.stop();
  released.give();
  await stopped;
  await untilBaking(handle, 5);
  await send(handle, 'pause', { actor: 'ana' });
  await untilStatus(handle, (status) => status.state === 'paused');
  const others = await startTestWorker(address, shop.ports, { taskQueue });
  await send(handle, 'resume', { actor: 'ana' });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.equal(shop.weightsOf(system), 'v2 100 %');
  await others.stop();
  await shop.worker.stop();
});
