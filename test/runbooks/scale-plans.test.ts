// What a scale plans for good, for a time, and where an autoscaler decides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STEP_INPUTS } from '../../src/activities/inputs/step-inputs.ts';
import type { OperationRequest } from '../../src/domain/operation/request.ts';
import type { Plan } from '../../src/domain/operation/plan.ts';
import { undoOf } from '../../src/domain/operation/undo.ts';
import type { ServiceWorld, Weights } from '../../src/domain/rollout/model.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { admitTraffic } from '../../src/runbooks/admit-traffic.ts';
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
  waits?: number,
): Plan {
  return runbook.plan(
    {
      ...{ operation: 'scale/shop/api', loaded, runId: 'run-1', now: 0 },
      request: { system: 'shop', service: 'api', ...request },
    },
    {
      ...{ services: { api: world }, backups: {}, live: { why: 'not read' }, operations: [] },
      ...(waits !== undefined && { scaleBack: waits }),
    },
  );
}

const ids = (plan: Plan): string[] => plan.steps.map(({ id }) => id);

/** With an autoscaler over it; there are two replicas. */
function under(raised?: number): ServiceWorld {
  const world = worldOf(live);
  const autoscaler = {
    ...{ name: 'web', minimum: 2, maximum: 4 },
    ...(raised !== undefined && { raised }),
  };
  return { ...world, revisions: world.revisions.map((one) => ({ ...one, autoscaler })) };
}

/** As many replicas as somebody made of it. */
function counting(desired: number): ServiceWorld {
  const world = worldOf(live);
  return { ...world, revisions: world.revisions.map((one) => ({ ...one, desired })) };
}

const actionOf = (plan: Plan, id: string) => plan.steps.find((one) => one.id === id)?.action;
const undoFor = (plan: Plan) => plan.steps.flatMap((step) => undoOf(step) ?? []);

test('a scale for a time begins with what leads back, which is what there was before the first one', () => {
  const forTime = scaled(counting(3), { replicas: 5, lasts: 3_600_000 });
  assert.deepEqual(ids(forTime), ['scale-back', 'scale', 'ready']);
  const later = { kind: 'scaleBack', service: 'api', delay: 3_600_000 };
  assert.deepEqual(actionOf(forTime, 'scale-back'), { ...later, replicas: 3 });
  assert.deepEqual(
    undoFor(forTime).map((one) => 'replicas' in one && one.replicas),
    [3],
  );
  const more = scaled(counting(5), { replicas: 8, lasts: 3_600_000 }, scaleService, 3);
  assert.deepEqual(actionOf(more, 'scale-back'), { ...later, replicas: 3 });
  const longer = scaled(counting(5), { replicas: 5, lasts: 3_600_000 }, scaleService, 3);
  assert.deepEqual(actionOf(longer, 'scale-back'), { ...later, replicas: 3 });
  assert.deepEqual(ids(scaled(counting(5), { replicas: 5, lasts: 60_000 })), []);
});

test('what could not be scaled back to is not left for a time', () => {
  for (const desired of [0, 65]) {
    assert.throws(() => scaled(counting(desired), { replicas: 5, lasts: 60_000 }), {
      kind: 'Refused',
      message: /it is scaled back to 1 up to 64; scale it without --lasts/,
    });
    assert.deepEqual(ids(scaled(counting(desired), { replicas: 5 })), ['scale', 'ready']);
  }
});

test('an autoscaler is asked to keep more for a time only, and its bounds are raised or put back, as the plan says', () => {
  const refused = { kind: 'Refused', message: /web keeps from 2 to 4 replicas; .*--lasts 2h/ };
  assert.throws(() => scaled(under(), { replicas: 5 }), refused);
  assert.throws(() => scaled(under(2), { replicas: 5 }), refused);
  const raised = scaled(under(), { replicas: 5, lasts: 60_000 });
  assert.deepEqual(ids(raised), ['scale-back', 'scale', 'ready']);
  const scale = actionOf(raised, 'scale');
  assert.equal(scale?.kind === 'scale' && scale.bounds, 'raise');
  const second = scaled(under(3), { replicas: 3, lasts: 60_000 });
  assert.equal(actionOf(second, 'scale-back')?.kind, 'scaleBack');
  assert.deepEqual(actionOf(second, 'scale-back'), {
    ...{ kind: 'scaleBack', service: 'api', replicas: 3, delay: 60_000 },
  });
  assert.deepEqual(ids(scaled(under(), { replicas: 2 })), []);
});

test('what scales back puts bounds back whatever number it was given, and nothing leads back from it', () => {
  for (const [runbook, replicas] of [
    [scaleBack, 1],
    [scaleBack, 30],
    [scaleService, 3],
  ] as const) {
    const plan = scaled(under(3), { replicas }, runbook);
    assert.deepEqual(ids(plan), ['scale', 'ready']);
    assert.deepEqual(actionOf(plan, 'scale'), {
      ...{ kind: 'scale', service: 'api', revision, replicas, before: null, bounds: 'back' },
    });
    assert.deepEqual(undoFor(plan), []);
  }
  assert.deepEqual(ids(scaled(under(), { replicas: 3 }, scaleBack)), [], 'put back already');
  const plain = scaled(counting(5), { replicas: 3 }, scaleBack);
  assert.deepEqual(undoFor(plain), []);
  assert.equal(scaleBack.goesForward, undefined, 'no freeze keeps more replicas up');
});

test('the undo of a raise puts back, and what has no undo has none', () => {
  const inputOf = (plan: Plan, back?: true) => {
    const step = plan.steps.find(({ id }) => id === 'scale');
    assert.ok(step);
    return STEP_INPUTS.scaleRevision({ loaded, plan, step }, back ? { back } : {});
  };
  const raise = scaled(under(), { replicas: 5, lasts: 60_000 });
  const [there, back] = [inputOf(raise), inputOf(raise, true)];
  assert.deepEqual([there.bounds, there.replicas], ['raise', 5]);
  assert.deepEqual([back.bounds, back.replicas], ['back', 2]);
  assert.throws(() => inputOf(scaled(under(3), { replicas: 3 }, scaleBack), true), /no way back/);
  const plain = inputOf(scaled(counting(3), { replicas: 5 }), true);
  assert.deepEqual([plain.bounds, plain.replicas], [undefined, 3]);
});

test('no replica is left only where users are kept out, the platform can, and no autoscaler keeps one', () => {
  const kept = counting(2);
  const stopped = { ...kept, traffic: { ...sampleTraffic([]), stopped: true, beforeStop: live } };
  const nobody = { ...kept, traffic: { ...kept.traffic, admitPercent: 0 } };
  for (const world of [stopped, nobody]) {
    const plan = scaled(world, { replicas: 0 });
    assert.deepEqual(ids(plan), ['scale']);
    assert.equal(plan.steps[0]?.title, 'Scale v1 of api from 2 to 0 replicas');
  }
  const refused: [world: ServiceWorld, why: RegExp][] = [
    [kept, /users are on it; keep them out first: fairlead stop shop\/api$/],
    [
      { ...stopped, platform: { ...SAMPLE_PLATFORM, scaleToZero: false } },
      /its platform runs one replica at least$/,
    ],
    [{ ...under(), traffic: stopped.traffic }, /its autoscaler web keeps replicas$/],
  ];
  for (const [world, message] of refused) {
    assert.throws(() => scaled(world, { replicas: 0 }), { kind: 'Refused', message });
  }
});

test('replicas come back while users are kept out, and users only once there are replicas', () => {
  const empty = counting(0);
  const stopped = { ...empty, traffic: { ...sampleTraffic([]), stopped: true, beforeStop: live } };
  assert.deepEqual(ids(scaled(stopped, { replicas: 2 })), ['scale', 'ready']);
  assert.throws(() => scaled(stopped, {}, admitTraffic), {
    kind: 'Refused',
    message:
      'letting users of shop/api in: v1 has no replica; scale it first: fairlead scale shop/api 2',
  });
  assert.deepEqual(
    ids(scaled({ ...stopped, revisions: counting(2).revisions }, {}, admitTraffic)),
    ['admit-api'],
  );
});
