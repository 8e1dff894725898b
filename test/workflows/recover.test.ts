// Recoveries beside the live data as whole operations, with datastores in memory: what is kept and until when, what
// differs, and that whatever ends one before its copy is kept leaves nothing.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { SweepReport } from '../../src/domain/recovery/sweep.ts';
import { openDataShop, withOrders } from '../support/data-shop.ts';
import { endOf, reportOf } from '../support/operations.ts';
import { send } from '../support/shop.ts';

const { shop, vault, stored, copiesOf, nothingLeft } = await openDataShop();
after(() => shop.worker.stop());

const recovering = (system: string, more: object = {}) =>
  shop.start('disasterRecovery', {
    ...{ system, mode: 'recover', datastore: 'orders', beside: true },
    ...more,
  });

async function withBackup(): Promise<{ system: string; backup: string }> {
  const system = shop.empty(withOrders());
  return { system, backup: stored(system, 1) };
}

async function swept(now: number): Promise<SweepReport> {
  shop.ports.clock.now = () => now;
  const handle = await shop.start('janitor', {});
  const report = (await handle.result()) as SweepReport;
  shop.ports.clock.now = () => Date.now();
  return report;
}

describe('a recovery beside the live data', () => {
  test('keeps the proved copy for a day, says where it is and what differs, and a janitor removes it then', async () => {
    const { system, backup } = await withBackup();
    const one = (name: string) => ({ count: 1, digest: 'd', shown: [name] });
    vault.loss = { ...vault.loss, onlyThere: one('new'), changed: one('orders') };
    const handle = await recovering(system);
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    const [copy = ''] = copiesOf(system);
    const until = vault.copies.get(copy)?.keptUntil ?? assert.fail('nothing is kept');
    const place = `${backup} is in /copies/${copy}, read-only, until ${new Date(until).toISOString()}`;
    assert.ok(message.startsWith(place), message);
    assert.match(
      message,
      /1 only in what is live, [^;]*: new; 1 in both, with other content: orders/,
    );
    assert.match(message, new RegExp(`Look into it: ls /copies/${copy}$`));
    const report = await reportOf(handle);
    assert.deepEqual([report.verdict, report.operation], ['pass', `recover/${system}/orders`]);
    const counts = report.verdicts.flatMap(({ step, name, got }) =>
      step === 'compare-live' ? [`${name}: ${got ?? ''}`] : [],
    );
    assert.deepEqual(counts, ['only live: 1', 'only in the backup: 0', 'other content: 1']);
    const entry = vault.entries.get(backup);
    assert.deepEqual(entry?.state === 'complete' && entry.marks.map(({ kind }) => kind), [
      'verified',
    ]);
    const early = await swept(until - 1000);
    assert.match(
      early.left.find(({ name }) => name === copy)?.reason ?? '',
      /asked to have it unt/,
    );
    const late = await swept(until + 1000);
    assert.ok(late.removed.some(({ name }) => name === copy));
    nothingLeft(system);
  });

  test('is no drill: it keeps no record of one', async () => {
    const { system } = await withBackup();
    await endOf(await recovering(system));
    const drills = await shop.ports.drills.list(
      { system, most: 9 },
      {
        signal: new AbortController().signal,
        beat: () => undefined,
      },
    );
    assert.deepEqual(drills, []);
    vault.copies.clear();
  });

  test('of a backup that is bad leaves no copy, and notes that it is bad', async () => {
    const { system, backup } = await withBackup();
    vault.failNext('restore', new Failure('CheckFailed', 'row 7 is cut'));
    const { outcome, message } = await endOf(await recovering(system));
    assert.equal(outcome, 'failed');
    assert.match(message, /row 7 is cut/);
    const entry = vault.entries.get(backup);
    assert.deepEqual(entry?.state === 'complete' && entry.marks.map(({ kind }) => kind), [
      'failed',
    ]);
    nothingLeft(system);
  });

  test('whose live data is away is kept all the same, and says that nothing could be compared', async () => {
    const { system } = await withBackup();
    vault.failNext('lossAgainstLive', new Failure('NotFound', 'the folder is gone'));
    const handle = await recovering(system);
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.match(message, /what differs is not known/);
    assert.equal((await reportOf(handle)).verdict, 'inconclusive');
    assert.equal(copiesOf(system).length, 1);
    vault.copies.clear();
  });

  test('that is aborted in the middle of its restore, or as it is to be kept, leaves no copy', async () => {
    for (const verb of ['restore', 'keep'] as const) {
      const { system } = await withBackup();
      const { reached } = vault.hangNext(verb);
      const handle = await recovering(system);
      await reached;
      assert.equal(copiesOf(system).length, 1);
      await send(handle, 'abort', { actor: 'ana' });
      assert.equal((await endOf(handle)).outcome, 'aborted');
      nothingLeft(system);
    }
  });

  test('that is terminated before its copy is kept leaves it to the janitor', async () => {
    const { system } = await withBackup();
    const { reached } = vault.hangNext('lossAgainstLive');
    const handle = await recovering(system);
    await reached;
    await handle.terminate('by hand');
    await swept(Date.now());
    nothingLeft(system);
  });

  test('waits for a proof of the same datastore', async () => {
    const { system } = await withBackup();
    const looking = vault.hangNext('examine');
    const proof = await shop.start('verifyBackup', { system, datastore: 'orders' });
    await looking.reached;
    const handle = await recovering(system);
    looking.release();
    assert.equal((await endOf(proof)).outcome, 'succeeded');
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    vault.copies.clear();
  });

  test('that is only planned makes nothing', async () => {
    const { system } = await withBackup();
    const made = vault.made.length;
    const { outcome } = await endOf(await recovering(system, { dryRun: true }));
    assert.deepEqual([outcome, vault.made.length], ['planned', made]);
  });
});
