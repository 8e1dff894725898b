// Recoveries of what is gone as whole operations, with datastores in memory.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, stored, nothingLeft } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged } = shop.ports;

const FILE: ShopFile = {
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: { admit: [100] },
};

async function begun() {
  const system = shop.live(FILE);
  const backup = stored(system, 1);
  const asked = { system, mode: 'recover', requestedBy: 'ci', lost: true, into: '/srv/other' };
  return { system, backup, handle: await shop.start('disasterRecovery', asked) };
}

const parkedAt = (handle: WorkflowHandle, at: string) =>
  untilStatus(handle, ({ state, step }) => state === 'parked' && step === at);

const asks = (handle: WorkflowHandle, at: string) =>
  untilStatus(handle, (status) => status.asks?.step === at);

async function ticked(handle: WorkflowHandle, step: string): Promise<void> {
  await asks(handle, step);
  await send(handle, 'tick', { actor: 'ben', step, note: 'seen' });
}

async function approve(handle: WorkflowHandle): Promise<string> {
  const { gates, verdicts } = await untilStatus(handle, ({ state }) => state === 'waiting');
  const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
  await send(handle, 'approve', { actor: 'ana', gate: id, digest });
  return verdicts.flatMap((one) => (one.step === 'exchange' ? [one.reason] : [])).join('\n');
}

describe('a recovery of what is gone', () => {
  test('says that the loss is not known, binds the new place, and users are on revisions of it', async () => {
    const { system, backup, handle } = await begun();
    const asked = await approve(handle);
    assert.match(asked, /is lost, and nobody can say what it was; \/srv\/other becomes orders/);
    await ticked(handle, 'address-api');
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.ok(message.startsWith(`orders is ${backup}, at /srv/other; `), message);
    assert.match(message, /unknown since then/);
    const { traffic } = shop.ports.world.service({ system, service: 'api' });
    assert.deepEqual([traffic.stopped, traffic.admitPercent], [false, 100]);
    assert.match(shop.weightsOf(system), /v1 100/);
    assert.equal(shop.ports.world.service({ system, service: 'api' }).revisions.size, 2);
    assert.ok(exchanged.done.includes('bind orders'));
    assert.equal((await reportOf(handle)).verdict, 'pass');
    nothingLeft(system);
  });

  test('of what answers still is refused, and nobody makes way for it', async () => {
    exchanged.answers.add('orders');
    const { system, handle } = await begun();
    const { outcome, message } = await endOf(handle);
    exchanged.answers.delete('orders');
    assert.equal(outcome, 'refused', message);
    assert.match(message, /orders is not lost; recover it in its place/);
    assert.match(shop.weightsOf(system), /v1 100/);
    nothingLeft(system);
  });

  test('whose place is taken by the time that it begins asks, and an abort lets users in where they were', async (t) => {
    const lost = shop.ports.exchanges.lost.bind(shop.ports.exchanges);
    let looks = 0;
    shop.ports.exchanges.lost = async (input) => {
      looks += 1;
      // The first look is before leases are taken, the second makes the plan.
      return looks > 2 ? { unable: '/srv/other holds something' } : lost(input);
    };
    t.after(() => {
      shop.ports.exchanges.lost = lost;
    });
    const { system, handle } = await begun();
    const status = await parkedAt(handle, 'preflight');
    assert.match(JSON.stringify(status), /\/srv\/other holds something/);
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.match(shop.weightsOf(system), /v1 100/);
    nothingLeft(system);
  });

  test('whose services cannot log in at the new place asks before any is started', async () => {
    exchanged.lacking = ['the role app was made without a password'];
    const { handle, system } = await begun();
    await approve(handle);
    await parkedAt(handle, 'moved-orders');
    exchanged.lacking = [];
    await send(handle, 'retryStep', { actor: 'ana' });
    await asks(handle, 'address-api');
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    const { leftovers } = await reportOf(handle);
    assert.match(leftovers.join(), /orders was exchanged, and users of api are kept out/);
    nothingLeft(system);
  });
});
