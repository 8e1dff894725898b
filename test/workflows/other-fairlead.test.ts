// Another Fairlead, with a Temporal of its own, over the same object store: what it recovers later is noted there, and what
// began before it here changes nothing of that system any more.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, stored, nothingLeft } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged, epochs, world } = shop.ports;

const FILE: ShopFile = {
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: { admit: [100] },
};
const GATED: ShopFile = {
  ...FILE,
  rollout: {
    canary: { steps: [{ weight: 50, approval: 'recovery' }, { weight: 100 }], watch: '0s' },
  },
};
const HOUR = 3_600_000;

function anothers(system: string, epoch: number): void {
  const operation = `recover/${system}`;
  epochs.noted.set(system, { system, epoch, operation, server: 'another/default' });
}

function live(file: ShopFile = FILE): string {
  const system = shop.live(file);
  stored(system, 1);
  return system;
}

const recovery = (system: string) =>
  shop.start('disasterRecovery', { system, mode: 'recover', requestedBy: 'ci' });

describe('a recovery by another Fairlead over the same object store', () => {
  test('that began later: an older recovery ends as preempted, and touches nothing', async () => {
    const system = live();
    anothers(system, Date.now() + HOUR);
    const { outcome, message } = await endOf(await recovery(system));
    assert.equal(outcome, 'preempted', message);
    assert.match(message, /a newer change was there first: recover\/.* of another Fairlead/);
    const { traffic } = world.service({ system, service: 'api' });
    assert.deepEqual([traffic.stopped, traffic.admitPercent], [false, 100]);
    assert.equal(exchanged.live.get(`${system}/orders`)?.fencedSince, undefined);
    assert.equal(epochs.noted.get(system)?.server, 'another/default');
    nothingLeft(system);
  });

  test('that began while a deploy waits: its users stay where they are', async () => {
    const system = live(GATED);
    const handle = await shop.start('canaryDeploy', {
      ...{ system, service: 'api', version: 'v2', requestedBy: 'ci' },
    });
    const { gates } = await untilStatus(handle, ({ state }) => state === 'waiting');
    const before = shop.weightsOf(system);
    anothers(system, Date.now() + HOUR);
    const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
    await send(handle, 'approve', { actor: 'ana', gate: id, digest });
    assert.equal((await endOf(handle)).outcome, 'preempted');
    assert.equal(shop.weightsOf(system), before);
  });

  test('that began earlier holds up nothing, and a recovery here is noted as the newest', async () => {
    const system = live();
    anothers(system, 1);
    const handle = await recovery(system);
    const { gates } = await untilStatus(handle, ({ state }) => state === 'waiting');
    const noted = epochs.noted.get(system);
    assert.equal(noted?.operation, `recover/${system}`);
    assert.match(noted.server, /^[0-9a-f-]{36}\/default$/);
    const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
    await send(handle, 'approve', { actor: 'ana', gate: id, digest });
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
  });
});
