// An operation that has to make way gives its leases back before it waits for a channel.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Report } from '../../src/domain/record/report.ts';
import { endOf } from '../support/operations.ts';
import { openShop, send, signal, type Shop, type ShopFile } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

const file: ShopFile = { notify: { hang: { type: 'console', events: ['ended'] } } };

/** A stop came through, and the operation before it closed its record with what it had left. */
async function assertMadeWay(
  handle: WorkflowHandle,
  expected: { outcome: string; serving: string },
): Promise<void> {
  const { outcome, summary } = await endOf(handle);
  assert.deepEqual({ outcome, serving: summary?.serving }, expected);
  const events = (await handle.fetchHistory()).events ?? [];
  const activities = events.map(
    (one) => one.activityTaskScheduledEventAttributes?.activityType?.name,
  );
  const gaveBack = activities.indexOf('releaseLeases');
  const gaveUp = events.findIndex((one) => {
    const asked = one.activityTaskCancelRequestedEventAttributes?.scheduledEventId;
    return asked != null && activities[Number(asked) - 1] === 'sendNotice';
  });
  assert.ok(gaveBack > 0, 'it gave nothing back');
  assert.ok(gaveBack < gaveUp, `gave back at ${gaveBack}, gave up at ${gaveUp}`);
  assert.equal(activities.lastIndexOf('releaseLeases'), gaveBack);
  const [told] = (await handle.query<Report>('report')).notices ?? [];
  assert.equal(told?.delivered, false);
}

async function stop(system: string): Promise<void> {
  assert.equal((await endOf(await shop.start('stopTraffic', { system }))).outcome, 'succeeded');
}

async function untilTried(part: string): Promise<void> {
  while (!shop.ports.notify.tries.some((key) => key.includes(part))) await sleep(20);
}

test('one that has ended and waits for a channel', async () => {
  const system = shop.live(file);
  const request = { system, service: 'api', replicas: 3 };
  const handle = await shop.start('scaleService', request);
  const { runId } = await handle.describe();
  await untilTried(`${runId}/ended/hang`);
  await stop(system);
  await assertMadeWay(handle, { outcome: 'succeeded', serving: 'old' });
});

test('one that is preempted', async () => {
  const { system, handle } = await shop.waiting(file);
  await stop(system);
  await assertMadeWay(handle, { outcome: 'preempted', serving: 'mixed' });
});

test('one that is told so during its last undo', async () => {
  const { system, handle } = await shop.waiting(file);
  const undoing = signal();
  const held = signal();
  shop.ports.world.onCall = async (verb) => {
    if (verb !== 'remove') return;
    undoing.give();
    await held.given;
  };
  await send(handle, 'abort', { actor: 'ana' });
  await undoing.given;
  const stopping = stop(system);
  await untilPreempted(handle);
  held.give();
  shop.ports.world.onCall = () => undefined;
  await stopping;
  await assertMadeWay(handle, { outcome: 'aborted', serving: 'old' });
});

async function untilPreempted(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    const names = (events ?? []).map((one) => one.workflowExecutionSignaledEventAttributes);
    if (names.some((one) => one?.signalName === 'preempt')) return;
    await sleep(20);
  }
}
