// Where a platform keeps an object of its own, plans bring it to what users are on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { undoOf } from '../../src/domain/operation/undo.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import type { ServiceWorld } from '../../src/domain/rollout/model.ts';
import type { Runbook } from '../../src/runbooks/runbook.ts';
import { blueGreenDeploy } from '../../src/runbooks/blue-green-deploy.ts';
import { canaryDeploy } from '../../src/runbooks/canary-deploy.ts';
import { rollback } from '../../src/runbooks/rollback.ts';
import {
  SAMPLE_PLATFORM,
  sampleRevision,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

const loaded = sampleSystem({
  rollout: {
    canary: { steps: [{ weight: 50, bake: '1s' }], watch: '1s' },
    blueGreen: { watch: '1s' },
    insurance: '60s',
  },
});
const cloud = { ...SAMPLE_PLATFORM, kind: 'cloud', settle: true };
const idOf = (version: string): string => revisionSpec(loaded, 'api', version).id;

/** `live` has everything; what is there, and on which of these the object of the platform stands. */
function worldOf(live: string | null, versions: string[], stands: string | null): ServiceWorld {
  const weights = live === null ? [] : [{ revision: idOf(live), version: live, percent: 100 }];
  return {
    platform: cloud,
    traffic: sampleTraffic(weights),
    revisions: versions.map((one) =>
      sampleRevision(loaded, one, one === stands ? { settled: true } : {}),
    ),
    history: versions.map((version) => ({
      spec: revisionSpec(loaded, 'api', version),
      replicas: 2,
      since: '2026-01-01T00:00:00.000Z',
    })),
  };
}

function planned(runbook: Runbook, world: ServiceWorld) {
  const request = { system: 'shop', service: 'api', version: 'v2' };
  const input = { operation: 'it', loaded, request, runId: '01a20147', now: 0 };
  const plan = runbook.plan(input, {
    ...{ services: { api: world }, backups: {}, operations: [], live: { why: 'not read' } },
  });
  const settle = plan.steps.find(({ id }) => id === 'settle');
  return { plan, ids: plan.steps.map(({ id }) => id), settle, undo: settle && undoOf(settle) };
}

for (const runbook of [canaryDeploy, blueGreenDeploy]) {
  test(`${runbook.title}: the object is settled after the watch, and goes back to what it stood on`, () => {
    const { ids, settle, undo, plan } = planned(runbook, worldOf('v1', ['v1'], 'v1'));
    assert.deepEqual(ids.slice(-3), ['watch', 'settle', 'retire-v1']);
    assert.equal(settle?.undo, 'settle it on v1 again');
    assert.deepEqual(undo, {
      ...{ step: 'settle', verb: 'settle', service: 'api' },
      ...{ revision: idOf('v1'), version: 'v1' },
    });
    assert.deepEqual(plan.platforms, { api: cloud });
  });

  test(`${runbook.title}: a first one settles what stands nowhere as yet`, () => {
    const { ids, undo } = planned(runbook, worldOf(null, [], null));
    assert.deepEqual(ids.slice(-2), ['watch', 'settle']);
    assert.equal(undo, undefined);
  });

  test(`${runbook.title}: a platform without such an object has no such step`, () => {
    const world = { ...worldOf('v1', ['v1'], null), platform: SAMPLE_PLATFORM };
    assert.ok(!planned(runbook, world).ids.includes('settle'));
  });
}

test('a roll-back settles what stands on the version that users are taken from, and is not taken back for it', () => {
  const { ids, undo } = planned(rollback, worldOf('v2', ['v2', 'v1'], 'v2'));
  assert.deepEqual(ids, ['ensure', 'ready', 'switch', 'settle', 'retire-v2']);
  assert.equal(undo, undefined);
  const never = planned(rollback, worldOf('v2', ['v2', 'v1'], 'v1'));
  assert.ok(!never.ids.includes('settle'), 'it never left v1');
});
