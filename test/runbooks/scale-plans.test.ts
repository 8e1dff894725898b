// What a scale plans for good, for a time, and where an autoscaler decides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperationRequest } from '../../src/domain/operation/request.ts';
import type { Plan } from '../../src/domain/operation/plan.ts';
import type { ServiceWorld, Weights } from '../../src/domain/rollout/model.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { scaleBack } from '../../src/runbooks/scale-back.ts';
import { scaleService } from '../../src/runbooks/scale-service.ts';
import {
  SAMPLE_PLATFORM,
  sampleRevision,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

const loaded = sampleSystem();
const { id: revision } = revisionSpec(loaded, 'api', 'v1');
const live: Weights = [{ revision, version: 'v1', percent: 100 }];

function worldOf(weights: Weights): ServiceWorld {
  return {
    platform: SAMPLE_PLATFORM,
    traffic: sampleTraffic(weights),
    revisions: [sampleRevision(loaded, 'v1')],
    history: [],
  };
}

function scaled(
  world: ServiceWorld,
  request: Partial<OperationRequest>,
  runbook = scaleService,
): Plan {
  return runbook.plan(
    {
      ...{ operation: 'scale/shop/api', loaded, runId: 'run-1', now: 0 },
      request: { system: 'shop', service: 'api', ...request },
    },
    { services: { api: world }, backups: {}, live: { why: 'not read' }, operations: [] },
  );
}

const ids = (plan: Plan): string[] => plan.steps.map(({ id }) => id);

test('a scale for a time hands its end on, and an autoscaler is asked for no longer than that', () => {
  const forTime = scaled(worldOf(live), { replicas: 5, lasts: 3_600_000 });
  assert.deepEqual(forTime.steps.at(-1)?.action, {
    ...{ kind: 'scaleBack', service: 'api', replicas: 2, delay: 3_600_000 },
  });
  const autoscaler = { name: 'web', minimum: 2, maximum: 4 };
  const under = (more: { raised?: true } = {}): ServiceWorld => {
    const world = worldOf(live);
    const revisions = world.revisions.map((one) => ({
      ...one,
      autoscaler: { ...autoscaler, ...more },
    }));
    return { ...world, revisions };
  };
  assert.throws(() => scaled(under(), { replicas: 5 }), {
    kind: 'Refused',
    message: /its autoscaler web keeps from 2 to 4 replicas; .*--lasts 2h/,
  });
  const raised = scaled(under(), { replicas: 5, lasts: 60_000 });
  assert.deepEqual(ids(raised), ['scale', 'ready', 'scale-back']);
  const [first] = raised.steps;
  assert.equal(first?.action.kind === 'scale' && first.action.pinned, true);
  assert.deepEqual(ids(scaled(under(), { replicas: 2 })), []);
  assert.deepEqual(ids(scaled(under({ raised: true }), { replicas: 2 }, scaleBack)), [
    'scale',
    'ready',
  ]);
  assert.deepEqual(ids(scaled(under(), { replicas: 3 }, scaleBack)), [], 'put back already');
});
