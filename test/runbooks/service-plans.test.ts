// Plans as tables: what each operation would do in each world.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { Weights, ServiceWorld } from '../../src/domain/rollout/model.ts';
import { planCanary } from '../../src/runbooks/canary-deploy.ts';
import { admitTraffic } from '../../src/runbooks/admit-traffic.ts';
import { retireRevision } from '../../src/runbooks/retire-revision.ts';
import type { Runbook } from '../../src/runbooks/runbook.ts';
import { scaleService } from '../../src/runbooks/scale-service.ts';
import { stopTraffic } from '../../src/runbooks/stop-traffic.ts';
import type { Plan } from '../../src/domain/operation/plan.ts';
import type { OperationRequest } from '../../src/domain/operation/request.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import {
  SAMPLE_PLATFORM,
  sampleRevision,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

type Rollout = NonNullable<NonNullable<Parameters<typeof sampleSystem>[0]>['rollout']>;

const canary = {
  steps: [
    { weight: 5, bake: '1s', approval: 'promote' },
    { weight: 25, bake: '1s' },
    { weight: 50, bake: '1s' },
  ],
  watch: '1s',
};

function share(version: string, percent: number) {
  return { revision: revisionSpec(sampleSystem(), 'api', version).id, version, percent };
}

function worldOf(
  weights: Weights,
  changes: Partial<ServiceWorld['traffic']> = {},
  history: ServiceWorld['history'] = [],
): ServiceWorld {
  const loaded = sampleSystem();
  return {
    platform: SAMPLE_PLATFORM,
    traffic: sampleTraffic(weights, changes),
    revisions: weights.map((one) => sampleRevision(loaded, one.version)),
    history,
  };
}

function planned(
  world: ServiceWorld,
  request: Partial<OperationRequest> = {},
  rollout: Rollout = {},
  more: Parameters<typeof sampleSystem>[1] = {},
): Plan {
  const loaded = sampleSystem({ rollout: { canary, ...rollout } }, more);
  const config = loaded.system.services['api'];
  assert.ok(config);
  return planCanary({
    operation: 'deploy/shop/api/v2',
    loaded,
    service: 'api',
    config,
    target: revisionSpec(loaded, 'api', 'v2'),
    request: { system: 'shop', service: 'api', version: 'v2', ...request },
    world,
  });
}

const ids = (plan: Plan): string[] => plan.steps.map((step) => step.id);
const gates = (plan: Plan): string[] => plan.steps.flatMap((step) => step.gate ?? []);
const refuses = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure);
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

const live = [share('v1', 100)];

test('a canary goes through its shares, and retires what it replaced', () => {
  const plan = planned(worldOf(live));
  assert.deepEqual(ids(plan), [
    'preflight',
    'ensure',
    'ready',
    'smoke',
    'weight-5',
    'weight-25',
    'weight-50',
    'weight-100',
    'watch',
    'retire-v1',
  ]);
  assert.deepEqual(gates(plan), ['promote']);
});

test('a first deploy is judged by max and min, and says what compares only', () => {
  const steps = [{ weight: 5, analysis: ['speed', 'errors', 'both'] }];
  const rollout = { canary: { analysis: 'errors', steps } };
  const analysis = {
    source: 'scrape' as const,
    interval: '1s',
    metrics: { ratio: { ratio: { of: 'a', to: 'b' }, max: 0.1 } },
  };
  const { ratio } = analysis.metrics.ratio;
  const comparing = { ratio, maxOverStable: { difference: 0.1 } };
  const analyses = {
    errors: analysis,
    speed: { ...analysis, metrics: { ratio: comparing } },
    both: { ...analysis, metrics: { bound: { ratio, min: 0 }, comparing } },
  };
  const watchOf = (world: ServiceWorld) =>
    planned(world, {}, rollout, { analyses }).steps.find(({ id }) => id === 'watch')?.bake;
  const first = watchOf(worldOf([]));
  assert.deepEqual([first?.analyses, first?.alone], [['errors', 'both'], true]);
  const why = 'no other version of api has users, so there is nothing to compare v2 with';
  assert.deepEqual(first?.told, [
    `analysis speed was not asked: ${why}, and it has no max or min`,
    `comparing of analysis both was not asked: ${why}, and it has no max or min`,
  ]);
  const later = watchOf(worldOf(live));
  assert.deepEqual(
    [later?.analyses, later?.told, later?.alone],
    [['errors'], undefined, undefined],
  );
});

test('a first weight by flag takes the first step with it, and leaves out what lies below', () => {
  const table: [number, string[]][] = [
    [1, ['weight-1', 'weight-5', 'weight-25', 'weight-50', 'weight-100']],
    [5, ['weight-5', 'weight-25', 'weight-50', 'weight-100']],
    [30, ['weight-30', 'weight-50', 'weight-100']],
    [50, ['weight-50', 'weight-100']],
    [100, ['weight-100']],
  ];
  for (const [initialWeight, weights] of table) {
    const plan = planned(worldOf(live), { initialWeight });
    assert.deepEqual(
      ids(plan).filter((id) => id.startsWith('weight')),
      weights,
    );
    assert.equal(plan.steps.find((step) => step.weights)?.gate, 'promote', `${initialWeight}`);
  }
});

test('a first weight by flag leaves no approval out', () => {
  const steps = [
    { weight: 5, bake: '1s' },
    { weight: 25, bake: '1s', approval: 'promote' },
    { weight: 50, bake: '1s' },
  ];
  for (const [initialWeight, gated] of [
    [1, ['weight-25']],
    [10, ['weight-25']],
    [25, ['weight-25']],
    [30, ['weight-30']],
    [100, ['weight-100']],
  ] as const) {
    const plan = planned(worldOf(live), { initialWeight }, { canary: { steps, watch: '1s' } });
    const found = plan.steps.filter(({ gate }) => gate !== undefined).map(({ id }) => id);
    assert.deepEqual(found, gated, `${initialWeight}`);
  }
});

test('what an operation that was cut short left without traffic is retired too, one of a version', () => {
  const world = worldOf(live);
  const [first] = worldOf([share('v0', 0)]).revisions;
  assert.ok(first);
  const again = { ...first, spec: { ...first.spec, id: 'v1-other', version: 'v1' } };
  const plan = planned({ ...world, revisions: [again, first, ...world.revisions] });
  const retired = plan.steps.flatMap(({ action }) =>
    action.kind === 'retire' ? [[action.version, action.revision]] : [],
  );
  assert.deepEqual(
    new Map(retired as [string, string][]),
    new Map([
      ['v1', live[0]?.revision ?? ''],
      ['v0', first.spec.id],
    ]),
  );
  assert.equal(retired.length, 2);
});

test('what somebody scaled up is replaced by as many', () => {
  const world = worldOf(live);
  const revisions = world.revisions.map((one) => ({ ...one, desired: 10 }));
  const capacities = planned({ ...world, revisions }).steps.flatMap(({ action }) =>
    action.kind === 'weights' ? [action.capacity.replicas] : [],
  );
  assert.deepEqual(capacities, [1, 3, 5, 10]);
});

test('auto-promotion leaves the approvals out where the file allows it, and is refused elsewhere', () => {
  const request = { autoPromote: true };
  assert.deepEqual(gates(planned(worldOf(live), request, { autoPromotion: true })), []);
  assert.throws(
    () => planned(worldOf(live), request),
    refuses('BadInput', /rollout.autoPromotion: false/),
  );
});

test('in a split world everything that is not the target is replaced', () => {
  const plan = planned(worldOf([share('v0', 30), share('v1', 70)]));
  assert.deepEqual(plan.steps.find((step) => step.id === 'weight-5')?.weights, [
    { version: 'v1', percent: 95 },
    { version: 'v2', percent: 5 },
  ]);
  assert.deepEqual(
    new Set(ids(plan).filter((id) => id.startsWith('retire'))),
    new Set(['retire-v0', 'retire-v1']),
  );
});

test('what is live already, or stopped, is no deploy', () => {
  assert.match(planned(worldOf([share('v2', 100)])).nothingToDo ?? '', /v2 carries 100 % already/);
  const stopped = worldOf([], { stopped: true, beforeStop: live });
  assert.throws(() => planned(stopped), refuses('Refused', /is stopped; let traffic in first/));
});

test('the digest covers the plan, and nothing else', () => {
  const first = planned(worldOf(live));
  assert.equal(planned(worldOf(live)).digest, first.digest);
  assert.notEqual(planned(worldOf(live), { initialWeight: 30 }).digest, first.digest);
  assert.match(first.digest, /^[0-9a-f]{64}$/);
});

/** What a runbook plans for the service api in this world. */
const service = (
  runbook: Runbook,
  world: ServiceWorld,
  request: Partial<OperationRequest> = {},
): Plan =>
  runbook.plan(
    {
      operation: `${runbook.kind}/shop`,
      loaded: sampleSystem(),
      request: { system: 'shop', service: 'api', ...request },
      ...{ runId: 'run-1', now: 0 },
    },
    { services: { api: world }, backups: {}, live: { why: 'not read' }, operations: [] },
  );

test('stop, admit, scale and retire plan only what is not so yet', () => {
  const stopped = worldOf([], { stopped: true, beforeStop: live });
  assert.deepEqual(ids(service(stopTraffic, worldOf(live))), ['stop-api']);
  assert.deepEqual(ids(service(stopTraffic, stopped)), []);
  assert.deepEqual(ids(service(admitTraffic, stopped)), ['admit-api']);
  assert.deepEqual(ids(service(admitTraffic, worldOf(live))), []);
  assert.deepEqual(ids(service(admitTraffic, worldOf(live), { percent: 10 })), ['admit-api']);
  assert.deepEqual(ids(service(scaleService, worldOf(live), { replicas: 5 })), ['scale', 'ready']);
  assert.deepEqual(ids(service(scaleService, worldOf(live), { replicas: 2 })), []);
  const { revision = '' } = live[0] ?? {};
  const retire = { version: 'v1', revision };
  assert.deepEqual(ids(service(retireRevision, worldOf(live), retire)), []);
  // A revision that a stop took the traffic from comes back with admit.
  const resting = { ...worldOf(live), traffic: stopped.traffic };
  assert.deepEqual(ids(service(retireRevision, resting, retire)), []);
  const idle = { ...worldOf(live), traffic: sampleTraffic([share('v2', 100)]) };
  assert.deepEqual(ids(service(retireRevision, idle, retire)), ['remove']);
});

test('a service with split traffic, or none, is not scaled as a whole', () => {
  const split = worldOf([share('v1', 50), share('v2', 50)]);
  assert.throws(() => service(scaleService, split), refuses('Refused', /is split/));
  assert.throws(
    () => service(scaleService, worldOf([])),
    refuses('Refused', /nothing has traffic/),
  );
});
