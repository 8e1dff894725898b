// The janitor on a real server: what is left of operations that ended without cleaning up, and what it leaves alone.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { digestOf } from '../../src/domain/digest.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { SweepReport } from '../../src/domain/recovery/sweep.ts';
import { bytes } from '../support/bytes.ts';
import { openDataShop, withData, withDrill } from '../support/data-shop.ts';
import { endOf } from '../support/operations.ts';
import { send } from '../support/shop.ts';

const HOUR = 3_600_000;

const { shop, vault, stored, copiesOf, targetsOf } = await openDataShop();
after(() => shop.worker.stop());

async function swept(): Promise<SweepReport> {
  const handle = await shop.start('janitor', {});
  return (await handle.result()) as SweepReport;
}

const about = (list: SweepReport['left'], name: string): string =>
  list.find((one) => one.name.includes(name))?.reason ?? assert.fail(`nothing about ${name}`);

/** A proof that hangs in the middle of its restore, with half a copy there. */
async function restoring(): Promise<{ system: string; handle: WorkflowHandle }> {
  const system = shop.empty(withData);
  const { reached } = vault.hangNext('restore');
  const handle = await shop.start('verifyBackup', {
    system,
    backup: stored(system, 1),
  });
  await reached;
  assert.equal(copiesOf(system).length, 1);
  return { system, handle };
}

describe('the janitor', () => {
  test('leaves nothing of a verification that was terminated in the middle of a restore', async () => {
    const { system, handle } = await restoring();
    const open = await restoring();
    await handle.terminate('by hand');
    const { removed, left } = await swept();
    assert.deepEqual(copiesOf(system), []);
    assert.match(about(removed, system), /of verifyBackup-\S+ \(run \S+\), which is closed \(term/);
    assert.equal(copiesOf(open.system).length, 1);
    assert.match(about(left, open.system), /which is open$/);
    await open.handle.cancel();
    await assert.rejects(open.handle.result());
  });

  test('leaves nothing of a drill that was terminated in the middle of a restore', async () => {
    vault.answers.set('select debts', '0');
    const system = shop.live(withDrill);
    await endOf(await shop.start('backup', { system }));
    const { reached } = vault.hangNext('restore');
    const handle = await shop.start('disasterRecovery', { system });
    await reached;
    assert.deepEqual([copiesOf(system).length, targetsOf(system).length], [1, 1]);
    await handle.terminate('by hand');
    const { removed, failed } = await swept();
    assert.deepEqual(failed, []);
    assert.match(about(removed, `drill-${system}`), /of disasterRecovery-\S+ .* is closed \(term/);
    assert.deepEqual([...copiesOf(system), ...targetsOf(system)], []);
    const next = await endOf(await shop.start('disasterRecovery', { system }));
    assert.equal(next.outcome, 'succeeded', next.message);
  });

  test('leaves the copy to the run that a Reset put in the place of its own', async () => {
    const { system, handle } = await restoring();
    const { client } = shop.worker;
    const { runId } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const last = events?.findLast((one) => one.workflowTaskCompletedEventAttributes)?.eventId;
    const { reached } = vault.hangNext('restore');
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId, runId },
      ...(last != null && { workflowTaskFinishEventId: last }),
      requestId: runId,
      reason: 'by hand',
    });
    await reached;
    // As a copy is that the first run had finished before the Reset.
    const [copy = ''] = copiesOf(system);
    const made = vault.copies.get(copy) ?? assert.fail();
    vault.copies.set(copy, { ...made, owner: { workflowId: handle.workflowId, runId } });
    assert.match(about((await swept()).left, system), /which goes on as run/);
    await client.workflow.getHandle(handle.workflowId).terminate('the test is over');
    assert.match(about((await swept()).removed, system), /is closed/);
    // Another run of the same name is nobody's heir.
    vault.copies.set(copy, { ...made, owner: { workflowId: handle.workflowId, runId } });
    const looking = vault.hangNext('examine');
    const request = { system, backup: made.backup };
    const next = await shop.start('verifyBackup', request, handle.workflowId);
    await looking.reached;
    assert.match(about((await swept()).removed, system), /is closed/);
    await next.terminate('the test is over');
  });

  test('leaves what somebody kept on purpose for a day', async () => {
    const { system, handle } = await restoring();
    await send(handle, 'abort', { actor: 'ana', keep: true });
    await endOf(handle);
    assert.match(about((await swept()).left, system), /somebody may have kept it, until 2/);
    assert.equal(copiesOf(system).length, 1);
    vault.copies.clear();
  });

  test("leaves what is nobody's for a day, and takes what belongs to a run that nobody knows", async () => {
    const contents = { parts: [], definitions: [], sequences: [] };
    const at = (hours: number) => ({
      backup: 'b',
      contents,
      createdAt: Date.now() - hours * HOUR,
    });
    vault.copies.set('young', at(1));
    vault.copies.set('old', at(25));
    const owner = { workflowId: 'verify/forgotten', runId: crypto.randomUUID() };
    vault.copies.set('forgotten', { ...at(1), owner });
    vault.uploads = [Date.now(), Date.now() - 25 * HOUR];
    const report = await swept();
    assert.deepEqual([...vault.copies.keys()], ['young']);
    assert.match(about(report.removed, 'old'), /nobody's, made at 2.*longer ago than 24 h/);
    assert.match(about(report.removed, 'forgotten'), /is not known to Temporal/);
    assert.deepEqual([report.uploads, vault.uploads.length], [1, 1]);
    vault.copies.clear();
  });

  test('takes the plans of runs that nobody knows any more, and no others', async () => {
    const { handle } = await restoring();
    const { runId } = await handle.describe();
    const keep = async (boundTo: object): Promise<string> => {
      const plan = { plan: {}, system: '', boundTo };
      const digest = digestOf(plan);
      const call = { signal: new AbortController().signal, beat: () => undefined };
      await shop.ports.snapshots.put('plan', digest, { ...plan, digest }, call);
      return digest;
    };
    const known = await keep({ workflowId: handle.workflowId, firstRunId: runId });
    const strange = await keep({});
    const unknown = { workflowId: 'verify/forgotten', firstRunId: crypto.randomUUID() };
    const forgotten = await keep(unknown);
    assert.equal((await swept()).plans, 0);
    shop.ports.clock.now = () => Date.now() + 25 * HOUR;
    const { plans } = await swept();
    shop.ports.clock.now = () => Date.now();
    const left = await shop.ports.keptRemoval.putBefore('plan', Date.now() + HOUR);
    assert.deepEqual([plans, left.includes(forgotten)], [1, false]);
    assert.ok(left.includes(known) && left.includes(strange));
    await handle.terminate('the test is over');
    vault.copies.clear();
  });

  test('removes what an exchange kept when its time is over, and not before', async () => {
    const system = shop.empty(withData);
    const { kept, done } = shop.ports.exchanged;
    const old = { name: 'gen-1', since: Date.now() - 31 * 24 * HOUR };
    kept.set(`${system}/orders`, [old, { name: 'gen-2', since: Date.now() - HOUR }]);
    const { removed, left } = await swept();
    assert.match(about(removed, `${system}/orders: gen-1`), /what was live is kept until 20/);
    assert.match(about(left, `${system}/orders: gen-2`), /what was live is kept until 20/);
    assert.ok(done.includes('removeQuarantined gen-1'));
    assert.equal(done.includes('removeQuarantined gen-2'), false);
  });

  test('takes systems that no plan names and notes of runs that nobody knows, and nothing that is in use', async () => {
    const system = shop.live();
    const { snapshots, keptRemoval, systems, objects } = shop.ports;
    const call = { signal: new AbortController().signal, beat: () => undefined };
    const keep = async (value: object): Promise<string> => {
      const digest = digestOf(value);
      await snapshots.put('system', digest, value, call);
      return digest;
    };
    const current = { ...(await systems.load(system)) };
    const last = await keep({ ...current, name: 'broken-since', digest: 'last' });
    await snapshots.noteNewest('broken-since', last, call);
    const [now, before, gone] = [
      await keep(current),
      await keep({ ...current, digest: 'of before' }),
      await keep({ ...current, name: 'gone' }),
    ];
    const waits = await shop.waiting();
    const there = await keep({ ...(await systems.load(waits.system)), digest: 'of before' });
    const { runId } = await waits.handle.describe();
    const note = async (run: string) => {
      await objects.put({ key: `_notices/${run}/a.json`, body: bytes('{}') }, call);
    };
    await note(runId);
    await note(crypto.randomUUID());
    shop.ports.clock.now = () => Date.now() + 25 * HOUR;
    const report = await swept();
    shop.ports.clock.now = () => Date.now();
    const left = await keptRemoval.putBefore('system', Date.now() + HOUR);
    const isLeft = [now, there, last, before, gone].map((one) => left.includes(one));
    assert.deepEqual(isLeft, [true, true, true, false, false]);
    assert.ok(report.systems >= 2);
    assert.equal(report.notices, 1);
    assert.deepEqual(await keptRemoval.notedBefore(Date.now() + HOUR), [runId]);
    await waits.handle.terminate('the test is over');
    vault.copies.clear();
  });

  test('goes on after what it cannot remove, and fails with the reason', async () => {
    const contents = { parts: [], definitions: [], sequences: [] };
    for (const name of ['stuck', 'free']) {
      vault.copies.set(name, { backup: 'b', contents, createdAt: 0 });
    }
    vault.failNext('discard', new Failure('Broken', 'pid 7 does not end'), 'stuck');
    const handle = await shop.start('janitor', undefined);
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'failed');
    assert.equal(message, 'stuck could not be removed: pid 7 does not end');
    assert.deepEqual([...vault.copies.keys()], ['stuck']);
    assert.equal((await swept()).counts.removed, 1);
  });
});
