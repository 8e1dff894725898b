// "Secrets" that read like names: a stage called production. Names stay whole, text loses them, the chain holds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { verifyChain } from '../../src/domain/record/evidence-chain.ts';
import { createRedactor } from '../../src/integrations/secrets.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { openShop, refusal, send, type Shop, type ShopFile } from '../support/shop.ts';

const KEY = 'key-5ecret';
const file: ShopFile = { configuration: { STAGE: { env: 'STAGE' }, KEY: { env: 'KEY' } } };
/** Every system of the shop is called `shop-...`, and so is the stage. */
const env: Record<string, string | undefined> = { STAGE: 'shop', KEY };

let shop: Shop;
before(async () => {
  shop = await openShop({
    redactor: createRedactor({
      env,
      readFile: () => Promise.reject(new Error('gone')),
      reader: 'the worker',
    }),
  });
});
after(() => shop.worker.stop());

test('a deploy of a system whose name holds a secret succeeds, with a record that is whole', async () => {
  const { handle } = await shop.waiting(file, { requestedBy: 'ci@shop', reason: `with ${KEY}` });
  await handle.signal(`tell-${KEY}`, {});
  await send(handle, 'approve', { actor: 'ana@shop', reason: 'shop looks well' });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
  const { workflowId, runId } = await handle.describe();
  const record = await shop.ports.evidence.read({ workflowId, runId });
  assert.equal(verifyChain(record), undefined);
  const text = JSON.stringify([record, await handle.query('status')]);
  assert.doesNotMatch(text, new RegExp(KEY));
  assert.match(text, /with \[redacted\]/);
  assert.match(text, /tell-\[redacted\]/);
  assert.match(text, /\[redacted\] looks well/);
  assert.match(text, /ci@shop/);
});

test('status shows what was refused last, and which answers a parked step takes', async () => {
  const { handle } = await shop.waiting(file);
  const said = await refusal(handle, 'approve', { actor: 'ci' });
  const { lastRefused, answers } = await handle.query<OperationStatus>('status');
  assert.deepEqual(
    { ...lastRefused, at: '' },
    { message: 'approve', actor: 'ci', note: said, at: '' },
  );
  assert.equal(answers, undefined);
  // Somebody was heard since: it is over.
  await send(handle, 'pause', { actor: 'ana' });
  assert.equal((await handle.query<OperationStatus>('status')).lastRefused, undefined);
  await send(handle, 'abort', {});
  await endOf(handle);
  const canary = { steps: [{ weight: 5, bake: '1s' }], watch: '0s', analysis: 'errors' };
  shop.ports.world.answer('v3', { requests: 0 });
  const parked = await shop.deploy(shop.live({ rollout: { canary } }), 'v3');
  const status = await untilStatus(
    parked,
    (one) => one.state === 'parked' || one.state === 'closed',
  );
  assert.deepEqual(status.answers, ['retryStep', 'skipStep', 'abort']);
  await send(parked, 'abort', {});
  await endOf(parked);
});

test('a stop goes on where a secret is not there, without its reason; a deploy does not', async () => {
  const system = shop.live(file);
  delete env['KEY'];
  try {
    const refused = await endOf(await shop.deploy(system, 'v2'));
    assert.match(refused.message, /secrets of .* are not there: .*KEY/);
    const stop = await shop.start('stopTraffic', { system, reason: 'wrong numbers' });
    const end = await endOf(stop);
    assert.equal(end.outcome, 'succeeded', end.message);
    const report = await stop.query<{ reason: string }>('report');
    assert.match(report.reason, /^\[not shown: secrets of/);
  } finally {
    env['KEY'] = KEY;
  }
});
