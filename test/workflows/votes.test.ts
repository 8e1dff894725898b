// Attacks on gates, on a real server: an approval of another run, one of before a Reset, and a flood of refusals.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { GateStatus, OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { openShop, refusal, send, type Shop } from '../support/shop.ts';

const NAMESPACE = 'default';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

async function gateOf(handle: WorkflowHandle): Promise<GateStatus> {
  const { gates } = await handle.query<OperationStatus>('status');
  return gates[0] ?? assert.fail('no gate is open');
}

test('an approval of one run does not fit another run of the same plan', async () => {
  const { system, handle: first } = await shop.waiting();
  const { digest } = await gateOf(first);
  await send(first, 'abort', { actor: 'ci' });
  assert.equal((await endOf(first)).outcome, 'aborted');
  const second = await shop.deploy(system, 'v2');
  await untilStatus(second, (status) => status.state === 'waiting');
  const vote = { actor: 'ana', gate: 'weight-5', digest };
  assert.match(await refusal(second, 'approve', vote), /which is of this run, this opening and/);
  await second.signal('approve', vote);
  const { runId } = await first.describe();
  const other = { actor: 'ana', gate: 'weight-5', run: runId };
  assert.match(await refusal(second, 'approve', other), /it is for the run .*look at status/);
  assert.equal((await gateOf(second)).have, 0);
  await send(second, 'abort', { actor: 'ci' });
  assert.equal((await endOf(second)).outcome, 'aborted');
  assert.equal(shop.weightsOf(system), 'v1 100 %');
});

test('a Reset to before a gate voids the votes that it was given', async () => {
  const { handle } = await shop.waiting({ approval: { quorum: 2 } });
  const old = await gateOf(handle);
  // As signals, which the server gives to the new run again.
  await handle.signal('approve', { actor: 'ana', gate: old.id, digest: old.digest });
  await untilStatus(handle, ({ gates }) => gates[0]?.have === 1);
  const { events } = await handle.fetchHistory();
  const task = events?.find((event) => event.workflowTaskCompletedEventAttributes != null);
  const { runId } = await shop.worker.client.workflowService.resetWorkflowExecution({
    namespace: NAMESPACE,
    workflowExecution: { workflowId: handle.workflowId },
    workflowTaskFinishEventId: task?.eventId ?? assert.fail('no task'),
    requestId: randomUUID(),
    reason: 'by hand',
  });
  const again = shop.worker.client.workflow.getHandle(handle.workflowId, runId);
  await untilStatus(again, (status) => status.state === 'waiting');
  const gate = await gateOf(again);
  assert.equal(gate.have, 0);
  assert.notEqual(gate.digest, old.digest);
  const vote = { actor: 'ana', gate: old.id, digest: old.digest };
  assert.match(await refusal(again, 'approve', vote), /is not the one weight-5 is open with/);
  await send(again, 'approve', { ...vote, digest: gate.digest });
  await send(again, 'approve', { ...vote, actor: 'ben', digest: gate.digest });
  assert.equal((await endOf(again)).outcome, 'succeeded');
});

test('after 500 refusals what would be refused is not taken any more, and what is right still is', async () => {
  const { handle } = await shop.waiting();
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 50 }, () => handle.signal('approve', { actor: 'ci' })));
  }
  const { gates } = await untilStatus(handle, (status) => status.lastRefused !== undefined);
  assert.equal(gates.length, 1);
  const before = (await handle.describe()).historyLength;
  for (let i = 0; i < 3; i += 1) {
    assert.match(await refusal(handle, 'approve', { actor: 'ci' }), /ci requested this/);
  }
  const taken = ((await handle.fetchHistory()).events ?? []).filter(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes != null,
  );
  assert.equal(taken.length, 0, `of a history of ${before}`);
  await send(handle, 'approve', { actor: 'ana' });
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  const { decisions } = await reportOf(handle);
  assert.deepEqual(
    decisions.map(({ actor }) => actor),
    ['ana'],
  );
});
