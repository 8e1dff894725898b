// Operations as steps of a runbook, on a real server: each has a record of its own, works under the leases of its parent, and
// what it comes to decides what becomes of the step.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import {
  endOf,
  freshName,
  reportOf,
  startTestWorker,
  statesOf,
  untilStatus,
} from '../support/operations.ts';
import { testServer } from '../support/temporal-server.ts';
import {
  longBake,
  openShop,
  send,
  untilBaking,
  type Shop,
  type ShopFile,
} from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
  shop.ports.steps.answer = async () => ({});
});
after(() => shop.worker.stop());

type Steps = Record<string, unknown>[];

/** Starts a runbook of these steps on a system. */
async function run(
  system: string,
  steps: Steps,
  more: object = {},
  of: Shop = shop,
): Promise<WorkflowHandle> {
  const name = freshName('book');
  const runbook = runbookSchema.parse({ title: 'A test', leases: ['api'], ...more, steps });
  const file = `systems/${system}/runbooks/${name}.yaml`;
  of.ports.steps.written.set(name, { name, file, digest: digestOf(runbook), runbook });
  const asked = { system, runbook: name, requestedBy: 'ana' };
  return of.start('runbook', asked, `run/${system}/${name}`);
}

const atOnce: ShopFile = {
  rollout: { canary: { steps: [{ weight: 50, bake: '50ms' }], watch: '0s' } },
};

/** A system on v2, which was on v1 before. */
async function onSecond(): Promise<string> {
  const system = shop.live(atOnce);
  assert.equal((await endOf(await shop.deploy(system, 'v2'))).outcome, 'succeeded');
  return system;
}

const mark = {
  id: 'mark',
  do: { command: ['make', 'mark'], check: 'none', why: 'twice is fine' },
  undo: { command: ['unmake', 'mark'] },
};

const childOf = (status: OperationStatus) => status.children?.[0];

async function openChild(handle: WorkflowHandle, of: Shop = shop): Promise<WorkflowHandle> {
  const status = await untilStatus(handle, (one) => childOf(one) !== undefined);
  const { workflowId, runId } = childOf(status) ?? {};
  assert.ok(workflowId !== undefined && runId !== undefined);
  return of.worker.client.workflow.getHandle(workflowId, runId);
}

describe('an operation as a step', { concurrency: 3 }, () => {
  test('works under the lease of its parent, has a record of its own, and is linked', async () => {
    const system = await onSecond();
    const handle = await run(system, [
      mark,
      { id: 'back', operation: { rollback: { service: 'api' } } },
      { ...mark, id: 'again' },
    ]);
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    const report = await reportOf(handle);
    assert.deepEqual(statesOf(report), ['mark done', 'back done', 'again done']);
    const [child] = report.children ?? [];
    assert.equal(child?.operation, `rollback/${system}/api`);
    assert.equal(child.outcome, 'succeeded');
    const own = await reportOf(
      shop.worker.client.workflow.getHandle(child.workflowId, child.runId),
    );
    assert.equal(own.operation, `rollback/${system}/api`);
    assert.equal(own.requestedBy, 'ana');
    assert.match(own.reason ?? '', /the step back of run\//);
    const taken = report.evidence.entries.filter(({ type }) => type === 'lease');
    const borrowed = own.evidence.entries.filter(({ type }) => type === 'lease');
    assert.deepEqual([taken.length, borrowed.length], [1, 0]);
  });

  test('stops and lets in again under one lease, and its parent goes on', async () => {
    const system = shop.live(atOnce);
    const handle = await run(system, [
      { id: 'out', operation: { stop: { service: 'api' } } },
      { id: 'in', operation: { admit: { service: 'api' } } },
      { id: 'more', operation: { scale: { service: 'api', replicas: 3 } } },
      { id: 'anew', operation: { restart: { service: 'api' } } },
    ]);
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('that is refused asks, with its name and why; a runbook without leases lets it take its own', async () => {
    const system = shop.live(atOnce);
    const steps = [{ id: 'back', operation: { rollback: { service: 'api' } } }];
    const handle = await run(system, steps, { leases: [] });
    const parked = await untilStatus(handle, (status) => status.state === 'parked');
    assert.match(parked.note ?? '', new RegExp(`rollback/${system}/api was refused: .*before`));
    await send(handle, 'skipStep', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('that fails is left out where its step says so', async () => {
    const system = shop.live(atOnce);
    const steps = [
      { id: 'back', operation: { rollback: { service: 'api' } }, onFailure: 'continue' },
      { id: 'end', look: { command: ['look'] } },
    ];
    const { outcome, message } = await endOf(await run(system, steps));
    assert.equal(outcome, 'failed');
    assert.match(message, new RegExp(`rollback/${system}/api was refused`));
  });

  test('that a person aborts is undone, and its step asks', async () => {
    const system = shop.live(longBake);
    const steps = [mark, { id: 'bring', operation: { deploy: { service: 'api', version: 'v2' } } }];
    const handle = await run(system, steps);
    const child = await openChild(handle);
    await untilStatus(child, (status) => status.step === 'weight-5');
    await send(child, 'abort', { actor: 'ben' });
    const parked = await untilStatus(handle, (status) => status.state === 'parked');
    assert.match(parked.note ?? '', /deploy\/.*\/api\/v2 was aborted: aborted by ben/);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });

  test('is aborted with its parent, which takes its own steps back afterwards', async () => {
    const system = shop.live(longBake);
    const steps = [mark, { id: 'bring', operation: { deploy: { service: 'api', version: 'v2' } } }];
    const handle = await run(system, steps);
    const child = await openChild(handle);
    await untilStatus(child, (status) => status.step === 'weight-5');
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal((await endOf(child)).outcome, 'aborted');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    const { undo, children = [] } = await reportOf(handle);
    assert.deepEqual(
      undo.map(({ step, status }) => `${step} ${status}`),
      ['mark done'],
    );
    assert.match(children[0]?.message ?? '', /aborted by run\//);
  });

  test('towards others has the rank of its parent: a deploy makes the whole of it give way', async () => {
    const system = shop.live(longBake);
    const steps = [{ id: 'bring', operation: { deploy: { service: 'api', version: 'v2' } } }];
    const handle = await run(system, steps);
    const child = await openChild(handle);
    await untilStatus(child, (status) => status.step === 'weight-5');
    const other = await shop.deploy(system, 'v3');
    assert.equal((await endOf(handle)).outcome, 'preempted');
    assert.equal((await endOf(child)).outcome, 'preempted');
    await untilStatus(other, (status) => status.step === 'weight-5');
    await send(other, 'abort', { actor: 'ana' });
    await endOf(other);
  });

  test('that makes way for somebody else, where its runbook takes no leases, is undone, and its step asks', async () => {
    const system = shop.live(longBake);
    const steps = [{ id: 'bring', operation: { deploy: { service: 'api', version: 'v2' } } }];
    const handle = await run(system, steps, { leases: [] });
    const child = await openChild(handle);
    await untilStatus(child, (status) => status.step === 'weight-5');
    const other = await shop.deploy(system, 'v3');
    assert.equal((await endOf(child)).outcome, 'preempted');
    const parked = await untilStatus(handle, (status) => status.state === 'parked');
    assert.match(
      parked.note ?? '',
      /deploy\/.*\/api\/v2 made way for another operation: .*\/api\/v3$/,
    );
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    await send(other, 'abort', { actor: 'ana' });
    await endOf(other);
  });
});

test('a child is found again by a parent whose worker was away, and not started twice', async () => {
  const { address } = await testServer();
  // Without a cache the server waits for no sticky worker that is gone.
  const own = await openShop({}, { maxCachedWorkflows: 0 });
  const { taskQueue } = own.worker;
  const system = own.live(longBake);
  const steps = [{ id: 'bring', operation: { deploy: { service: 'api', version: 'v2' } } }];
  const handle = await run(system, steps, {}, own);
  const child = await openChild(handle, own);
  await untilStatus(child, (status) => status.step === 'weight-5');
  await own.worker.stop();
  const others = await startTestWorker(address, own.ports, { taskQueue });
  const again = others.client.workflow.getHandle(handle.workflowId);
  const childAgain = others.client.workflow.getHandle(child.workflowId);
  await untilBaking(childAgain, 5);
  await send(childAgain, 'promote', { actor: 'ben', full: true });
  const { outcome, message } = await endOf(again);
  assert.equal(outcome, 'succeeded', message);
  const { children = [] } = await reportOf(again);
  assert.equal(children.length, 1);
  assert.equal(own.weightsOf(system), 'v2 100 %');
  await others.stop();
});
