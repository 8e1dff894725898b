// Leases on a real server: who gets one, who has to make way, what becomes of one that nobody stands behind.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { releaseLeases } from '../../src/activities/leases/leases.ts';
import { buildReport } from '../../src/domain/record/build-report.ts';
import { Failure } from '../../src/domain/failure.ts';
import { leaseId } from '../../src/domain/operation/operation.ts';
import { retireRevision } from '../../src/runbooks/retire-revision.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { memoryEvidence } from '../support/memory/memory-evidence.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import {
  longBake,
  openShop,
  send,
  signal,
  untilBaking,
  type Shop,
  type ShopFile,
} from '../support/shop.ts';

const kept = memoryEvidence();
/** Runs whose record cannot be read any more. */
const damaged = new Set<string>();
let shop: Shop;
before(async () => {
  shop = await openShop({
    evidence: {
      ...kept,
      read: async (run) => {
        if (damaged.has(run.runId)) {
          throw new Failure('Broken', `reading ${run.runId}.jsonl:4: entry 3 is missing`);
        }
        return kept.read(run);
      },
    },
  });
});
after(() => shop.worker.stop());

const api = (system: string) => ({ system, service: 'api' });
const leaseOf = (system: string): WorkflowHandle =>
  shop.worker.client.workflow.getHandle(leaseId(system, 'api'));
const epochs = (system: string): number[] =>
  shop.ports.world.changes.flatMap(({ service, token }) =>
    service === `${system}/api` && token !== null ? [token.epoch] : [],
  );

async function isOpen(handle: WorkflowHandle): Promise<boolean> {
  return (await handle.describe()).status.name === 'RUNNING';
}

async function baking(
  file: ShopFile = longBake,
): Promise<{ system: string; handle: WorkflowHandle }> {
  const system = shop.live(file);
  const handle = await shop.deploy(system, 'v2');
  await untilBaking(handle, 5);
  return { system, handle };
}

async function evidenceOf(handle: WorkflowHandle) {
  const { runId } = await handle.describe();
  return kept.read({ workflowId: handle.workflowId, runId });
}

describe('a lease', { concurrency: 3 }, () => {
  test('that is held refuses a second deploy with the holder and since when', async () => {
    const { system, handle } = await baking();
    const end = await endOf(await shop.deploy(system, 'v3'));
    assert.equal(end.outcome, 'refused');
    assert.match(end.message, /\(canaryDeploy\) holds it since 2\d{3}-/);
    assert.ok(end.message.includes(handle.workflowId));
    await send(handle, 'abort', {});
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal(await isOpen(leaseOf(system)), false);
  });

  test('is taken from a deploy by a roll-back, which plans from the world as it is', async () => {
    const { system, handle } = await baking();
    const rollback = await shop.start('rollback', api(system));
    const end = await endOf(rollback);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal((await endOf(handle)).outcome, 'preempted');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('is taken from a roll-back by a stop', async () => {
    const system = shop.live();
    for (const version of ['stuck', 'v2']) {
      const deploy = await shop.deploy(system, version, { autoPromote: true });
      assert.equal((await endOf(deploy)).outcome, 'succeeded');
    }
    // The roll-back waits for a version that is never ready again.
    shop.ports.world.behave('stuck', 'neverReady');
    const rollback = await shop.start('rollback', { ...api(system), to: 'stuck' });
    await untilStatus(rollback, (status) => status.step === 'ready');
    const stop = await endOf(await shop.start('stopTraffic', { system }));
    assert.equal(stop.outcome, 'succeeded', stop.message);
    const end = await endOf(rollback);
    assert.ok(['preempted', 'failed'].includes(end.outcome), end.outcome);
    assert.equal(shop.weightsOf(system), 'no traffic');
  });

  test('of an operation that does not make way in time is taken by force, and said', async () => {
    const system = shop.live({ rollout: { deadlines: { preempt: '300ms' } } });
    const reached = signal();
    const released = signal();
    shop.ports.world.onCall = async (verb) => {
      if (verb !== 'restart') return;
      reached.give();
      await released.given;
    };
    const holder = await shop.start('restartService', api(system));
    await reached.given;
    const stop = await shop.start('stopTraffic', { system });
    const end = await endOf(stop);
    released.give();
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal((await holder.describe()).status.name, 'TERMINATED');
    assert.match(
      end.summary?.findings.join() ?? '',
      /ended without closing its record, at restart/,
    );
    assert.match(
      end.summary?.findings.join() ?? '',
      /did not make way within 0.3 s and was terminated/,
    );
    assert.equal(buildReport(await evidenceOf(holder)).outcome, 'interrupted');
  });

  test('of a terminated operation is free for the next one, which says what was half done', async () => {
    const { system, handle } = await baking();
    await handle.terminate('by hand');
    const next = await shop.deploy(system, 'v2');
    await untilBaking(next, 5);
    await send(next, 'promote', { actor: 'ana', full: true });
    const end = await endOf(next);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.match(
      end.summary?.findings.join() ?? '',
      /ended without closing its record, at weight-5/,
    );
    assert.equal(buildReport(await evidenceOf(handle)).outcome, 'interrupted');
  });

  test('of an operation whose record is damaged is free for the next one, which says so', async () => {
    const { system, handle } = await baking();
    const { runId } = await handle.describe();
    await send(handle, 'abort', {});
    await endOf(handle);
    damaged.add(runId);
    const end = await endOf(await shop.start('scaleService', { ...api(system), replicas: 3 }));
    assert.equal(end.outcome, 'succeeded', end.message);
    const findings = end.summary?.findings.join() ?? '';
    assert.match(findings, /the record of \S+ could not be read: .*:4: entry 3/);
  });

  test('that does not obey a cancel is ended by force', async () => {
    const { client } = shop.worker;
    const id = leaseId(shop.live(), 'api');
    // Nobody works there, so nobody obeys.
    const lease = await client.workflow.start('lease', {
      workflowId: id,
      taskQueue: `${id}/nobody`,
      args: [{ operation: 'gone' }],
    });
    const it = createActivityWorld();
    const ref = { id, runId: lease.firstExecutionRunId };
    const environment = new MockActivityEnvironment({}, { client });
    await environment.run(() => releaseLeases([ref], it.call(), it));
    assert.equal((await lease.describe()).status.name, 'TERMINATED');
  });

  test('that is stolen in the middle of an operation is taken anew, with a newer epoch', async () => {
    const { system, handle } = await baking();
    await leaseOf(system).terminate('stolen');
    await send(handle, 'promote', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    const seen = epochs(system);
    assert.ok((seen.at(-1) ?? 0) > (seen[0] ?? 0), seen.join());
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    assert.equal(await isOpen(leaseOf(system)), false);
  });

  test('that was stolen by another operation makes this one give up', async () => {
    const { system, handle } = await baking();
    await leaseOf(system).terminate('stolen');
    const thief = await shop.deploy(system, 'v3');
    await untilStatus(thief, (status) => status.steps.some((step) => step.id === 'smoke'));
    await send(handle, 'promote', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'preempted', end.message);
    await send(thief, 'abort', {});
    await endOf(thief);
  });

  test('has a newer epoch with each operation', async () => {
    const system = shop.live();
    await endOf(await shop.start('scaleService', { ...api(system), replicas: 3 }));
    await endOf(await shop.start('scaleService', { ...api(system), replicas: 4 }));
    const [first = 0, second = 0] = epochs(system);
    assert.ok(second > first, `${first} ${second}`);
  });

  test('is left to whoever has it by a roll-back that cannot be made and an admit that need not be', async () => {
    const { system, handle } = await shop.waiting();
    const unknown = { ...api(system), revision: 'v9-0123456789' };
    const rollback = await endOf(await shop.start('rollback', unknown));
    assert.equal(rollback.outcome, 'refused');
    assert.match(rollback.message, /nothing says that of v9-0123456789/);
    const admit = await endOf(await shop.start('admitTraffic', { system }));
    assert.equal(admit.outcome, 'nothingToDo');
    assert.equal((await untilStatus(handle, () => true)).state, 'waiting');
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
  });

  test('cannot be taken by hand', async () => {
    const handle = await shop.start('lease', {}, leaseId(shop.live(), 'api'));
    const end = await endOf(handle);
    assert.equal(end.outcome, 'refused');
    assert.match(end.message, /never by hand/);
  });
});

describe('a retirement', { concurrency: 3 }, () => {
  const soon: ShopFile = {
    rollout: { canary: { steps: [{ weight: 50 }], watch: '0s' }, insurance: '4s' },
  };
  const retirement = (system: string, version: string): WorkflowHandle =>
    shop.worker.client.workflow.getHandle(retireRevision.id({ ...api(system), version }));

  test('waits for the insurance time, then removes the old revision', async () => {
    const system = shop.live(soon);
    assert.equal((await endOf(await shop.deploy(system, 'v2'))).outcome, 'succeeded');
    assert.deepEqual(shop.versionsOf(system), ['v1', 'v2']);
    const end = await endOf(retirement(system, 'v1'));
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.deepEqual(shop.versionsOf(system), ['v2']);
  });

  test('is called off by a roll-back that wants the revision again', async () => {
    const system = shop.live({ rollout: { ...soon.rollout, insurance: '1h' } });
    assert.equal((await endOf(await shop.deploy(system, 'v2'))).outcome, 'succeeded');
    const end = await endOf(await shop.start('rollback', api(system)));
    assert.equal(end.outcome, 'succeeded', end.message);
    await assert.rejects(retirement(system, 'v1').result(), /cancelled/i);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    await retirement(system, 'v2').terminate('the test is over');
  });

  test('leaves a revision alone that has traffic', async () => {
    const system = shop.live();
    const loaded = await shop.ports.systems.load(system);
    const revision = revisionSpec(loaded, 'api', 'v1').id;
    const input = { ...api(system), version: 'v1', revision };
    const end = await endOf(await shop.start('retireRevision', input));
    assert.equal(end.outcome, 'nothingToDo');
    assert.match(end.message, /v1 carries 100 % again/);
    assert.deepEqual(shop.versionsOf(system), ['v1']);
  });

  test('tries again later while a deploy holds the lease', async () => {
    const { system, handle } = await baking();
    const loaded = await shop.ports.systems.load(system);
    const revision = revisionSpec(loaded, 'api', 'gone').id;
    const input = { ...api(system), version: 'gone', revision, delay: 100 };
    const waiting = await shop.start('retireRevision', input);
    await send(handle, 'abort', {});
    await endOf(handle);
    assert.equal((await endOf(waiting)).outcome, 'nothingToDo');
  });
});
