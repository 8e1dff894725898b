// A migration between a backup and now: a recovery asks which version serves afterwards, and deploys and roll-backs to a version
// that served on another structure say so.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, vault, stored } = await openDataShop();
after(() => shop.worker.stop());

const FILE: ShopFile = {
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: { admit: [100] },
  rollout: { canary: { steps: [{ weight: 50, bake: '50ms' }], watch: '0s' } },
};
const table = (columns: string) => [{ kind: 'table', of: '', name: 'orders', text: columns }];

/** v2 serves by now; v1 did when the backup was made, on tables without a column. */
async function migrated(): Promise<string> {
  const system = shop.live(FILE);
  const entry = vault.entries.get(stored(system, 1));
  assert.ok(entry?.state === 'complete');
  entry.manifest.served = { api: ['v1'] };
  entry.manifest.contents.definitions = table('columns id');
  vault.definitions = table('columns id, tip');
  const deploy = await shop.deploy(system, 'v2');
  assert.equal((await endOf(deploy)).outcome, 'succeeded');
  return system;
}

async function recovered(system: string, version: string) {
  const request = { system, mode: 'recover', requestedBy: 'ci' };
  const handle = await shop.start('disasterRecovery', request);
  const { asks } = await untilStatus(handle, (status) => status.asks !== undefined);
  assert.equal(asks?.step, 'version-api');
  assert.match(asks.text, /The tables of orders are otherwise now .*v1 of api served when it was/);
  assert.deepEqual(asks.options, ['v2', 'v1']);
  await send(handle, 'choose', { actor: 'ben', step: 'version-api', option: version });
  const { gates, verdicts } = await untilStatus(handle, (status) => status.gates.length > 0);
  const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
  const told = verdicts.find(({ name }) => name === 'orders: versions of api')?.reason ?? '';
  assert.match(told, new RegExp(`serves v2 now: ben chose ${version}`));
  await send(handle, 'approve', { actor: 'ana', gate: id, digest });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
  return reportOf(handle);
}

describe('a migration between a backup and now', { concurrency: 1 }, () => {
  test('lets people put the version of then in the place of the one of now', async () => {
    const system = await migrated();
    const { steps } = await recovered(system, 'v1');
    const done = steps.filter(({ status }) => status === 'done').map(({ id }) => id);
    assert.ok(done.includes('admit-100-api-then') && !done.includes('admit-100-api'));
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('lets them go on with the version of now', async () => {
    const system = await migrated();
    const { steps } = await recovered(system, 'v2');
    const done = steps.filter(({ status }) => status === 'done').map(({ id }) => id);
    assert.ok(done.includes('admit-100-api') && !done.includes('admit-100-api-then'));
    assert.equal(shop.weightsOf(system), 'v2 100 %');
  });

  test('is said by a roll-back to a version of before it, and by none to one of after', async () => {
    const system = await migrated();
    const back = await shop.start('rollback', { system, service: 'api' });
    assert.equal((await endOf(back)).outcome, 'succeeded');
    const { findings } = await reportOf(back);
    assert.match(findings.join('\n'), /a migration lies between: when v1 of api served last, by/);
    vault.definitions = table('columns id');
    const again = await shop.deploy(system, 'v2');
    assert.equal((await endOf(again)).outcome, 'succeeded');
    assert.doesNotMatch((await reportOf(again)).findings.join('\n'), /migration/);
  });

  test('is asked about by nobody where the tables are as they were', async () => {
    const system = await migrated();
    vault.definitions = table('columns id');
    const request = { system, mode: 'recover', requestedBy: 'ci', dryRun: true };
    const handle = await shop.start('disasterRecovery', request);
    assert.equal((await endOf(handle)).outcome, 'planned');
    const ids = (await reportOf(handle)).plan?.steps.map(({ id }) => id) ?? [];
    assert.ok(ids.includes('exchange') && !ids.includes('version-api'));
  });
});
