// What happens while a record is being closed is in none of its entries: the query of the report verifies, as what is kept does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SIGNATURES } from '../../src/integrations/signing.ts';
import { checkReport } from '../../src/domain/record/check-report.ts';
import { freezeId } from '../../src/domain/time/freeze.ts';
import { change, maintain } from '../support/maintenance.ts';
import { memoryEvidence } from '../support/memory/memory-evidence.ts';
import { endOf, reportOf } from '../support/operations.ts';
import { asJson } from '../support/record/signed-report.ts';
import { openShop, signal, type Shop } from '../support/shop.ts';

const kept = memoryEvidence();
const [closing, go] = [signal(), signal()];

let shop: Shop;
before(async () => {
  shop = await openShop({
    evidence: {
      ...kept,
      append: async (run, entries) => {
        if (run.workflowId.startsWith('maintain/') && entries.at(-1)?.type === 'closed') {
          closing.give();
          await go.given;
        }
        await kept.append(run, entries);
      },
    },
  });
  shop.ports.steps.answer = async () => ({});
});
after(() => shop.worker.stop());

test('a freeze that somebody ends while the record is being closed breaks no chain', async () => {
  const system = shop.live();
  const handle = await maintain(shop, system, [change('work')]);
  await closing.given;
  const freeze = shop.worker.client.workflow.getHandle(freezeId(system, 'operation'));
  const { runId } = await freeze.describe();
  await shop.worker.client.workflow.getHandle(freeze.workflowId, runId).terminate('by hand');
  // It takes the freeze anew, and so has heard of it.
  for (let again = runId; again === runId;) again = (await freeze.describe()).runId;
  go.give();
  const { outcome, message } = await endOf(handle);
  assert.equal(outcome, 'succeeded', message);
  const found = checkReport(asJson(await reportOf(handle)), SIGNATURES);
  assert.deepEqual([found?.altered, found?.closed], [null, true]);
});
