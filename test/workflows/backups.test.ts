// Backups as whole operations, with datastores in memory and each step failing in turn.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { askStatus } from '../../src/cli/operation/ask-status.ts';
import { statusLines } from '../../src/cli/operation/view.ts';
import { testServer } from '../support/temporal-server.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { BackupList } from '../../src/domain/backup/backup-list.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { openDataShop, withOrders, withData } from '../support/data-shop.ts';
import { TABLE } from '../support/memory/memory-backups.ts';
import { endOf, reportOf, statesOf, untilStatus } from '../support/operations.ts';
import { send } from '../support/shop.ts';

const { shop, vault, stored } = await openDataShop();
after(() => shop.worker.stop());

describe('a backup', () => {
  test('of a system takes every primary datastore, and says how far apart they lie', async () => {
    const system = shop.live(withData);
    const before = shop.ports.world.changes.length;
    const handle = await shop.start('backup', { system, requestedBy: 'ana' });
    const { outcome, summary } = await endOf(handle);
    assert.equal(outcome, 'succeeded');
    const datastores = summary?.backups?.map(({ id }) => id.split('/')[1]);
    assert.deepEqual(datastores, ['orders', 'users']);
    const report = await reportOf(handle);
    assert.deepEqual(statesOf(report), [
      'backup-orders done',
      'backup-users done',
      'retention-orders done',
      'retention-users done',
    ]);
    assert.match(report.steps[1]?.detail ?? '', /recovery points of orders, users lie .*apart/);
    assert.equal(shop.ports.world.changes.length, before);
  });

  test('that is tried again says so while it goes on, with the reason', async () => {
    const system = shop.empty(withOrders());
    vault.failNext('backup', new Failure('Unavailable', 'connection refused'), system);
    const { reached, release } = vault.hangNext('backup');
    const handle = await shop.start('backup', { system, datastore: 'orders' });
    await reached;
    const { workflowId, runId } = await handle.describe();
    const run = { operation: workflowId, workflowId, runId };
    const { address } = await testServer();
    const { client, taskQueue } = shop.worker;
    const answer = await askStatus(
      { client, taskQueue, namespace: 'default', address },
      run,
      60_000,
    );
    assert.ok(answer.from === 'worker');
    const [pending] = answer.status.pending ?? [];
    assert.equal(pending?.activity, 'takeBackup');
    assert.deepEqual([pending.attempt, pending.lastFailure], [2, 'connection refused']);
    const lines = statusLines(answer.status);
    assert.ok(lines.includes('  … backup-orders: attempt 2: connection refused'), lines.join('\n'));
    assert.deepEqual(pending.progress?.written, 0);
    release();
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('removes what is too old, and never the last verified one', async () => {
    const retention = { days: 30, count: 1 };
    const system = shop.empty(withOrders({ backup: { retention } }));
    const [verified, old] = [stored(system, 60), stored(system, 50)];
    const mark = { schema: 'fairlead/backup-mark/v1', kind: 'verified', reason: 'r' } as const;
    const entry = vault.entries.get(verified);
    assert.ok(entry?.state === 'complete');
    vault.entries.set(verified, { ...entry, marks: [{ ...mark, at: '2026-01-01', by: 'ana' }] });
    const handle = await shop.start('backup', { system, datastore: 'orders' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.ok(vault.entries.has(verified));
    assert.ok(!vault.entries.has(old));
    const detail = (await reportOf(handle)).steps[1]?.detail ?? '';
    assert.match(detail, new RegExp(`kept 2 of 3, last verified ${verified}; removed ${old} `));
  });

  test('that cannot be had of one datastore is taken of the others, and keeps what was there', async () => {
    const system = shop.empty(withData);
    const old = stored(system, 400);
    vault.failNext('backup', new Failure('CheckFailed', 'pg_dump said no'), `${system}/orders`);
    const handle = await shop.start('backup', { system });
    const { outcome, message, summary } = await endOf(handle);
    assert.deepEqual([outcome, message], ['failed', 'pg_dump said no']);
    assert.deepEqual(summary?.leftovers, []);
    assert.equal(summary.backups?.length, 1);
    const report = await reportOf(handle);
    assert.deepEqual(statesOf(report), [
      'backup-orders failed',
      'backup-users done',
      'retention-orders done',
      'retention-users done',
    ]);
    assert.match(report.steps[2]?.detail ?? '', /kept everything: there is no new backup/);
    assert.ok(vault.entries.has(old));
  });

  for (const [verb, kind] of [
    ['list', 'Broken'],
    ['remove', 'WorldChanged'],
    ['remove', 'Refused'],
  ] as const) {
    test(`fails and asks nobody when ${verb} fails with ${kind}`, async () => {
      const retention = { days: 1, count: 1 };
      const system = shop.empty(withOrders({ backup: { retention } }));
      stored(system, 50);
      vault.failNext(verb, new Failure(kind, 'not so'), system);
      const { outcome, message } = await endOf(await shop.start('backup', { system }));
      assert.deepEqual([outcome, message], ['failed', 'not so']);
    });
  }

  test('far off those before it is flagged', async () => {
    const system = shop.empty(withOrders({}));
    for (const days of [3, 2, 1]) stored(system, days);
    vault.write(`${system}/orders`, [{ ...TABLE, rows: 1000 }]);
    const handle = await shop.start('backup', { system });
    const { outcome, summary } = await endOf(handle);
    assert.equal(outcome, 'succeeded');
    assert.match(summary?.findings.join() ?? '', /is odd beside those before it.*1,000 rows/);
    const asked = await shop.start('inspectSystem', { system, backups: true });
    const { backups } = (await asked.result()) as BackupList;
    assert.deepEqual(
      backups.map((row) => row.state === 'complete' && [row.flagged.length, row.default]),
      [
        [1, false],
        [0, true],
        [0, false],
        [0, false],
      ],
    );
  });

  test('is refused while another one of the datastore runs, and ends when it is aborted', async () => {
    const system = shop.empty(withOrders({}));
    const { reached } = vault.hangNext('backup');
    const first = await shop.start('backup', { system });
    await reached;
    const { outcome, message } = await endOf(
      await shop.start('backup', { system, datastore: 'orders' }),
    );
    assert.equal(outcome, 'refused');
    assert.match(message, new RegExp(`${system}/orders is being changed: ${first.workflowId}`));
    await send(first, 'abort', { actor: 'ana' });
    assert.equal((await endOf(first)).outcome, 'aborted');
  });

  test('waits for its turn while a proof of the datastore runs, and says so', async () => {
    const system = shop.empty(withOrders({}));
    const { reached } = vault.hangNext('restore');
    const proof = await shop.start('verifyBackup', { system, backup: stored(system, 1) });
    await reached;
    const handle = await shop.start('backup', { system });
    const { state, note } = await untilStatus(handle, (status) => status.note !== undefined);
    assert.equal(state, 'running');
    assert.match(note ?? '', new RegExp(`waits for its turn: .*${proof.workflowId}`));
    await proof.cancel();
    const { outcome, summary } = await endOf(handle);
    assert.deepEqual([outcome, summary?.backups?.length], ['succeeded', 1]);
    assert.equal((await handle.query<OperationStatus>('status')).note, 'done as planned');
  });

  test('that waits for its turn is ended by an abort', async () => {
    const system = shop.empty(withOrders({}));
    const { reached } = vault.hangNext('backup');
    const backup = await shop.start('backup', { system });
    await reached;
    const proof = await shop.start('verifyBackup', { system, backup: stored(system, 1) });
    await untilStatus(proof, (status) => status.note !== undefined);
    await send(proof, 'abort', { actor: 'ana' });
    assert.equal((await endOf(proof)).outcome, 'aborted');
    await backup.cancel();
    await assert.rejects(backup.result());
  });

  test('of what no system file declares is a mistake of whoever asked', async () => {
    const system = shop.empty(withData);
    const end = await endOf(await shop.start('backup', { system, datastore: 'order' }));
    assert.deepEqual([end.outcome, end.kind], ['refused', 'NotFound']);
    const none = await endOf(await shop.start('backup', { system: shop.empty() }));
    assert.match(none.message, /no datastores to back up/);
    const other = await endOf(
      await shop.start('verifyBackup', { system, backup: backupId('other', 'orders', 0) }),
    );
    assert.match(other.message, /backup is one of other, and system is /);
  });
});
