// A command line that waits for an operation which is reset, terminated or started again from Temporal's Web UI.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunName } from '../../src/cli/operation/ending.ts';
import { follow, type Watched } from '../../src/cli/operation/follow.ts';
import { findOperation, lookUp, type FoundRun } from '../../src/cli/operation/find-operation.ts';
import { startRun } from '../../src/cli/operation/start.ts';
import type { Temporal } from '../../src/cli/temporal/connect.ts';
import { longBake, openShop, send, untilBaking, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

let shop: Shop;
let temporal: Temporal;

before(async () => {
  const { address } = await testServer();
  shop = await openShop();
  const { client, taskQueue } = shop.worker;
  temporal = { client, taskQueue, namespace: 'default', address };
});
after(() => shop.worker.stop());

const asked = (system: string, version: string) => ({ system, service: 'api', version });

/** A deploy of v2 that bakes for an hour, and a command line that waits for it. */
async function watched(): Promise<{ system: string; run: RunName; end: Promise<Watched> }> {
  const system = shop.live(longBake);
  const operation = `deploy/${system}/api/v2`;
  const run = await startRun(temporal, 'canaryDeploy', operation, asked(system, 'v2'));
  await untilBaking(handleOf(run), 5);
  // Longer than a timer can wait: it must not be over at once.
  return { system, run, end: follow(temporal, run, { timeoutMs: 366 * 86_400_000 }) };
}

const handleOf = ({ workflowId, runId }: RunName) =>
  temporal.client.workflow.getHandle(workflowId, runId);

async function reset({ workflowId }: RunName): Promise<RunName> {
  const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes != null);
  assert.ok(first?.eventId);
  const { runId } = await temporal.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    workflowTaskFinishEventId: first.eventId,
    requestId: randomUUID(),
    reason: 'by hand',
  });
  return { operation: workflowId, workflowId, runId };
}

function closed(end: Watched) {
  assert.equal(end.end, 'closed');
  return end;
}

async function promoted(run: RunName): Promise<void> {
  await untilBaking(handleOf(run), 5);
  await send(handleOf(run), 'promote', { actor: 'ana' });
}

test('an operation is found by its name, its workflow id, its run id and the address of its page', async () => {
  const system = shop.live(longBake);
  const workflowId = `by hand ${randomUUID()}`;
  const handle = await shop.start('canaryDeploy', asked(system, 'v2'), workflowId);
  await untilBaking(handle, 5);
  const { runId } = await handle.describe();
  const operation = `deploy/${system}/api/v2`;
  const page = `http://localhost:8233/namespaces/default/workflows/${encodeURIComponent(workflowId)}`;
  for (const text of [workflowId, page, `${page}/${runId}/history`, runId, operation]) {
    const { open, info: _, ...found } = await foundSoon(text);
    assert.deepEqual(found, { operation, workflowId, runId }, text);
    assert.ok(open, text);
  }
  await assert.rejects(
    findOperation(temporal, page.replace('default', 'elsewhere'), undefined),
    /is a page of the namespace elsewhere, and default is asked/,
  );
  await send(handle, 'abort', { actor: 'ana' });
});

/** Lists lag behind a little. */
async function foundSoon(text: string): Promise<FoundRun> {
  for (const end = Date.now() + 60_000; ;) {
    const found = await lookUp(temporal, text, undefined);
    if (found !== undefined) return found;
    assert.ok(Date.now() < end, text);
    await sleep(200);
  }
}

test('a Reset is followed to the run that goes on, twice too', async () => {
  const { run, end } = await watched();
  const again = await reset(run);
  await untilBaking(handleOf(again), 5);
  const last = await reset(again);
  await promoted(last);
  const { ending, run: followed } = closed(await end);
  assert.equal(ending.outcome, 'succeeded', ending.message);
  assert.equal(followed.runId, last.runId);
});

test('what was terminated and started again with the same request at once is followed', async () => {
  const { system, run, end } = await watched();
  const again = await temporal.client.workflow.start('canaryDeploy', {
    workflowId: run.workflowId,
    taskQueue: temporal.taskQueue,
    args: [asked(system, 'v2')],
    memo: { request: { ...asked(system, 'v2'), reason: 'again' } },
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    workflowTaskTimeout: '5s',
  });
  await promoted({ ...run, runId: again.firstExecutionRunId });
  assert.equal(closed(await end).ending.outcome, 'succeeded');
});

test('another operation that takes the name is named, and not taken for the one that was terminated', async () => {
  const { system, run, end } = await watched();
  const other = await temporal.client.workflow.start('canaryDeploy', {
    workflowId: run.workflowId,
    taskQueue: temporal.taskQueue,
    args: [asked(system, 'v3')],
    memo: { request: asked(system, 'v3') },
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    workflowTaskTimeout: '5s',
  });
  const { ending } = closed(await end);
  assert.equal(ending.outcome, 'interrupted');
  assert.match(ending.message, new RegExp(`started since \\(${other.firstExecutionRunId}\\)`));
  await other.terminate('the test is over');
});

test('what was terminated and has no successor was interrupted', async () => {
  const { run, end } = await watched();
  await handleOf(run).terminate('by hand');
  const { ending } = closed(await end);
  assert.equal(ending.outcome, 'interrupted');
  assert.match(ending.message, new RegExp(`nothing was undone; .*--run ${run.runId}"$`));
});
