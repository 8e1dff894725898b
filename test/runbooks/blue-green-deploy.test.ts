// The blue-green deploy as a table: what it would do in each world.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { Weights } from '../../src/domain/rollout/model.ts';
import { planBlueGreen } from '../../src/runbooks/blue-green-deploy.ts';
import { bakingStep } from '../../src/domain/operation/plan-steps.ts';
import type { Plan } from '../../src/domain/operation/plan.ts';
import type { OperationRequest } from '../../src/domain/operation/request.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import {
  SAMPLE_PLATFORM,
  sampleRevision,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

type Changes = NonNullable<Parameters<typeof sampleSystem>[0]>;

const blueGreen = {
  preview: { bake: '2s', analysis: 'errors' },
  approval: 'promote',
  watch: '3s',
  analysis: 'errors',
};

function planned(
  live: Record<string, number>,
  {
    rollout = { blueGreen },
    request = {},
    checks = {},
    stopped = false,
  }: {
    rollout?: NonNullable<Changes['rollout']>;
    request?: Partial<OperationRequest>;
    checks?: NonNullable<Changes['checks']>;
    stopped?: boolean;
  } = {},
): Plan {
  const loaded = sampleSystem({ rollout: { autoPromotion: true, ...rollout }, checks });
  const config = loaded.system.services['api'];
  assert.ok(config);
  const weights: Weights = Object.entries(live).map(([version, percent]) => ({
    revision: revisionSpec(loaded, 'api', version).id,
    version,
    percent,
  }));
  return planBlueGreen({
    operation: 'deploy/shop/api/v2',
    loaded,
    service: 'api',
    config,
    target: revisionSpec(loaded, 'api', 'v2'),
    request: { system: 'shop', service: 'api', version: 'v2', requestedBy: 'ci', ...request },
    world: {
      platform: SAMPLE_PLATFORM,
      traffic: sampleTraffic(weights, stopped ? { stopped: true } : {}),
      revisions: weights.map((one) => sampleRevision(loaded, one.version)),
      history: [],
    },
  });
}

const ids = (plan: Plan): string[] => plan.steps.map((step) => step.id);
const before = ['preflight', 'ensure', 'ready', 'smoke'];
const step = (plan: Plan, id: string) => {
  const found = plan.steps.find((one) => one.id === id);
  assert.ok(found, `${id} in ${ids(plan).join()}`);
  return found;
};

test('the new side is complete and approved before anything is switched, and the old one is kept', () => {
  const plan = planned({ v1: 100 });
  assert.deepEqual(ids(plan), [...before, 'preview', 'switch', 'watch', 'retire-v1']);
  assert.equal(plan.kind, 'blueGreenDeploy');
  assert.equal(plan.strategy, 'blue-green');
  const { action } = step(plan, 'ensure');
  assert.equal(action.kind === 'ensure' && action.replicas, 2);
  const preview = step(plan, 'preview');
  assert.equal(preview.gate, 'promote');
  assert.equal(preview.weights, undefined);
  assert.equal(preview.bake?.preview, true);
  assert.deepEqual(preview.bake.analyses, ['errors']);
  assert.deepEqual(step(plan, 'switch').weights, [{ version: 'v2', percent: 100 }]);
  assert.match(step(plan, 'switch').undo, /back to v1 100 %/);
  assert.deepEqual(step(plan, 'watch').bake?.analyses, ['errors']);
});

test('a first deploy has nothing to go back to, and is judged by max and min', () => {
  const plan = planned({});
  assert.deepEqual(ids(plan), [...before, 'preview', 'switch', 'watch']);
  for (const id of ['preview', 'watch']) {
    const bake = step(plan, id).bake;
    assert.deepEqual([bake?.analyses, bake?.alone], [['errors'], true]);
  }
  assert.equal(step(plan, 'preview').bake?.stable, undefined);
});

test('with nothing to try and nobody to ask there is no preview', () => {
  const bare = { rollout: { blueGreen: { watch: '1s' } } };
  assert.deepEqual(ids(planned({ v1: 100 }, bare)), [...before, 'switch', 'watch', 'retire-v1']);
  const checks = { preview: [{ name: 'page', http: '/' }] };
  assert.ok(ids(planned({ v1: 100 }, { ...bare, checks })).includes('preview'));
  const auto = { ...bare, request: { autoPromote: true } };
  assert.ok(!ids(planned({ v1: 100 }, auto)).includes('preview'));
});

test('in a split world everything goes from the heavier side to the new one', () => {
  const plan = planned({ v0: 30, v1: 70 });
  assert.match(step(plan, 'switch').undo, /back to v1 100 %/);
  assert.deepEqual(ids(plan).slice(-2), ['retire-v1', 'retire-v0']);
});

test('what is live, stopped, or not described is no deploy', () => {
  assert.match(planned({ v2: 100 }).nothingToDo ?? '', /v2 carries 100 % already/);
  const refuses = (kind: string, message: RegExp) => (error: unknown) =>
    error instanceof Failure && error.kind === kind && message.test(error.message);
  assert.throws(() => planned({ v1: 100 }, { stopped: true }), refuses('Refused', /is stopped/));
  assert.throws(
    () => planned({ v1: 100 }, { rollout: { canary: { steps: [{ weight: 5 }] } } }),
    refuses('BadInput', /has no rollout\.blueGreen .*--strategy/),
  );
});

test('the watch after the switch judges what comes of the switch', () => {
  const plan = planned({ v1: 100 });
  assert.equal(bakingStep(plan, 'switch')?.id, 'watch');
});
