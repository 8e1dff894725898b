// An operation that one person hands over to another, on a real server: at a gate and at a parked step.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { openShop, refusal, send, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

/** Somebody else sent all users back while it waited for its gate. */
async function parked(): Promise<WorkflowHandle> {
  const { system, handle } = await shop.waiting();
  const ref = { system, service: 'api' };
  const found = shop.ports.world.weights(ref);
  shop.ports.world.setByHand(
    ref,
    found.map((one) => ({ ...one, percent: one.version === 'v1' ? 100 : 0 })),
  );
  await send(handle, 'approve', { actor: 'ana' });
  await untilStatus(handle, ({ state }) => state === 'parked');
  return handle;
}

async function handedOver(handle: WorkflowHandle): Promise<void> {
  assert.match(await refusal(handle, 'take', { actor: 'bob' }), /nobody handed it over/);
  assert.match(await refusal(handle, 'handOver', { actor: 'ana' }), /say who takes it/);
  await send(handle, 'handOver', { actor: 'ana', to: 'bob', reason: 'end of shift' });
  const { handOver } = await handle.query<OperationStatus>('status');
  assert.deepEqual([handOver?.from, handOver?.to, handOver?.takenAt], ['ana', 'bob', undefined]);
  await handle.signal('take', { actor: 'bob' });
  await untilStatus(handle, (status) => status.handOver?.takenAt !== undefined);
  await send(handle, 'abort', { actor: 'bob' });
  assert.equal((await endOf(handle)).outcome, 'aborted');
  const { messages } = await reportOf(handle);
  const notes = messages
    .filter(({ name, accepted }) => accepted && ['handOver', 'take'].includes(name))
    .map(({ actor, note }) => [actor, note]);
  assert.deepEqual(notes, [
    ['ana', 'ana hands it over to bob, who has to take it; until then ana has it'],
    ['bob', 'bob took it from ana'],
  ]);
}

describe('an operation is handed over, and taken by the other one', { concurrency: 2 }, () => {
  test('at a gate', async () => {
    await handedOver((await shop.waiting()).handle);
  });
  test('at a parked step', async () => {
    await handedOver(await parked());
  });
});
