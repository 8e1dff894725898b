// A system that takes only versions that had all users of another one, on a real server.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { endOf, untilStatus } from '../support/operations.ts';
import { openShop, send, type ShopFile } from '../support/shop.ts';

const shop = await openShop();
after(() => shop.worker.stop());

const rollout: ShopFile = { rollout: { canary: { steps: [{ weight: 50 }], watch: '0s' } } };

const takesFrom = (from: string, soak = '0s', more: ShopFile = {}): string =>
  shop.live({ ...rollout, promote: { from, soak }, ...more });

async function deployed(system: string, version: string): Promise<void> {
  const { outcome } = await endOf(await shop.deploy(system, version));
  assert.equal(outcome, 'succeeded');
}

describe('a version comes to production', { concurrency: 4 }, () => {
  test('after it had all users in staging, and not before', async () => {
    const staging = shop.live(rollout);
    const production = takesFrom(staging);
    const early = await endOf(await shop.deploy(production, 'v2'));
    assert.deepEqual(
      [early.outcome, early.message],
      [
        'refused',
        `${production} takes a version only after it was tried: ${staging}/api never gave v2 to all users (there now: v1 100 %); nothing was changed. Deploy v2 there first, or have it let through (--hotfix)`,
      ],
    );
    assert.equal(shop.weightsOf(production), 'v1 100 %');
    await deployed(staging, 'v2');
    await deployed(production, 'v2');
    assert.equal(shop.weightsOf(production), 'v2 100 %');
  });

  test('not when staging was rolled back from it', async () => {
    const staging = shop.live(rollout);
    const production = takesFrom(staging);
    await deployed(staging, 'v2');
    const back = await shop.start('rollback', { system: staging, service: 'api' });
    assert.equal((await endOf(back)).outcome, 'succeeded');
    const { outcome, message } = await endOf(await shop.deploy(production, 'v2'));
    assert.equal(outcome, 'refused');
    assert.match(message, /was rolled back after it had v2 \(there now: v1 100 %\)/);
  });

  test('before its time, when people let it through', async () => {
    const staging = shop.live(rollout);
    await deployed(staging, 'v2');
    const production = takesFrom(staging, '1h', { changes: { hotfix: 'promote' } });
    const soaking = await endOf(await shop.deploy(production, 'v2'));
    assert.match(soaking.message, /60 min are asked for; it will have been so long at \d{4}-/);
    const asked = { hotfix: true, reason: 'users cannot pay' };
    const handle = await shop.deploy(production, 'v2', asked);
    const { gates } = await untilStatus(handle, ({ state }) => state === 'waiting');
    assert.deepEqual(
      gates.map(({ id }) => id),
      ['hotfix'],
    );
    assert.equal(shop.weightsOf(production), 'v1 100 %');
    await send(handle, 'approve', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('a dry run is told the same, and a roll-back asks nobody', async () => {
    const production = takesFrom(shop.live(rollout));
    const dry = await endOf(await shop.deploy(production, 'v2', { dryRun: true }));
    assert.equal(dry.outcome, 'refused');
    const nowhere = await endOf(await shop.deploy(takesFrom('nowhere-at-all'), 'v2'));
    assert.equal(nowhere.outcome, 'refused');
    assert.match(nowhere.message, /nowhere-at-all/);
  });
});
