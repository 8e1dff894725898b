// Recoveries that adopt what somebody else restored, as whole operations, with datastores in memory.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { send } from '../support/shop.ts';

const { shop, nothingLeft } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged, beats } = shop.ports;

async function adopting(what: string) {
  const system = shop.live({
    uses: ['orders'],
    datastores: { orders: { kind: 'files', directory: 'data' } },
    recovery: { admit: [25, 100] },
  });
  const request = { system, mode: 'recover', requestedBy: 'ci', adopt: what };
  return { system, handle: await shop.start('disasterRecovery', request) };
}

async function asked(handle: WorkflowHandle): Promise<OperationStatus> {
  return untilStatus(handle, ({ state }) => state === 'waiting');
}

describe('a recovery that adopts what somebody else restored', () => {
  for (const what of ['gen-7', '/mnt/snapshot']) {
    test(`judges ${what}, counts what is lost, asks, and exchanges it as a backup`, async () => {
      beats.files.set(what, Date.now());
      const { system, handle } = await adopting(what);
      const { verdicts, gates } = await asked(handle);
      const reasons = verdicts.filter(({ step }) => step === 'exchange');
      assert.match(
        reasons.map(({ reason }) => reason).join('\n'),
        new RegExp(`${what}, which somebody else restored`),
      );
      const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
      await send(handle, 'approve', { actor: 'ana', gate: id, digest });
      const { outcome, message } = await endOf(handle);
      assert.equal(outcome, 'succeeded', message);
      assert.ok(message.startsWith(`orders is ${what}; `), message);
      const live = exchanged.live.get(`${system}/orders`);
      assert.match(live?.name ?? '', /-adopted-/);
      const climbed = (await reportOf(handle)).steps.map((step) => step.id);
      assert.equal(climbed.includes('artefact-orders'), what.includes('/'));
      nothingLeft(system);
    });
  }

  test('is refused before anybody is kept out where that cannot be adopted', async () => {
    const { system, handle } = await adopting('gen-99');
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'refused', message);
    assert.match(message, /there is no gen-99/);
    const { traffic } = shop.ports.world.service({ system, service: 'api' });
    assert.equal(traffic.stopped, false);
    nothingLeft(system);
  });
});
