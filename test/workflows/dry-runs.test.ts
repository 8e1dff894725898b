// A dry run answers whatever runs: it has an id of its own, and says what is in the way of what it plans.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Plan } from '../../src/domain/operation/plan.ts';
import { RUNBOOKS, operationAsked } from '../../src/runbooks/index.ts';
import { endOf } from '../support/operations.ts';
import { openShop, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

async function notesOf(type: string, request: object): Promise<string> {
  const handle = await shop.start(type, { ...request, dryRun: true });
  const { outcome, message } = await endOf(handle);
  assert.equal(outcome, 'planned', message);
  assert.match((await handle.query<{ operation: string }>('status')).operation, /^plan\//);
  return ((await handle.query<Plan>('plan')).notes ?? []).join('\n');
}

test('no dry run has the id of what it is about', () => {
  const request = { system: 'shop', service: 'api', version: 'v2', runbook: 'slow' };
  for (const runbook of Object.values(RUNBOOKS)) {
    const operation = runbook.id(request);
    assert.equal(operationAsked(runbook, request), operation);
    assert.equal(operationAsked(runbook, { ...request, dryRun: true }), `plan/${operation}`);
  }
});

test('a dry run names who holds the lease, and what would become of either', async () => {
  const { system, handle } = await shop.waiting();
  const api = { system, service: 'api' };
  const held = `deploy/${system}/api/v2 holds the lease of api since .*: this one would`;
  assert.match(
    await notesOf('canaryDeploy', { ...api, version: 'v3' }),
    new RegExp(`${held} be refused`),
  );
  assert.match(await notesOf('stopTraffic', api), new RegExp(`${held} make it give way`));
  assert.equal((await handle.describe()).status.name, 'RUNNING');
  await handle.terminate();
});

test('a dry run of what runs already says that it runs', async () => {
  const system = shop.live();
  const request = { system, service: 'api', version: 'v2' };
  const operation = operationAsked(RUNBOOKS.canaryDeploy, request);
  const handle = await shop.worker.start('canaryDeploy', request, operation);
  const before = `deploy/${system}/api/v2 runs already, since `;
  let notes = await notesOf('canaryDeploy', request);
  while (!notes.includes('holds')) notes = await notesOf('canaryDeploy', request);
  assert.ok(notes.startsWith(before), notes);
  assert.match(
    notes,
    /, and holds the lease of api: asked for the same, the command would join it, and else be refused/,
  );
  await handle.terminate();
});

test('a dry run under the id of what it plans is not in its own way', async () => {
  const request = { system: shop.live(), service: 'api', version: 'v2', dryRun: true };
  const own = operationAsked(RUNBOOKS.canaryDeploy, { ...request, dryRun: false });
  const handle = await shop.worker.start('canaryDeploy', request, own);
  assert.equal((await endOf(handle)).outcome, 'planned');
  assert.deepEqual((await handle.query<Plan>('plan')).notes ?? [], []);
});

test('with nothing in the way there is nothing to say', async () => {
  assert.equal(
    await notesOf('scaleService', { system: shop.live(), service: 'api', replicas: 2 }),
    '',
  );
});
