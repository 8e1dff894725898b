// Recoveries in the place of the live data whose newest backup is bad: the next newest sane one is restored in its place, and
// people are asked only once nothing is left to try.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { failedMark } from '../../src/domain/backup/backup.ts';
import { Failure } from '../../src/domain/failure.ts';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, vault, stored, copiesOf, nothingLeft } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged } = shop.ports;

const FILE: ShopFile = {
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: { admit: [100] },
};

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

const isBad = (id: string, why: string): void => {
  vault.failNext('restore', new Failure('CheckFailed', why), id);
};

const start = (system: string, more: object = {}): Promise<WorkflowHandle> =>
  shop.start('disasterRecovery', { system, mode: 'recover', requestedBy: 'ci', ...more });

const timeIn = (backup: string): string => backup.split('/').at(-1) ?? '';

const liveOf = (system: string) => exchanged.live.get(`${system}/orders`);

describe('a recovery whose backups are bad', () => {
  test('newest backup corrupted: the next newest is restored, and whoever approves is told', async () => {
    const system = shop.live(FILE);
    const [older, newest] = [stored(system, 2), stored(system, 1)];
    isBad(newest, 'its third object is cut off');
    const handle = await start(system);
    const { gates, verdicts, steps } = await untilStatus(
      handle,
      ({ state }) => state === 'waiting',
    );
    const asked = verdicts.filter(({ step }) => step === 'exchange');
    const told = asked.map(({ name, reason }) => `${name}: ${reason}`).join('\n');
    assert.match(told, new RegExp(`^orders: backup: ${older}, recovery point`, 'm'));
    assert.match(
      told,
      new RegExp(`candidate passed over: ${newest} was found bad .* third object is cut off`),
    );
    const ids = steps.map(({ id }) => id);
    assert.ok(ids.includes('loads-orders.2') && !ids.includes('complete-orders'), ids.join());
    assert.equal(copiesOf(system).length, 1);
    const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
    await send(handle, 'approve', { actor: 'ana', gate: id, digest });
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.ok(message.startsWith(`orders is ${older}, for ${newest} was found bad; `), message);
    const report = await reportOf(handle);
    assert.equal(report.verdict, 'pass');
    assert.deepEqual(
      report.backups?.map((backup) => backup.id),
      [older],
    );
    assert.match(report.findings.join('\n'), new RegExp(`${newest} was found bad and passed over`));
    const entry = vault.entries.get(newest);
    assert.ok(entry?.state === 'complete' && failedMark(entry.marks) !== undefined);
    assert.match(liveOf(system)?.name ?? '', /^recover-/);
    nothingLeft(system);
  });

  test('a backup of after the damage is no candidate, however good it is', async () => {
    const system = shop.live(FILE);
    const [oldest, older, suspect] = [stored(system, 5), stored(system, 3), stored(system, 1)];
    isBad(older, 'half of it is missing');
    const handle = await start(system, { corruptedSince: daysAgo(2) });
    const { gates, verdicts } = await untilStatus(handle, ({ state }) => state === 'waiting');
    const told = verdicts
      .filter(({ step }) => step === 'exchange')
      .map(({ reason }) => reason)
      .join('\n');
    assert.match(told, new RegExp(`^${oldest}, .*not taken: ${suspect} \\(suspect`, 'm'));
    assert.equal(gates.length, 1);
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
    assert.equal(liveOf(system)?.name, 'live-1');
    nothingLeft(system);
  });

  test('all candidates bad: it asks, users kept out, with what is known of each; a retry climbs the last one anew', async () => {
    const system = shop.live(FILE);
    const [older, newest] = [stored(system, 2), stored(system, 1)];
    isBad(newest, 'cut off');
    isBad(older, 'empty');
    const handle = await start(system);
    const { note } = await untilStatus(
      handle,
      ({ state, step }) => state === 'parked' && step === 'loads-orders.2',
    );
    assert.match(note ?? '', /loads: .*empty/);
    assert.match(note ?? '', new RegExp(`${newest} is bad too: loads: .*cut off`));
    assert.match(note ?? '', /nothing else is tried by itself/);
    assert.notEqual(liveOf(system)?.fencedSince, undefined);
    await send(handle, 'retryStep', { actor: 'ana', step: 'loads-orders.2' });
    await untilStatus(handle, ({ state }) => state === 'waiting');
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
    nothingLeft(system);
  });

  test('all candidates suspect: users are kept out, and it asks which one by name; an abort brings back what was', async () => {
    const system = shop.live(FILE);
    const [older, newest] = [stored(system, 2), stored(system, 1)];
    const chosen = older;
    const asked = async (): Promise<WorkflowHandle> => {
      const handle = await start(system, { corruptedSince: daysAgo(9) });
      const { step, asks } = await untilStatus(handle, ({ asks: open }) => open !== undefined);
      assert.equal(step, 'suspects-orders');
      assert.deepEqual(asks?.options, [timeIn(older), timeIn(newest)]);
      assert.match(asks.text, new RegExp(`suspect: .*${older} .*${newest} .*likeliest`));
      assert.notEqual(liveOf(system)?.fencedSince, undefined);
      return handle;
    };
    const given = await asked();
    await send(given, 'abort', { actor: 'ana' });
    assert.equal((await endOf(given)).outcome, 'aborted');
    assert.deepEqual([liveOf(system)?.name, liveOf(system)?.fencedSince], ['live-1', undefined]);
    const handle = await asked();
    const answer = { actor: 'ana', step: 'suspects-orders', option: timeIn(chosen) };
    await send(handle, 'choose', answer);
    const { gates, verdicts } = await untilStatus(handle, ({ gates: open }) => open.length > 0);
    const told = verdicts.filter(({ step }) => step === 'exchange').map(({ reason }) => reason);
    assert.match(told.join('\n'), new RegExp(`^${chosen}, .*; suspect: its recovery point`, 'm'));
    const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
    await send(handle, 'approve', { actor: 'ben', gate: id, digest });
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.ok(message.startsWith(`orders is ${chosen}; `), message);
    assert.match(liveOf(system)?.name ?? '', new RegExp(timeIn(chosen)));
    nothingLeft(system);
  });

  test('all candidates bad and others suspect: whoever is asked is told of those too', async () => {
    const system = shop.live(FILE);
    const [older, suspect] = [stored(system, 5), stored(system, 1)];
    isBad(older, 'cut off');
    const handle = await start(system, { corruptedSince: daysAgo(2) });
    const { note } = await untilStatus(handle, ({ state }) => state === 'parked');
    assert.match(note ?? '', new RegExp(`loads: .*cut off.*`));
    assert.match(note ?? '', new RegExp(`not taken: ${suspect} \\(suspect`));
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
    nothingLeft(system);
  });

  test('a backup that somebody named is never replaced by another one', async () => {
    const system = shop.live(FILE);
    stored(system, 2);
    const named = stored(system, 1);
    isBad(named, 'cut off');
    const handle = await start(system, { backup: named });
    await untilStatus(handle, ({ state, step }) => state === 'parked' && step === 'loads-orders');
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
    nothingLeft(system);
  });
});
