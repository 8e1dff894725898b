// What a report of a running, a closed and an interrupted operation can be checked by: asked as people ask for it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkReport } from '../../src/domain/record/check-report.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { SIGNATURES } from '../../src/integrations/signing.ts';
import { memorySigner } from '../support/memory/memory-signer.ts';
import { endOf } from '../support/operations.ts';
import { asJson } from '../support/record/signed-report.ts';
import { openShop, send, type Shop } from '../support/shop.ts';

const signer = memorySigner();
let shop: Shop;
before(async () => {
  shop = await openShop({ signer });
});
after(() => shop.worker.stop());

const check = (report: Report) => checkReport(asJson(report), SIGNATURES) ?? assert.fail('old');

test('a running operation reports its entries, unsigned; the closed one is signed and whole', async () => {
  const { handle } = await shop.waiting();
  const running = await handle.query<Report>('report');
  const before = check(running);
  assert.deepEqual([before.altered, before.closed, before.signed], [null, false, null]);
  assert.ok(running.evidence.entries.length > 3);
  await send(handle, 'approve', { actor: 'ana' });
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  const report = await handle.query<Report>('report');
  const { altered, closed, signed } = check(report);
  assert.deepEqual([altered, closed, signed?.publicKey], [null, true, signer.publicKey]);
  const { runId } = await handle.describe();
  const run = { workflowId: handle.workflowId, runId };
  const asked = await shop.start('inspectSystem', { system: report.system, report: run });
  assert.deepEqual(await asked.result(), report);
});

test('the record of one that was terminated is closed and signed by whoever finds its lease', async () => {
  const { system, handle } = await shop.waiting();
  await handle.terminate('by hand');
  assert.equal((await endOf(await shop.start('stopTraffic', { system }))).outcome, 'succeeded');
  const { runId } = await handle.describe();
  const report = { workflowId: handle.workflowId, runId };
  const asked = await shop.start('inspectSystem', { system, report });
  const found = (await asked.result()) as Report;
  assert.equal(found.outcome, 'interrupted');
  const { altered, signed } = check(found);
  assert.deepEqual([altered, signed?.publicKey], [null, signer.publicKey]);
});

test('without a key an operation ends as it would, and its report says that it is not signed', async (t) => {
  signer.broken = 'the key evidence.key cannot be had';
  t.after(() => {
    delete signer.broken;
  });
  const handle = await shop.start('stopTraffic', { system: shop.live() });
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  const report = await handle.query<Report>('report');
  assert.match(report.findings.join(), /the record is not signed: the key evidence\.key/);
  const { altered, signed } = check(report);
  assert.deepEqual([altered, signed], [null, null]);
});
