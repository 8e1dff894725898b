// Drills as whole operations, with datastores and isolated targets in memory: what one does, and what disturbs one in
// the middle. Whatever happens, no copy and no target is left, and nothing live was touched.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { openDrillShop, type DrillShop } from '../support/drills.ts';
import { DOUBLES, ON, type Double } from '../support/memory/doubles.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { withDrill } from '../support/data-shop.ts';
import { send } from '../support/shop.ts';

describe('drills', { concurrency: DOUBLES.length }, () => {
  for (const double of DOUBLES) {
    describe(ON[double], { concurrency: 1 }, () => {
      suite(double);
    });
  }
});

function suite(double: Double): void {
  let it: DrillShop;
  before(async () => {
    it = await openDrillShop(double);
  });
  after(() => it.shop.worker.stop());

  describe('a drill', () => {
    test('that finds everything as it should be passes, and leaves nothing', async () => {
      const system = await it.ready();
      const changes = it.shop.ports.world.changes.length;
      const { end, report } = await it.drilled(system);
      assert.equal(end.outcome, 'succeeded', end.message);
      assert.deepEqual(
        report.steps.map(({ id }) => id),
        [
          ...['preflight', 'inventory', 'isolate', 'fence'],
          ...['artefact-orders', 'restore-orders', 'artefact-users', 'restore-users'],
          ...['complete-orders', 'correct-orders', 'point-in-time-orders', 'invariants-orders'],
          ...['complete-users', 'correct-users', 'bind', 'start-api', 'usable', 'production'],
          ...['close', 'discard-orders', 'discard-users', 'inventory-after', 'conclude'],
        ],
      );
      assert.ok(report.steps.every(({ status }) => status === 'done'));
      assert.equal(report.verdict, 'pass');
      assert.deepEqual(report.undo, []);
      assert.equal(it.shop.ports.world.changes.length, changes);
      it.nothingLeft(system);
    });
    test('gives the service its settings as the drill changes them, and no secret', async () => {
      const system = await it.ready();
      const { report } = await it.drilled(system);
      const given = it.targets.started.find(({ target }) => target.includes(system))?.environment;
      assert.equal(given?.['MAIL_ENABLED'], 'false');
      assert.equal(given['FAIRLEAD_DRILL'], 'true');
      assert.ok(!('TOKEN' in given));
      const start = report.plan?.steps.find(({ id }) => id === 'start-api');
      assert.match(start?.differs ?? '', /without its secrets TOKEN/);
      assert.deepEqual(
        report.plan?.steps.filter(({ id, differs }) => id === 'usable' && differs),
        [],
      );
    });

    test('proves the backups that it restored, and measures RPO and RTO', async () => {
      const system = await it.ready();
      const { report } = await it.drilled(system);
      const found = (name: string) => report.verdicts.find((one) => one.name === name);
      assert.match(found('rpo orders')?.got ?? '', /(m?s|min)$/);
      assert.equal(found('rto')?.expected, 'at most 30 min');
      assert.match(found('rto')?.reason ?? '', /isolation .*restore .*verification .*service /);
      assert.ok(report.timings.some(({ phase }) => phase === 'restore'));
      for (const { id } of report.backups ?? []) {
        const entry = it.vault.entries.get(id);
        assert.ok(entry?.state === 'complete');
        assert.equal(entry.marks[0]?.by, `drill/${system}`);
      }
    });

    test('is kept on record beside the backups, with what it came to', async () => {
      const system = await it.ready();
      const recordOf = () => it.shop.ports.drills.records.findLast((one) => one.system === system);
      await it.drilled(system);
      const passed = recordOf();
      assert.deepEqual([passed?.verdict, passed?.backups.length], ['pass', 2]);
      assert.ok((passed?.rtoMs ?? 0) > 0 && (passed?.rpoMs ?? 0) > 0);
      it.targets.fence.set(system, { inside: 'reached', outside: 'reached' });
      await it.drilled(system);
      assert.deepEqual([recordOf()?.outcome, recordOf()?.rtoMs], ['failed', null]);
    });

    test('that took longer than the RTO fails with the numbers', async () => {
      const system = await it.ready({ ...withDrill, drill: { ...withDrill.drill, rto: '1ms' } });
      const { end, report } = await it.drilled(system);
      assert.deepEqual([end.outcome, report.verdict], ['failed', 'fail']);
      assert.match(end.message, /rto at conclude: usable again after .*more than the RTO of 1 ms/);
      it.nothingLeft(system);
    });

    test('that only plans opens nothing, and says where a recovery differs', async () => {
      const system = await it.ready();
      const handle = await it.shop.start('disasterRecovery', { system, dryRun: true });
      assert.equal((await endOf(handle)).outcome, 'planned');
      const { plan } = await reportOf(handle);
      assert.match(plan?.steps.find(({ id }) => id === 'bind')?.differs ?? '', /for everybody/);
      assert.ok(!it.targets.asked.some((one) => one.includes(system)));
    });

    test('of a system whose file has no drill, or that has no backup, says what to do', async () => {
      const { datastores } = withDrill;
      const without = await it.drilled(it.shop.live({ datastores }));
      assert.match(without.end.message, /has no section "drill"/);
      // Nothing was tried: it does not stand among the drills that failed.
      assert.deepEqual([without.end.outcome, without.end.kind], ['refused', 'NotFound']);
      const bare = await it.drilled(it.shop.live(withDrill));
      assert.match(bare.end.message, /there is no backup of .*\/orders to recover from/);
      assert.deepEqual([bare.end.outcome, bare.end.kind], ['failed', 'CheckFailed']);
    });

    test('beside a deploy that is under way is refused, politely', async () => {
      const { system, handle } = await it.shop.waiting(withDrill);
      const drill = await it.shop.start('disasterRecovery', { system });
      const { outcome, message } = await endOf(drill);
      assert.equal(outcome, 'refused');
      assert.match(message, /\(canaryDeploy\) runs since .* a drill measures a system at rest/);
      await send(handle, 'abort', { actor: 'ana' });
      await endOf(handle);
    });
  });

  describe('a drill that is disturbed', () => {
    /** A drill that hangs in the middle of its restore, with a target open and half a copy there. */
    async function restoring(): Promise<{ system: string; handle: WorkflowHandle }> {
      const system = await it.ready();
      const { reached } = it.vault.hangNext('restore');
      const handle = await it.shop.start('disasterRecovery', { system });
      await reached;
      assert.equal([...it.vault.copies.keys()].filter((copy) => copy.includes(system)).length, 1);
      assert.equal([...it.targets.open.keys()].filter((name) => name.includes(system)).length, 1);
      return { system, handle };
    }

    test('by a cancel in the middle of a restore leaves nothing', async () => {
      const { system, handle } = await restoring();
      await handle.cancel();
      await assert.rejects(handle.result(), WorkflowFailedError);
      const report = await reportOf(handle);
      assert.deepEqual(
        [report.outcome, ...report.undo.map(({ verb }) => verb)],
        ['aborted', 'closeTarget', 'discardCopy'],
      );
      it.nothingLeft(system);
    });

    test('by an abort leaves nothing', async () => {
      const { system, handle } = await restoring();
      await send(handle, 'abort', { actor: 'ana' });
      assert.equal((await endOf(handle)).outcome, 'aborted');
      it.nothingLeft(system);
    });

    test('by a backup goes on, and the backup waits its turn', async () => {
      const { system, handle } = await restoring();
      const backup = await it.shop.start('backup', { system });
      await untilStatus(backup, ({ note }) => note?.includes('disasterRecovery') === true);
      await handle.cancel();
      await assert.rejects(handle.result(), WorkflowFailedError);
      it.nothingLeft(system);
      assert.equal((await endOf(backup)).outcome, 'succeeded');
    });

    test('by a second one goes on, and the second is refused politely', async () => {
      const { system, handle } = await restoring();
      const second = await it.shop.start('disasterRecovery', { system });
      const { outcome, message } = await endOf(second);
      assert.equal(outcome, 'refused');
      assert.match(message, /orders is being changed: .*\(disasterRecovery\) holds it since/);
      await send(handle, 'abort', { actor: 'ana' });
      await endOf(handle);
      it.nothingLeft(system);
    });

    test('by a deploy leaves it alone: the deploy goes on, and the drill notes it', async () => {
      const system = await it.ready();
      const held = it.vault.hangNext('restore');
      const drill = await it.shop.start('disasterRecovery', { system });
      await held.reached;
      const deploy = await it.shop.deploy(system, 'v2', { autoPromote: true });
      assert.equal((await endOf(deploy)).outcome, 'succeeded');
      held.release();
      const { outcome, message, summary } = await endOf(drill);
      assert.equal(outcome, 'succeeded', message);
      assert.match(
        summary?.findings.join() ?? '',
        /the traffic of api was v1 .*another operation did/,
      );
      it.nothingLeft(system);
    });
  });
}
