// What happens to an operation, and to what people send it, while no worker is there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, reportOf, startTestWorker, untilStatus } from '../support/operations.ts';
import { openShop, refusal, send, signal, untilBaking } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

test('a bake that is paused before a worker began it goes on after the pause', async () => {
  const shop = await openShop({}, { enableNonLocalActivities: false, unwatched: true });
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

describe('an answer to a gate that was sent while no worker ran', { concurrency: 3 }, () => {
  /** A gate that is open, on a task queue that no worker serves any more. */
  async function unattended(quorum = 1) {
    // What is sent next must come before the deadline, and a loaded machine takes its time to stop a worker.
    for (const seconds of [10, 60, 300]) {
      const found = await unattendedFor(seconds, quorum);
      if (found !== undefined) return found;
    }
    throw new Error('stopping a worker took longer than a gate of 300 s is open');
  }

  /** The same, of a gate that is open for so many seconds; nothing when stopping the worker took longer. */
  async function unattendedFor(seconds: number, quorum: number) {
    // Without a cache the server waits for no sticky worker that is gone.
    const shop = await openShop({}, { maxCachedWorkflows: 0 });
    const approval = { deadline: `${seconds}s`, quorum };
    const { handle, system } = await shop.waiting({ approval });
    const [gate] = (await handle.query<OperationStatus>('status')).gates;
    assert.ok(gate);
    await shop.worker.stop();
    if (Date.now() > Date.parse(gate.expiresAt) - (seconds * 1000) / 2) return undefined;
    const { address } = await testServer();
    const { taskQueue } = shop.worker;
    const server = await Connection.connect({ address });
    const open = new Client({ connection: server }).workflow.getHandle(handle.workflowId);
    return {
      open,
      pastDeadline: () => sleep(Date.parse(gate.expiresAt) - Date.now() + 300),
      end: async () => {
        const others = await startTestWorker(address, shop.ports, { taskQueue });
        const again = others.client.workflow.getHandle(handle.workflowId);
        const end = await endOf(again);
        const { messages, decisions } = await reportOf(again);
        await others.stop();
        await server.close();
        const accepted = messages.map(({ actor, accepted: isFine }) => [actor, isFine]);
        return { ...end, messages, accepted, decisions, weights: shop.weightsOf(system) };
      },
    };
  }

  test('as a signal before the deadline counts, although a worker is there only after it', async () => {
    const { open, pastDeadline, end } = await unattended();
    await open.signal('approve', { actor: 'ana', reason: 'in time' });
    await pastDeadline();
    const { outcome, message, weights, decisions } = await end();
    assert.equal(outcome, 'succeeded', message);
    assert.equal(weights, 'v2 100 %');
    assert.equal(decisions[0]?.reason, 'in time');
  });

  test('as a signal after the deadline does not count, and is recorded as too late', async () => {
    const { open, pastDeadline, end } = await unattended(2);
    await open.signal('approve', { actor: 'ana' });
    await pastDeadline();
    await open.signal('approve', { actor: 'ben' });
    const { outcome, accepted, messages, weights } = await end();
    assert.equal(outcome, 'expired');
    assert.equal(weights, 'v1 100 %');
    assert.deepEqual(accepted, [
      ['ana', true],
      ['ben', false],
    ]);
    assert.match(messages[1]?.note ?? '', /^it came after the deadline of weight-5 \(/);
  });

  test('as an update is late when a worker takes it only after the deadline', async () => {
    const { open, pastDeadline, end } = await unattended();
    const answer = refusal(open, 'approve', { actor: 'ana' });
    await pastDeadline();
    const { outcome } = await end();
    assert.equal(outcome, 'expired');
    assert.match(await answer, /after the deadline of weight-5|was expired already/);
  });
});
