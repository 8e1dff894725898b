// Gates that nobody could pass: refused while nothing has changed yet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { planCanary } from '../../src/runbooks/canary-deploy.ts';
import type { Plan } from '../../src/domain/operation/plan.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import {
  SAMPLE_PLATFORM,
  sampleRevision,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

const rollout = {
  canary: { steps: [{ weight: 5, bake: '1s', approval: 'promote' }], watch: '1s' },
};
const refuses = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure);
  assert.equal(error.kind, 'Refused');
  assert.match(error.message, message);
  return true;
};

test('a gate that nobody could pass is refused before anything changes', () => {
  const asked = (approval: object, requestedBy?: string): (() => Plan) => {
    const loaded = sampleSystem({ rollout }, { approvals: { promote: approval } });
    const old = revisionSpec(loaded, 'api', 'v1');
    const config = loaded.system.services['api'];
    assert.ok(config);
    return () =>
      planCanary({
        operation: 'deploy/shop/api/v2',
        loaded,
        service: 'api',
        config,
        target: revisionSpec(loaded, 'api', 'v2'),
        request: {
          ...{ system: 'shop', service: 'api', version: 'v2' },
          ...(requestedBy !== undefined && { requestedBy }),
        },
        world: {
          platform: SAMPLE_PLATFORM,
          traffic: sampleTraffic([{ revision: old.id, version: 'v1', percent: 100 }]),
          revisions: [sampleRevision(loaded, 'v1')],
          history: [],
        },
      });
  };
  const two = { from: ['ana', 'ben'], quorum: 2 };
  assert.throws(asked({ from: ['ana'] }), refuses(/takes 2 of ana, and nobody is named/));
  assert.throws(asked({ from: ['ana'] }, 'ana'), refuses(/takes 1 of ana, and ana/));
  assert.throws(asked(two, 'ana'), refuses(/approvals\.promote\.from/));
  for (const [approval, requester] of [
    [two, 'ci'],
    [{ from: ['ana'] }, 'ci'],
    [{ from: ['ana'], selfApproval: true }, undefined],
    [{ from: ['ana'], breakGlass: ['eva'] }, undefined],
    [{ quorum: 3 }, undefined],
  ] as const) {
    const gated = asked(approval, requester)().steps.flatMap(({ gate }) => gate ?? []);
    assert.deepEqual(gated, ['promote']);
  }
});
