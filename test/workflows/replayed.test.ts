// A worker without a cache replays the whole history at each task, so whatever differs the second time (a time, an order,
// something that a query changed) ends the operation here, and not only on the day when a worker dies.
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
  shop = await openShop({ signer }, { maxCachedWorkflows: 0 });
});
after(() => shop.worker.stop());

/** Whether entries follow each other as they were chained, whether the record is closed, and by whom it is signed. */
function recordIn(report: Report): unknown {
  const { altered, closed, signed } =
    checkReport(asJson(report), SIGNATURES) ?? assert.fail('no record');
  return { altered, closed, signedBy: signed?.publicKey };
}

test('a deploy with a gate, asked and approved between its tasks, has one whole record', async () => {
  const { handle, system } = await shop.waiting();
  await handle.query<Report>('report');
  await send(handle, 'approve', { actor: 'ana' });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.equal(shop.weightsOf(system), 'v2 100 %');
  assert.deepEqual(recordIn(await handle.query<Report>('report')), {
    altered: null,
    closed: true,
    signedBy: signer.publicKey,
  });
});

test('a deploy that is rejected and taken back has one whole record', async () => {
  const { handle, system } = await shop.waiting();
  await send(handle, 'reject', { actor: 'ana', reason: 'not today' });
  assert.equal((await endOf(handle)).outcome, 'rejected');
  assert.equal(shop.weightsOf(system), 'v1 100 %');
  assert.deepEqual(recordIn(await handle.query<Report>('report')), {
    altered: null,
    closed: true,
    signedBy: signer.publicKey,
  });
});
