// More replicas for a time: what leads back is there before anything is raised, a later one takes the place of an earlier one,
// and what could not go back asks again and says so in the end.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { endOf, reportOf } from '../support/operations.ts';
import { openShop, signal, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

const HOUR = 3_600_000;
const CONSOLE = { type: 'console' } as const;

const scale = async (system: string, replicas: number, more: object = {}) =>
  endOf(await shop.start('scaleService', { system, service: 'api', replicas, ...more }));

const waitingIn = (system: string): WorkflowHandle =>
  shop.worker.client.workflow.getHandle(`scale-back/${system}/api`);

const desiredOf = (system: string): number[] =>
  [...shop.ports.world.service({ system, service: 'api' }).revisions.values()].map(
    ({ desired }) => desired,
  );

/** The request of what waits, as the step made it, without the wait; the one that waits ends. */
async function askedNow(system: string): Promise<object> {
  const found = await waitingIn(system).describe();
  const request = found.memo?.['request'];
  assert.ok(typeof request === 'object' && request !== null);
  await waitingIn(system).terminate('the test does not wait for an hour');
  return { ...request, delay: 0 };
}

/** Nobody knows any more which revision users were on; answers what puts their shares back. */
function withoutUsers(system: string): () => void {
  const { traffic } = shop.ports.world.service({ system, service: 'api' });
  const { weights } = traffic;
  traffic.weights = [];
  return () => {
    traffic.weights = weights;
  };
}

/** As a step starts it, but that it asks again at once. */
function startAgain(request: object, times: number): Promise<WorkflowHandle> {
  return shop.worker.client.workflow.start('scaleBack', {
    workflowId: `scale-back-${randomUUID()}`,
    taskQueue: shop.worker.taskQueue,
    workflowTaskTimeout: '5s',
    args: [request],
    retry: { initialInterval: '1s', backoffCoefficient: 1, maximumAttempts: times },
  });
}

/** The run of now, whatever comes after it. */
async function runOf(handle: WorkflowHandle): Promise<WorkflowHandle> {
  const { workflowId, runId } = await handle.describe();
  return shop.worker.client.workflow.getHandle(workflowId, runId, { followRuns: false });
}

test('a second scale for a time goes back to what there was before the first, whose end is in its record', async () => {
  const system = shop.live();
  assert.equal((await scale(system, 3, { lasts: HOUR })).outcome, 'succeeded');
  const first = await waitingIn(system).describe();
  assert.equal((await scale(system, 5, { lasts: 2 * HOUR })).outcome, 'succeeded');
  const second = await waitingIn(system).describe();
  assert.notEqual(second.runId, first.runId);
  const old = shop.worker.client.workflow.getHandle(first.workflowId, first.runId);
  const { status } = await old.describe();
  assert.equal(status.name, 'FAILED', 'it ended by itself, and was not terminated');
  const { outcome, message } = await reportOf(old);
  assert.equal(outcome, 'aborted');
  assert.match(message ?? '', new RegExp(`aborted by scale/${system}/api`));
  const end = await endOf(await shop.start('scaleBack', await askedNow(system)));
  assert.equal(end.outcome, 'succeeded');
  assert.deepEqual(desiredOf(system), [2]);
});

test('a scale that is cut off while it raises has what leads back waiting already', async () => {
  const system = shop.live();
  const [reached, released] = [signal(), signal()];
  shop.ports.world.onCall = async (called) => {
    if (called !== 'scale') return;
    reached.give();
    await released.given;
  };
  const handle = await shop.start('scaleService', {
    ...{ system, service: 'api', replicas: 6, lasts: HOUR },
  });
  await reached.given;
  await handle.terminate('cut off');
  shop.ports.world.onCall = () => undefined;
  released.give();
  const request = await askedNow(system);
  const end = await endOf(await shop.start('scaleBack', request));
  assert.ok(['succeeded', 'nothingToDo'].includes(end.outcome), end.message);
  assert.deepEqual(desiredOf(system), [2]);
});

test('what is refused asks again until it is through', async () => {
  const system = shop.live();
  await scale(system, 6, { lasts: HOUR });
  const request = await askedNow(system);
  const putBack = withoutUsers(system);
  const back = await startAgain(request, 30);
  const first = await runOf(back);
  await assert.rejects(first.result(), { name: 'WorkflowExecutionContinuedAsNewError' });
  const refused = await reportOf(first);
  assert.equal(refused.outcome, 'refused');
  assert.match(refused.message ?? '', /nothing has traffic/);
  assert.deepEqual(desiredOf(system), [6]);
  putBack();
  const end = await endOf(shop.worker.client.workflow.getHandle(back.workflowId));
  assert.equal(end.outcome, 'succeeded');
  assert.deepEqual(desiredOf(system), [2]);
});

test('people are told once, when it asks no more', async () => {
  const system = shop.live({ notify: { ops: CONSOLE } });
  await scale(system, 6, { lasts: HOUR });
  const request = await askedNow(system);
  withoutUsers(system);
  const back = await startAgain(request, 2);
  const end = await endOf(back);
  assert.equal(end.outcome, 'refused');
  const told = shop.ports.notify.sent.filter(
    ({ notice }) => notice.system === system && notice.kind === 'scaleBack',
  );
  assert.deepEqual(
    told.map(({ notice }) => notice.title),
    [`scale-back/${system}/api ended: refused`],
  );
});
