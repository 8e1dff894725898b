// What a platform promises that keeps an object of its own beside the revisions, and what one answers that keeps none: a
// part of port-contracts.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RevisionSpec, ServiceRef } from '../../src/domain/rollout/model.ts';
import { sameWeights } from '../../src/domain/traffic/weights.ts';
import { waiting } from './called-platform.ts';
import { fails } from './fails.ts';
import { weightsOf as share } from './local-daemon.ts';
import type { PlatformUnderTest } from './port-contracts.ts';
import { token } from './replica-contracts.ts';

/** `twoRevisions`: v1 with all the traffic and v2 ready beside it; changes 1 to 3 of epoch 10 are used. */
export function settleContract(it: {
  platform: () => PlatformUnderTest;
  twoRevisions: () => Promise<{ service: ServiceRef; v1: RevisionSpec; v2: RevisionSpec }>;
}): void {
  test('settle brings the object of a platform to a revision, asked again and again, and moves no user', async () => {
    const { service, v1, v2 } = await it.twoRevisions();
    const platform = it.platform();
    const { workload, traffic } = platform;
    const settle = (sequence: number) =>
      workload.settle({ service, revision: v2.id, token: token(10, sequence) });
    if (!platform.capabilities.settle) {
      await fails('Unsupported', settle(4));
      return;
    }
    const stands = async () =>
      (await workload.revisions(service)).flatMap(({ spec, settled }) =>
        settled ? [spec.id] : [],
      );
    assert.deepEqual(await stands(), [v1.id]);
    const weights = share([v2, 100]);
    const expect = share([v1, 100]);
    await traffic.set({ service, weights, expect, token: token(10, 4) });
    assert.equal((await settle(5)).done, false, 'it takes its time');
    assert.deepEqual(await stands(), [v2.id], 'it is on its way there');
    platform.pass?.();
    assert.equal((await settle(5)).done, true);
    assert.equal((await settle(5)).done, true);
    assert.ok(sameWeights((await traffic.read(service)).weights, weights));
    const unknown = { service, revision: 'v9-0', token: token(10, 6) };
    await fails('NotFound', workload.settle(unknown));
    const removed = { service, revision: v2.id, token: token(10, 7) };
    await fails('Refused', workload.remove(removed, waiting()));
  });
}
