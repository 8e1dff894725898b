// Recoveries in the place of the live data, after the exchange: what is live is read once more, and what is derived from it is
// filled before users come.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, vault, stored } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged } = shop.ports;

const FILE = {
  uses: ['orders', 'cache'],
  datastores: {
    orders: { kind: 'files', directory: 'data' },
    cache: { kind: 'redis', role: 'derived', warm: [{ service: 'api', http: '/products' }] },
  },
  recovery: { admit: [100] },
} satisfies ShopFile;

async function approved(): Promise<{ system: string; handle: WorkflowHandle }> {
  const system = shop.live(FILE);
  stored(system, 1);
  const request = { system, mode: 'recover', datastore: 'orders', requestedBy: 'ci' };
  const handle = await shop.start('disasterRecovery', request);
  const { gates } = await untilStatus(handle, ({ state }) => state === 'waiting');
  const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
  await send(handle, 'approve', { actor: 'ana', gate: id, digest });
  return { system, handle };
}

const isStopped = (system: string): boolean =>
  shop.ports.world.service({ system, service: 'api' }).traffic.stopped;

describe('a recovery after its exchange', () => {
  test('asks where what is live is not what was approved, whatever the exchange answered', async () => {
    const { reached, release } = exchanged.hangNext('exchange', true);
    const { system, handle } = await approved();
    await reached;
    const before = vault.loss;
    vault.loss = { ...before, changed: { count: 2, digest: 'other', shown: ['order 9'] } };
    release();
    const { note } = await untilStatus(
      handle,
      ({ state, step }) => state === 'parked' && step === 'live-orders',
    );
    vault.loss = before;
    assert.match(note ?? '', /is not what was approved: 2 in both, with other content, and 0 when/);
    assert.equal(isStopped(system), true);
    await send(handle, 'retryStep', { actor: 'ana', step: 'live-orders' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('warms what it emptied before users come, and asks where that cannot be done', async () => {
    const { checks } = shop.ports;
    const before = checks.run.bind(checks);
    const asked: string[] = [];
    let isBroken = true;
    checks.run = async (input) => {
      asked.push(input.check.http ?? '');
      if (isBroken) throw new Failure('CheckFailed', 'GET /products answered 500');
      return 'GET /products answered 200';
    };
    const { system, handle } = await approved();
    const { note, answers } = await untilStatus(
      handle,
      ({ state, step }) => state === 'parked' && step === 'warm-cache-api',
    );
    assert.match(note ?? '', /\/products answered 500/);
    assert.ok(answers?.includes('skipStep'));
    assert.equal(isStopped(system), true);
    isBroken = false;
    await send(handle, 'retryStep', { actor: 'ana', step: 'warm-cache-api' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    checks.run = before;
    assert.deepEqual([...new Set(asked)], ['/products']);
  });
});
