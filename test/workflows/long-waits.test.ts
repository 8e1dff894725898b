// Waits that are longer than `resumeWithin`: people and pauses are no outage; and helpers that fail meanwhile.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { openShop, send, untilBaking, type Shop } from '../support/shop.ts';

/** Longer than a step takes on a busy machine: a test waits a little longer than this. */
const RESUME_MS = 8000;
const impatient = { resumeWithin: `${RESUME_MS}ms` };

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

/** Until so much time has passed since it was first seen like this. */
async function longIn(
  state: 'waiting' | 'paused' | 'parked',
  handle: WorkflowHandle,
): Promise<void> {
  await untilStatus(handle, (status) => status.state === state);
  await sleep(RESUME_MS + 500);
}

describe('longer than resumeWithin', { concurrency: 4 }, () => {
  test('at a gate, an abort takes everything back', async () => {
    const { system, handle } = await shop.waiting({ rollout: impatient });
    await longIn('waiting', handle);
    await send(handle, 'abort', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'aborted', end.message);
    assert.deepEqual(end.summary?.leftovers, []);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    assert.deepEqual(shop.versionsOf(system), ['v1']);
  });

  test("at a gate, Temporal's own cancel takes everything back too", async () => {
    const { system, handle } = await shop.waiting({ rollout: impatient });
    await longIn('waiting', handle);
    await handle.cancel();
    await assert.rejects(handle.result());
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    assert.deepEqual(shop.versionsOf(system), ['v1']);
  });

  test('at a gate, an approval goes on', async () => {
    const { system, handle } = await shop.waiting({ rollout: impatient });
    await longIn('waiting', handle);
    await send(handle, 'approve', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal(shop.weightsOf(system), 'v2 100 %');
  });

  test('paused in a bake, it goes on where it was', async () => {
    const canary = { steps: [{ weight: 5, bake: '2s' }], watch: '0s' };
    const system = shop.live({ rollout: { ...impatient, canary } });
    const handle = await shop.deploy(system, 'v2');
    await untilBaking(handle, 5);
    await send(handle, 'pause', { actor: 'ana' });
    await longIn('paused', handle);
    await send(handle, 'resume', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.deepEqual(end.summary?.findings, []);
  });

  test('parked, an abort takes everything back', async () => {
    shop.ports.world.answer('silent', { requests: 0 });
    const system = shop.live({ rollout: impatient });
    const handle = await shop.deploy(system, 'silent');
    await longIn('parked', handle);
    await send(handle, 'abort', { actor: 'ana' });
    const end = await endOf(handle);
    assert.deepEqual(end.summary?.leftovers, []);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });
});

test('adopt stays parked when the world cannot be read, says so, and can be sent again', async (t) => {
  // The watch of what is deployed reads the world too, and would meet the failure in the place of the answer.
  const shop = await openShop({}, { unwatched: true });
  t.after(() => shop.worker.stop());
  const { system, handle } = await shop.waiting();
  const ref = { system, service: 'api' };
  const all = shop.ports.world
    .weights(ref)
    .map((one) => ({ ...one, percent: one.version === 'v1' ? 100 : 0 }));
  shop.ports.world.setByHand(ref, all);
  await send(handle, 'approve', { actor: 'ana' });
  await untilStatus(handle, (status) => status.state === 'parked');
  shop.ports.world.failNext('read', 'before', new Failure('Unsupported', 'no reading today'));
  await send(handle, 'adopt', { actor: 'ana' });
  const unread = ({ findings }: Report): boolean =>
    findings.some((one) => one.includes('adopt could not read the world: no reading today'));
  while (!unread(await handle.query<Report>('report'))) await sleep(20);
  assert.equal((await untilStatus(handle, () => true)).state, 'parked');
  assert.equal(shop.weightsOf(system), 'v1 100 %');
  await send(handle, 'adopt', { actor: 'ana' });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
});
