// What Cancel, Terminate, Reset and Pause from Temporal's Web UI do to an operation, at each of its steps.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { buildReport } from '../../src/domain/record/build-report.ts';
import { verifyChain } from '../../src/domain/record/evidence-chain.ts';
import { leaseId } from '../../src/domain/operation/operation.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { longBake, openShop, send, signal, untilBaking, type Shop } from '../support/shop.ts';
import type { MemoryVerb } from '../support/memory/memory-world.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

type EventId = NonNullable<
  NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number]['eventId']
>;
const NAMESPACE = 'default';

/** Runs `act` while a deploy is inside the `nth` call of a verb, then lets the call go on. */
async function during(
  verb: MemoryVerb,
  nth: number,
  act: (handle: WorkflowHandle) => Promise<unknown>,
): Promise<{ system: string; handle: WorkflowHandle }> {
  const reached = signal();
  const released = signal();
  let calls = 0;
  shop.ports.world.onCall = async (called) => {
    if (called !== verb) return;
    calls += 1;
    if (calls !== nth) return;
    reached.give();
    await released.given;
  };
  const system = shop.live({ rollout: { canary: { steps: [{ weight: 5 }], watch: '0s' } } });
  const handle = await shop.deploy(system, 'v2');
  await reached.given;
  await act(handle);
  released.give();
  shop.ports.world.onCall = () => undefined;
  return { system, handle };
}

const STEPS: [string, MemoryVerb, number][] = [
  ['plan', 'read', 1],
  ['ensure', 'ensure', 1],
  ['ready', 'revisions', 2],
  ['weight-5', 'set', 1],
  ['the read-back of weight-5', 'probe', 1],
  ['weight-100', 'set', 2],
];

async function isCancelled(handle: WorkflowHandle): Promise<void> {
  await assert.rejects(handle.result(), (error) => {
    assert.ok(error instanceof WorkflowFailedError, String(error));
    assert.ok(error.cause instanceof CancelledFailure, String(error.cause));
    return true;
  });
}

async function evidenceOf(handle: WorkflowHandle) {
  const { runId } = await handle.describe();
  return shop.ports.evidence.read({ workflowId: handle.workflowId, runId });
}

describe('Cancel', () => {
  for (const [step, verb, nth] of STEPS) {
    test(`at ${step} undoes what was done and ends as Canceled`, async () => {
      const { system, handle } = await during(verb, nth, (one) => one.cancel());
      await isCancelled(handle);
      assert.equal(shop.weightsOf(system), 'v1 100 %');
      assert.deepEqual(shop.versionsOf(system), ['v1']);
      const report = buildReport(await evidenceOf(handle));
      assert.equal(report.outcome, 'aborted');
      assert.equal(report.clean, true, report.leftovers.join());
    });
  }

  test('at a gate undoes', async () => {
    const { system, handle } = await shop.waiting();
    await handle.cancel();
    await isCancelled(handle);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('of a paused or parked operation undoes', async () => {
    const { system, handle } = await shop.waiting();
    await send(handle, 'pause', {});
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, (status) => status.state === 'paused');
    await handle.cancel();
    await isCancelled(handle);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });
});

describe('Terminate', () => {
  for (const [step, verb, nth] of STEPS.slice(1)) {
    test(`at ${step} leaves it half done, and the next operation says so`, async () => {
      const { system, handle } = await during(verb, nth, (one) => one.terminate('by hand'));
      const rollback = await shop.start('rollback', { system, service: 'api', to: 'v1' });
      const end = await endOf(rollback);
      assert.ok(['succeeded', 'nothingToDo'].includes(end.outcome), end.message);
      assert.match(end.summary?.findings.join() ?? '', /ended without closing its record/);
      assert.equal(shop.weightsOf(system), 'v1 100 %');
      assert.equal(buildReport(await evidenceOf(handle)).outcome, 'interrupted');
    });
  }
});

describe('Reset', () => {
  async function reset(handle: WorkflowHandle, eventId: EventId): Promise<WorkflowHandle> {
    const { runId } = await shop.worker.client.workflowService.resetWorkflowExecution({
      namespace: NAMESPACE,
      workflowExecution: { workflowId: handle.workflowId },
      workflowTaskFinishEventId: eventId,
      requestId: randomUUID(),
      reason: 'by hand',
    });
    return shop.worker.client.workflow.getHandle(handle.workflowId, runId);
  }

  /** The id of the task that came before (or after) the lease was started. */
  async function taskBeside(handle: WorkflowHandle, side: 'before' | 'after'): Promise<EventId> {
    const { events } = await handle.fetchHistory();
    const all = events ?? [];
    const lease = all.findIndex((event) => event.childWorkflowExecutionStartedEventAttributes);
    const ids = all.flatMap((event, index) =>
      event.workflowTaskCompletedEventAttributes != null && index < lease === (side === 'before')
        ? [event.eventId]
        : [],
    );
    const id = side === 'before' ? ids[0] : ids[2];
    assert.ok(id);
    return id;
  }

  async function baking() {
    const system = shop.live(longBake);
    const handle = await shop.deploy(system, 'v2');
    await untilBaking(handle, 5);
    return { system, handle };
  }

  for (const side of ['before', 'after'] as const) {
    test(`to ${side} the lease goes on under a newer epoch, with a whole record`, async () => {
      const { system, handle } = await baking();
      const again = await reset(handle, await taskBeside(handle, side));
      await untilBaking(again, 5);
      await send(again, 'promote', { actor: 'ana' });
      const end = await endOf(again);
      assert.equal(end.outcome, 'succeeded', end.message);
      assert.equal(shop.weightsOf(system), 'v2 100 %');
      const entries = await evidenceOf(again);
      assert.equal(verifyChain(entries), undefined);
      assert.equal(entries[0]?.type, 'opened');
      const epochs = shop.ports.world.changes
        .filter((one) => one.service === `${system}/api`)
        .map((one) => one.token?.epoch ?? 0);
      assert.deepEqual(
        epochs,
        [...epochs].sort((a, b) => a - b),
      );
      const lease = shop.worker.client.workflow.getHandle(leaseId(system, 'api'));
      assert.notEqual((await lease.describe()).status.name, 'RUNNING');
    });
  }

  test('of a closed run finds the new version live, and leaves no lease', async () => {
    const { system, handle } = await baking();
    await send(handle, 'promote', { actor: 'ana' });
    await endOf(handle);
    const again = await reset(handle, await taskBeside(handle, 'before'));
    const end = await endOf(again);
    assert.equal(end.outcome, 'nothingToDo', end.message);
    const lease = shop.worker.client.workflow.getHandle(leaseId(system, 'api'));
    assert.notEqual((await lease.describe()).status.name, 'RUNNING');
  });

  test('to after the lease, then Terminate: the next operation breaks what is left', async () => {
    const { system, handle } = await baking();
    const again = await reset(handle, await taskBeside(handle, 'after'));
    await again.terminate('by hand');
    const end = await endOf(await shop.start('rollback', { system, service: 'api', to: 'v1' }));
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });
});

describe('Pause from the Web UI', () => {
  test('holds a workflow until it is unpaused, and it goes on', async (t) => {
    const { handle } = await shop.waiting();
    const { workflowService } = shop.worker.client;
    if (!('pauseWorkflowExecution' in workflowService)) {
      t.skip('missing part: this client has no pauseWorkflowExecution');
      return;
    }
    const { workflowId } = handle;
    await untilAtRest(handle);
    const asked = { namespace: NAMESPACE, workflowId, identity: 'ana', reason: 'hold on' };
    await workflowService.pauseWorkflowExecution({ ...asked, requestId: randomUUID() });
    await handle.signal('approve', { actor: 'ana' });
    assert.equal((await handle.describe()).status.name, 'PAUSED');
    await workflowService.unpauseWorkflowExecution({ ...asked, requestId: randomUUID() });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
  });
});

/**
 * Waits until no workflow task is under way: the SDK cannot read the history of a run that was paused between
 * the scheduling and the start of a task (docs/limits.md).
 */
async function untilAtRest(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    const { events = [] } = await handle.fetchHistory();
    const ended = events?.findLast((event) => event.activityTaskCompletedEventAttributes);
    const last = events?.at(-1);
    const timer = last?.timerStartedEventAttributes;
    if (ended && (timer ?? last?.workflowTaskCompletedEventAttributes)) return;
  }
}
