// Proofs of backups as whole operations, with datastores in memory: each step failing in turn, and interrupts in
// the middle. Whatever happens, no copy is left that nobody asked to keep.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { openDataShop, withOrders, withData } from '../support/data-shop.ts';
import { TABLE, type BackupVerb } from '../support/memory/memory-backups.ts';
import { endOf, reportOf, statesOf, untilStatus, type Ended } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, vault, stored, nothingLeft } = await openDataShop();
after(() => shop.worker.stop());

async function prove(file: ShopFile = withData): Promise<{
  system: string;
  backup: string;
  handle: WorkflowHandle;
  end: Ended;
  report: Report;
}> {
  const system = shop.empty(file);
  const backup = stored(system, 1);
  vault.answers.set('select debts', '0');
  const handle = await shop.start('verifyBackup', { system, backup });
  const end = await endOf(handle);
  return { system, backup, handle, end, report: await reportOf(handle) };
}

describe('a proof', () => {
  test('that passes every rung marks the backup and leaves no copy', async () => {
    const { system, backup, end, report } = await prove();
    assert.equal(end.outcome, 'succeeded');
    assert.match(end.message, /6 of 6 rungs that ran passed/);
    assert.equal(report.verdict, 'pass');
    assert.deepEqual(
      report.steps.map(({ id }) => id),
      'artefact loads complete correct point-in-time invariants conclude discard'.split(' '),
    );
    assert.ok(report.steps.every(({ status }) => status === 'done'));
    const entry = vault.entries.get(backup);
    assert.ok(entry?.state === 'complete');
    assert.equal(entry.marks[0]?.by, `verify/${backup}`);
    assert.equal(vault.made.filter((copy) => copy.includes(system)).length, 1);
    nothingLeft(system);
  });

  test('of a datastore takes its newest backup that is not odd', async () => {
    const system = shop.empty(withOrders());
    for (const days of [4, 3]) stored(system, days);
    const newest = stored(system, 2);
    const odd = vault.entries.get(stored(system, 1));
    assert.ok(odd?.state === 'complete');
    odd.manifest.contents.parts = [{ ...TABLE, rows: 1000 }];
    const handle = await shop.start('verifyBackup', { system, datastore: 'orders' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    const report = await reportOf(handle);
    assert.equal(report.plan?.backup?.id, newest);
    assert.equal(report.operation, `verify/${system}/orders`);
    const entry = vault.entries.get(newest);
    assert.equal(entry?.state === 'complete' && entry.marks.length, 1);
  });

  test('that finds a backup bad notes so beside it, and the one before is taken', async () => {
    const system = shop.empty(withOrders());
    const older = stored(system, 2);
    const bad = stored(system, 1);
    const verify = { system, datastore: 'orders' };
    vault.failNext('restore', new Failure('CheckFailed', 'row 7 is cut'));
    const first = await endOf(await shop.start('verifyBackup', verify));
    assert.equal(first.outcome, 'failed');
    const entry = vault.entries.get(bad);
    assert.ok(entry?.state === 'complete');
    const marks = entry.marks.map(({ kind, by, reason }) => [kind, by, reason]);
    const by = `verify/${system}/orders`;
    assert.deepEqual(marks, [['failed', by, 'loads: row 7 is cut']]);
    const handle = await shop.start('verifyBackup', verify);
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const { plan } = await reportOf(handle);
    assert.equal(plan?.backup?.id, older);
    assert.match(JSON.stringify(plan.steps), /newer, and not taken: .*row 7 is cut/);
    const again = await shop.start('verifyBackup', { system, backup: bad });
    assert.equal((await endOf(again)).outcome, 'succeeded');
    const last = await shop.start('verifyBackup', verify);
    await endOf(last);
    assert.equal((await reportOf(last)).plan?.backup?.id, bad);
  });

  test('that cannot note so says that, and ends as it would', async () => {
    const system = shop.empty(withOrders());
    stored(system, 1);
    vault.failNext('restore', new Failure('CheckFailed', 'row 7 is cut'));
    vault.failNext('mark', new Failure('Refused', 'the store takes nothing'));
    const handle = await shop.start('verifyBackup', { system, datastore: 'orders' });
    assert.equal((await endOf(handle)).outcome, 'failed');
    const { findings } = await reportOf(handle);
    assert.match(JSON.stringify(findings), /could not be noted beside it: the store takes nothing/);
  });

  test('of a datastore without a backup fails with a sentence', async () => {
    const system = shop.empty(withOrders());
    const verify = { system, datastore: 'orders' };
    const none = await endOf(await shop.start('verifyBackup', verify));
    assert.deepEqual([none.outcome, none.kind], ['failed', 'NotFound']);
    assert.match(none.message, /orders has no backup to verify: there is none; take one/);
    const id = stored(system, 1);
    vault.entries.set(id, { id, state: 'incomplete', objects: 1, bytes: 1, since: 0 });
    const cut = await endOf(await shop.start('verifyBackup', verify));
    assert.match(cut.message, /of the 1 there are, none is complete and good/);
  });

  type Break = [name: string, outcome: string, step: string, said: RegExp, damage: () => void];
  const fails = (verb: BackupVerb, kind: 'CheckFailed' | 'Refused' | 'Broken') => () => {
    vault.failNext(verb, new Failure(kind, `${verb} said no`));
  };
  const table: Break[] = [
    [
      'an artefact with a wrong checksum',
      'failed',
      'artefact',
      /artefact: cut off.*not run: loads, complete/,
      () => {
        vault.examine({ verdict: 'fail', reason: 'cut off' });
      },
    ],
    [
      'an artefact that no key opens',
      'inconclusive',
      'artefact',
      /said no/,
      fails('examine', 'Refused'),
    ],
    ['a failed row', 'failed', 'loads', /loads: restore said no/, fails('restore', 'CheckFailed')],
    [
      'a server that is too old',
      'inconclusive',
      'loads',
      /loads: it could not be climbed: restore said no/,
      fails('restore', 'Refused'),
    ],
    [
      'a row too few',
      'failed',
      'complete',
      /orders: expected 10 rows, got 9.*not run: correct/,
      () => {
        vault.spoil((contents) => ({ ...contents, parts: [{ ...TABLE, rows: 9 }] }));
      },
    ],
    [
      'a row that changed',
      'failed',
      'correct',
      /orders: expected rowsum:1, got rowsum:2/,
      () => {
        vault.spoil((contents) => ({ ...contents, parts: [{ ...TABLE, hash: 'rowsum:2' }] }));
      },
    ],
    [
      'a copy that cannot be read',
      'inconclusive',
      'complete',
      /complete: it could not be climbed: fingerprint said no/,
      fails('fingerprint', 'Broken'),
    ],
    [
      'a query that fails',
      'failed',
      'invariants',
      /debts: ask said no/,
      fails('ask', 'CheckFailed'),
    ],
    ['a mark that cannot be put', 'failed', 'conclude', /mark said no/, fails('mark', 'Refused')],
  ];
  for (const [name, outcome, step, said, damage] of table) {
    test(`of ${name} ends ${outcome} at ${step}, and leaves no copy`, async (t) => {
      t.after(() => {
        vault.examine({ verdict: 'pass', reason: 'fine' });
        vault.spoil((contents) => contents);
      });
      damage();
      const { system, backup, end, report } = await prove();
      assert.equal(end.outcome, outcome);
      assert.match(end.message, said);
      assert.ok(statesOf(report).includes(`${step} failed`), statesOf(report).join());
      assert.deepEqual(end.summary?.leftovers, []);
      const entry = vault.entries.get(backup);
      const kinds = entry?.state === 'complete' && entry.marks.map(({ kind }) => kind);
      assert.deepEqual(kinds, outcome === 'failed' && step !== 'conclude' ? ['failed'] : []);
      nothingLeft(system);
    });
  }

  test('of a clock that is off climbs on, and is inconclusive', async () => {
    const system = shop.empty(withData);
    vault.skewMs = 5000;
    const { summary } = await endOf(await shop.start('backup', { system, datastore: 'orders' }));
    vault.skewMs = 0;
    const backup = summary?.backups?.[0]?.id;
    const handle = await shop.start('verifyBackup', { system, backup });
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'inconclusive');
    assert.match(message, /pointInTime: the datastore's clock was 5000 ms off.*5 of 6 rungs/);
    assert.ok((await reportOf(handle)).steps.some(({ id }) => id === 'invariants'));
    nothingLeft(system);
  });

  /** A proof that hangs in the middle of its restore, with half a copy there. */
  async function restoring(): Promise<{ system: string; handle: WorkflowHandle }> {
    const system = shop.empty(withData);
    const { reached } = vault.hangNext('restore');
    const handle = await shop.start('verifyBackup', { system, backup: stored(system, 1) });
    await reached;
    assert.equal([...vault.copies.keys()].filter((copy) => copy.includes(system)).length, 1);
    return { system, handle };
  }

  test('that is cancelled in the middle of a restore discards its copy', async () => {
    const { system, handle } = await restoring();
    await handle.cancel();
    await assert.rejects(handle.result(), WorkflowFailedError);
    const report = await reportOf(handle);
    assert.deepEqual([report.outcome, report.undo[0]?.verb], ['aborted', 'discardCopy']);
    nothingLeft(system);
  });

  test('that is aborted in the middle of a restore discards its copy, unless it is to be kept', async () => {
    const { system, handle } = await restoring();
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    nothingLeft(system);
    const kept = await restoring();
    await send(kept.handle, 'abort', { actor: 'ana', keep: true });
    const { summary } = await endOf(kept.handle);
    assert.match(
      summary?.findings.join() ?? '',
      /kept, not undone: loads: discard the copy verify-/,
    );
  });

  test('that has to make way discards its copy all the same', async () => {
    const { system, handle } = await restoring();
    await handle.signal('preempt', { actor: 'recover/shop' });
    assert.equal((await endOf(handle)).outcome, 'preempted');
    nothingLeft(system);
  });

  test('whose copy cannot be discarded says that it is left over', async () => {
    vault.failNext('discard', new Failure('Broken', 'it does not end'));
    vault.failNext('discard', new Failure('Broken', 'it does not end'));
    const { end } = await prove();
    assert.equal(end.outcome, 'failed');
    assert.match(end.summary?.leftovers.join() ?? '', /discard the copy verify-.*it does not end/);
  });

  test('shows its rungs while it runs', async () => {
    const { handle } = await restoring();
    const { verdicts, undo } = await untilStatus(handle, ({ step }) => step === 'loads');
    assert.deepEqual(
      verdicts.map(({ name, verdict }) => [name, verdict]),
      [['artefact', 'pass']],
    );
    assert.match(undo[0] ?? '', /loads: discard the copy verify-/);
    await handle.cancel();
    await assert.rejects(handle.result());
  });
});
