// A gate that is watched, on a real server: however people are waited for no more, the operation ends as what decided it says.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { GATE_WATCH } from '../../src/domain/analysis/gate-watch.ts';
import { endOf, reportOf, untilBeating, untilStatus } from '../support/operations.ts';
import { openShop, send, type Shop, type ShopFile } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

interface Ending {
  decide?: (handle: WorkflowHandle, system: string) => Promise<unknown>;
  file?: ShopFile;
  outcome: string;
  message: RegExp;
}

const ENDINGS: Record<string, Ending> = {
  'by a rejection': {
    decide: (handle) => send(handle, 'reject', { actor: 'ana' }),
    outcome: 'rejected',
    message: /^ana rejected weight-5$/,
  },
  'by an abort': {
    decide: (handle) => send(handle, 'abort', { actor: 'ana' }),
    outcome: 'aborted',
    message: /^aborted by ana$/,
  },
  'by its deadline': {
    file: { approval: { deadline: '3s' } },
    outcome: 'expired',
    message: /^nobody decided weight-5 before its deadline$/,
  },
  'by an operation of a higher rank': {
    decide: (_, system) => shop.start('rollback', { system, service: 'api' }),
    outcome: 'preempted',
    message: /^made way for rollback\//,
  },
};

describe('a gate that is watched ends', { concurrency: 4 }, () => {
  for (const [how, { decide, file, outcome, message }] of Object.entries(ENDINGS)) {
    test(`${how}, and so does the operation`, async () => {
      const system = shop.live(file);
      const handle = await shop.deploy(system, 'v2');
      if (decide !== undefined) {
        await untilStatus(handle, (status) => status.state === 'waiting');
        await untilBeating(handle, GATE_WATCH);
        await decide(handle, system);
      }
      const end = await endOf(handle);
      assert.equal(end.outcome, outcome, end.message);
      assert.match(end.message, message);
      const { findings } = await reportOf(handle);
      const ofTheWatch = findings.filter((one) => /looked|cancel|found bad/i.test(one));
      assert.deepEqual(ofTheWatch, []);
    });
  }
});
