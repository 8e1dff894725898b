// Backups and their proofs as whole operations, with datastores in memory: each step failing in turn, and interrupts in
// the middle. Whatever happens, no copy is left that nobody asked to keep.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { backupId } from '../../src/domain/backup-id.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { BackupList } from '../../src/domain/backup-list.ts';
import type { Report } from '../../src/domain/report.ts';
import { manifestOf, TABLE, type BackupVerb, type MemoryVault } from '../support/memory-backups.ts';
import { endOf, untilStatus, type Ended } from '../support/operations.ts';
import { openShop, send, withData, type Shop, type ShopFile } from '../support/shop.ts';

let shop: Shop;
let vault: MemoryVault;
before(async () => {
  shop = await openShop();
  ({ vault } = shop.ports);
});
after(() => shop.worker.stop());

const orders = (file: Partial<NonNullable<ShopFile['datastores']>['orders']>): ShopFile => ({
  datastores: { orders: { kind: 'postgres', database: 'o', user: 'u', ...file } },
});
const reportOf = (handle: WorkflowHandle) => handle.query<Report>('report');
const statesOf = ({ steps }: Report) => steps.map(({ id, status }) => `${id} ${status}`);
const nothingLeft = (system: string) => {
  assert.deepEqual(
    [...vault.copies.keys()].filter((copy) => copy.includes(system)),
    [],
  );
};

/** A backup that lies there since `days`. */
function stored(system: string, days: number, datastore = 'orders'): string {
  const at = Date.now() - days * 86_400_000;
  const id = backupId(system, datastore, at);
  const contents = { parts: [TABLE], indexes: [], constraints: [], sequences: [] };
  const manifest = manifestOf(id, contents, { at });
  vault.entries.set(id, { id, state: 'complete', manifest, marks: [] });
  return id;
}

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
    assert.match(report.steps[1]?.detail ?? '', /recovery points of orders, users lie between/);
    assert.equal(shop.ports.world.changes.length, before);
  });

  test('removes what is too old, and never the last verified one', async () => {
    const retention = { days: 30, count: 1 };
    const system = shop.empty(orders({ backup: { retention } }));
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
      const system = shop.empty(orders({ backup: { retention } }));
      stored(system, 50);
      vault.failNext(verb, new Failure(kind, 'not so'), system);
      const { outcome, message } = await endOf(await shop.start('backup', { system }));
      assert.deepEqual([outcome, message], ['failed', 'not so']);
    });
  }

  test('far off those before it is flagged', async () => {
    const system = shop.empty(orders({}));
    for (const days of [3, 2, 1]) stored(system, days);
    vault.write(`${system}/orders`, [{ ...TABLE, rows: 1000 }]);
    const handle = await shop.start('backup', { system });
    const { outcome, summary } = await endOf(handle);
    assert.equal(outcome, 'succeeded');
    assert.match(summary?.findings.join() ?? '', /is odd beside those before it.*1000 rows/);
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
    const system = shop.empty(orders({}));
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

  test('of what no system file declares is a mistake of whoever asked', async () => {
    const system = shop.empty(withData);
    const end = await endOf(await shop.start('backup', { system, datastore: 'order' }));
    assert.deepEqual([end.outcome, end.kind], ['failed', 'NotFound']);
    const none = await endOf(await shop.start('backup', { system: shop.empty() }));
    assert.match(none.message, /no datastores to back up/);
    const other = await endOf(
      await shop.start('verifyBackup', { system, backup: backupId('other', 'orders', 0) }),
    );
    assert.match(other.message, /backup is one of other, and system is /);
  });
});

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

  test('without a required rung is inconclusive, and says which nobody climbed', async () => {
    const { backup, end, report } = await prove(
      orders({ verify: { required: ['artefact', 'usable'] } }),
    );
    assert.deepEqual([end.outcome, report.verdict], ['inconclusive', 'inconclusive']);
    assert.match(end.message, /not run: usable/);
    const entry = vault.entries.get(backup);
    assert.deepEqual(entry?.state === 'complete' && entry.marks, []);
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
      /orders: expected md5sum:1, got md5sum:2/,
      () => {
        vault.spoil((contents) => ({ ...contents, parts: [{ ...TABLE, hash: 'md5sum:2' }] }));
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
      assert.deepEqual(entry?.state === 'complete' && entry.marks, []);
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
