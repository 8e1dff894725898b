// A folder of evidence that is full or gone: users are saved all the same, and the record is whole afterwards.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { verifyChain } from '../../src/domain/record/evidence-chain.ts';
import { Failure } from '../../src/domain/failure.ts';
import { memoryEvidence } from '../support/memory/memory-evidence.ts';
import { endOf } from '../support/operations.ts';
import { openShop, send, type Shop } from '../support/shop.ts';

const kept = memoryEvidence();
/** Which appends fail; all of them succeed when it is undefined. */
let isAway: (() => boolean) | undefined;
let shop: Shop;
before(async () => {
  const evidence: typeof kept = {
    ...kept,
    append: async (run, entries) => {
      if (isAway?.() === true) {
        throw new Failure('Unavailable', 'writing the record: no space left on the device');
      }
      await kept.append(run, entries);
    },
  };
  // An undo that begins for want of a record is seen by the watch of the gate as a version that went bad.
  shop = await openShop({ evidence }, { unwatched: true });
});
after(() => shop.worker.stop());

async function recordOf(handle: WorkflowHandle) {
  const { workflowId, runId } = await handle.describe();
  return kept.read({ workflowId, runId });
}

test('a stop stops, and says that its record is not kept', async () => {
  const system = shop.live();
  isAway = () => true;
  const stop = await shop.start('stopTraffic', { system });
  const end = await endOf(stop);
  isAway = undefined;
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.match(end.summary?.findings.join() ?? '', /the record could not be closed .*no space/);
  assert.equal(shop.ports.world.service({ system, service: 'api' }).traffic.stopped, true);
});

test('what could not be written is written with what comes later, and the chain is whole', async () => {
  const { system, handle } = await shop.waiting();
  let failed = 0;
  isAway = () => {
    const isMixed = shop.weightsOf(system) !== 'v1 100 %';
    failed += isMixed ? 1 : 0;
    return isMixed;
  };
  await send(handle, 'reject', { actor: 'ana', reason: 'not today' });
  const end = await endOf(handle);
  isAway = undefined;
  assert.equal(end.outcome, 'rejected', end.message);
  assert.equal(shop.weightsOf(system), 'v1 100 %');
  assert.ok(failed > 0);
  const record = await recordOf(handle);
  assert.equal(verifyChain(record), undefined);
  assert.equal(record.at(-1)?.type, 'closed');
  assert.ok(record.some((one) => one.type === 'decision' && one.decision === 'rejected'));
});

test('a record that is taken away while people are asked: all is undone, and the record is whole', async () => {
  const { system, handle } = await shop.waiting();
  const { runId } = await handle.describe();
  assert.ok(kept.runs.delete(runId));
  await send(handle, 'approve', { actor: 'ana' });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'rolledBack', end.message);
  assert.match(end.message, /are not there any more/);
  assert.equal(shop.weightsOf(system), 'v1 100 %');
  const record = await recordOf(handle);
  assert.equal(verifyChain(record), undefined);
  assert.deepEqual([record[0]?.type, record.at(-1)?.type], ['opened', 'closed']);
});
