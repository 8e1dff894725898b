// checkRecovery, acceptBackup and removeQuarantined as workflows: what they find, whom they tell, and how often.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { RemovedQuarantine } from '../../src/activities/data/remove-quarantined.ts';
import type { CheckedRecovery } from '../../src/activities/data/check-recovery.ts';
import { shapeOf, engineOf } from '../../src/domain/recovery/drill-record.ts';
import { openDataShop, withOrders } from '../support/data-shop.ts';
import { drillRecord } from '../support/record/drill-records.ts';
import { endOf } from '../support/operations.ts';
import type { ShopFile } from '../support/shop.ts';

const { shop, vault, stored } = await openDataShop();
const { client } = shop.worker;
after(() => shop.worker.stop());

const telling = (notify: NonNullable<ShopFile['notify']>): ShopFile => ({
  ...withOrders(),
  notify,
});
const console = { type: 'console' } as const;

async function check(system: string): Promise<CheckedRecovery> {
  const handle = await shop.start('checkRecovery', { system });
  return (await handle.result()) as CheckedRecovery;
}

const toldOf = (system: string) =>
  shop.ports.notify.sent.filter(({ notice }) => notice.system === system);

/** A drill of now that passed on what the system is now, and a backup of a moment ago. */
async function prove(system: string): Promise<void> {
  const loaded = await shop.ports.systems.load(system);
  const id = stored(system, 0);
  const entry = vault.entries.get(id);
  const tools = entry?.state === 'complete' ? entry.manifest.tools : {};
  const now = new Date().toISOString();
  const { drills, version } = shop.ports;
  drills.records.push(
    drillRecord({
      system,
      runId: `${system}-${drills.records.length}`,
      startedAt: now,
      endedAt: now,
      shape: shapeOf(loaded.system),
      engine: engineOf(version, { orders: tools }),
    }),
  );
}

describe('checkRecovery', () => {
  test('says of a system that only declares datastores why nobody can show that it is recoverable', async () => {
    const system = shop.empty(withOrders());
    const { recovery, told } = await check(system);
    assert.deepEqual(
      recovery?.reasons.map(({ code }) => code),
      ['neverDrilled', 'noBackup/orders'],
    );
    assert.deepEqual(told, []);
    assert.equal(shop.ports.ledger.seen.get(system)?.state, 'unproven');
  });

  test('finds nothing to recover where there are no datastores', async () => {
    const { recovery } = await check(shop.empty());
    assert.equal(recovery, null);
  });

  test('tells people once per change, and again when it changes back', async () => {
    const system = shop.empty(telling({ ops: console, night: { ...console, events: ['ended'] } }));
    assert.deepEqual((await check(system)).told, ['ops']);
    assert.deepEqual((await check(system)).told, []);
    await prove(system);
    const proven = await check(system);
    assert.deepEqual([proven.recovery?.state, proven.recovery?.why], ['proven', []]);
    assert.deepEqual(proven.told, ['ops']);
    assert.deepEqual((await check(system)).told, []);
    for (const [id] of vault.entries) if (id.startsWith(`${system}/`)) vault.entries.delete(id);
    assert.deepEqual((await check(system)).told, ['ops']);
    const titles = toldOf(system).map(({ notice }) => notice.title);
    const [first] = toldOf(system);
    assert.deepEqual(titles, [
      `${system} is unproven`,
      `${system} is proven`,
      `${system} is unproven`,
    ]);
    assert.equal(first?.notice.look, `fairlead health ${system} --detailed`);
    assert.ok(first.notice.fields.some(({ value }) => value === 'no drill was ever made'));
  });

  test('a channel that does not answer holds nobody up, and is tried again by the next check', async () => {
    const system = shop.empty(telling({ away: console, ops: console }));
    const first = await check(system);
    assert.deepEqual(first.told, ['ops']);
    assert.match(first.notTold[0]?.reason ?? '', /away does not answer/);
    assert.equal(shop.ports.ledger.seen.get(system)?.told, false);
    await check(system);
    assert.equal(toldOf(system).length, 1, 'ops is not told a second time');
  });

  test('health asks for the same through inspectSystem', async () => {
    const system = shop.empty(withOrders());
    await prove(system);
    const handle = await shop.start('inspectSystem', { system, recovery: true });
    const answer = (await handle.result()) as CheckedRecovery;
    assert.equal(answer.recovery?.state, 'proven');
  });

  test('an unknown system is a sentence', async () => {
    const { message } = await endOf(await shop.start('checkRecovery', { system: 'nowhere' }));
    assert.match(message, /there is no system nowhere/);
  });
});

describe('acceptBackup', () => {
  /** Five backups like each other, and a newest one that lost nearly everything. */
  function odd(system: string): string {
    for (const days of [6, 5, 4, 3, 2]) {
      const id = stored(system, days);
      const entry = vault.entries.get(id);
      assert.ok(entry?.state === 'complete');
      entry.manifest.contents.parts = [{ name: 'orders', rows: 5000, bytes: 1, hash: 'h' }];
    }
    return stored(system, 1);
  }
  const accept = (backup: string, requestedBy = 'ana') =>
    shop.start('acceptBackup', { backup, reason: 'the archive was emptied', requestedBy });

  test('an odd backup is chosen again once somebody has accepted it; twice is fine', async () => {
    const system = shop.empty(withOrders());
    const backup = odd(system);
    const before = await check(system);
    assert.notEqual(before.recovery?.datastores[0]?.newestBackup?.id, backup);
    const first = (await (await accept(backup)).result()) as { odd: string[]; by: string };
    assert.equal(first.by, 'ana');
    assert.match(first.odd.join(), /rows/);
    const after = await check(system);
    assert.equal(after.recovery?.datastores[0]?.newestBackup?.id, backup);
    const second = (await (await accept(backup, 'ben')).result()) as { odd: string[]; by: string };
    assert.deepEqual(second, { ...second, by: 'ana', odd: [] });
    const entry = vault.entries.get(backup);
    assert.ok(entry?.state === 'complete');
    assert.deepEqual(
      entry.marks.map(({ kind, by, reason }) => [kind, by, reason]),
      [['accepted', 'ana', 'the archive was emptied']],
    );
  });

  test('one that is not odd, or not there, is said', async () => {
    const system = shop.empty(withOrders());
    const plain = stored(system, 1);
    assert.match((await endOf(await accept(plain))).message, /nothing is odd about/);
    const none = `${system}/orders/20200101T000000.000Z`;
    const gone = await endOf(await accept(none));
    assert.equal(gone.kind, 'NotFound', gone.message);
  });

  test('without a reason it is refused', async () => {
    const backup = odd(shop.empty(withOrders()));
    const handle = await shop.start('acceptBackup', { backup, requestedBy: 'ana', reason: ' ' });
    const { kind, message } = await endOf(handle);
    assert.equal(kind, 'BadInput');
    assert.match(message, /reason is " ", allowed: why it is fine/);
  });
});

describe('removeQuarantined', () => {
  const { exchanged } = shop.ports;
  const remove = (system: string, name: string) =>
    shop.start('removeQuarantined', { system, datastore: 'orders', name, requestedBy: 'ana' });
  const kept = (system: string): void => {
    const since = Date.now() - 86_400_000;
    const one = { name: 'gen-1', since, operation: `recover/${system}`, bytes: 12 };
    exchanged.kept.set(`${system}/orders`, [one]);
  };

  test('removes what an exchange kept, and says whose it was', async () => {
    const system = shop.empty(withOrders());
    kept(system);
    const answer = (await (await remove(system, 'gen-1')).result()) as RemovedQuarantine;
    assert.deepEqual([answer.by, answer.removed.name, answer.removed.bytes], ['ana', 'gen-1', 12]);
    assert.deepEqual(exchanged.kept.get(`${system}/orders`), []);
  });

  test('what is not kept is named with what is, and nothing is removed', async () => {
    const system = shop.empty(withOrders());
    kept(system);
    const { kind, message } = await endOf(await remove(system, 'gen-2'));
    assert.equal(kind, 'NotFound');
    assert.match(message, /removing gen-2 of .*: no exchange keeps it; kept there: gen-1/);
    assert.equal(exchanged.kept.get(`${system}/orders`)?.length, 1);
  });

  test('while the system is being recovered everything stays', async () => {
    const system = shop.empty(withOrders());
    kept(system);
    // Nobody carries it out: it is open, and that is all that counts.
    const open = await client.workflow.start('disasterRecovery', {
      ...{ workflowId: `recover/${system}`, taskQueue: `${system}/nobody`, args: [{}] },
    });
    const { kind, message } = await endOf(await remove(system, 'gen-1'));
    await open.terminate('for the test');
    assert.equal(kind, 'Refused', message);
    assert.match(message, /recover\/.* is open, and what was live may be needed/);
    assert.equal(exchanged.kept.get(`${system}/orders`)?.length, 1);
  });
});
