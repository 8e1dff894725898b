// What people ask a worker about the world, on a real server: answered without a workflow.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ActivityExecutionFailedError, type ApplicationFailure } from '@temporalio/client';
import { EXIT } from '../../src/cli/exit.ts';
import type { Temporal } from '../../src/cli/temporal/connect.ts';
import { inspect } from '../../src/cli/temporal/inspect.ts';
import { freshName } from '../support/operations.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

let shop: Shop;
let temporal: Temporal;

before(async () => {
  const { address } = await testServer();
  shop = await openShop();
  const { client, taskQueue } = shop.worker;
  temporal = { client, taskQueue, namespace: 'default', address };
});
after(async () => {
  await shop.worker.stop();
});

async function questions(): Promise<string[]> {
  const found: string[] = [];
  const query = `TaskQueue = '${temporal.taskQueue}' AND WorkflowType = 'inspectSystem'`;
  for await (const { workflowId } of temporal.client.workflow.list({ query })) {
    found.push(workflowId);
  }
  return found;
}

test('a question is answered, and leaves no workflow behind', async () => {
  const system = shop.live();
  const answer = await inspect(temporal, { system });
  assert.ok(typeof answer === 'object' && answer !== null && 'services' in answer);
  const backups = await inspect(temporal, { system, backups: true });
  assert.ok(typeof backups === 'object' && backups !== null && 'backups' in backups);
  assert.deepEqual(await questions(), []);
});

test('what the worker says is wrong keeps its sentence and its exit code', async () => {
  const report = { workflowId: 'deploy/nowhere/api/v1', runId: randomUUID() };
  await assert.rejects(inspect(temporal, { system: 'nowhere', report }), {
    code: EXIT.badInput,
    message: /no evidence of deploy\/nowhere\/api\/v1/,
  });
});

test('without a worker it is said at once that none polls', async () => {
  const idle = { ...temporal, taskQueue: freshName() };
  await assert.rejects(inspect(idle, { system: 'shop' }), {
    code: EXIT.noAnswer,
    message: /^no worker polls the task queue/,
  });
});

test('what changes something is refused without the workflow of its operation', async () => {
  const { client, taskQueue } = temporal;
  for (const name of ['shiftTraffic', 'recordEvidence', 'planOperation']) {
    const alone = client.activity.execute(name, {
      ...{ id: randomUUID(), taskQueue, args: [{ input: null }] },
      startToCloseTimeout: 5_000,
      retry: { maximumAttempts: 1 },
    });
    await assert.rejects(alone, (error) => {
      assert.ok(error instanceof ActivityExecutionFailedError);
      const cause = error.cause as ApplicationFailure;
      assert.equal(cause.type, 'Refused');
      assert.match(cause.message, new RegExp(`^${name} is a part of operations`));
      return true;
    });
  }
});
