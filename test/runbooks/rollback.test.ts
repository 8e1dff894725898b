// What a roll-back goes to, and what it refuses, as plans.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { Plan } from '../../src/domain/operation/plan.ts';
import type { OperationRequest } from '../../src/domain/operation/request.ts';
import type { ServiceWorld, Weights } from '../../src/domain/rollout/model.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { planRollback } from '../../src/runbooks/rollback.ts';
import {
  SAMPLE_PLATFORM,
  sampleRevision,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

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

const ids = (plan: Plan): string[] => plan.steps.map((step) => step.id);

const refuses = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure);
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

const live = [share('v1', 100)];

function rolledBack(world: ServiceWorld, request: Partial<OperationRequest> = {}): Plan {
  const loaded = sampleSystem();
  const config = loaded.system.services['api'];
  assert.ok(config);
  return planRollback({
    operation: 'rollback/shop/api',
    loaded,
    service: 'api',
    config,
    request: { system: 'shop', service: 'api', ...request },
    world,
  });
}

const served = (...versions: string[]) =>
  versions.map((version) => ({
    spec: revisionSpec(sampleSystem(), 'api', version),
    replicas: 2,
    since: '2026-01-01T00:00:00.000Z',
  }));

test('a roll-back goes to what carried everything before', () => {
  const table: [string, ServiceWorld, Partial<OperationRequest>, string | undefined][] = [
    ['all on v2', worldOf([share('v2', 100)], {}, served('v2', 'v1')), {}, 'v1'],
    ['half-way', worldOf([share('v1', 75), share('v2', 25)], {}, served('v1', 'v0')), {}, 'v1'],
    ['named', worldOf([share('v2', 100)], {}, served('v2', 'v1', 'v0')), { to: 'v0' }, 'v0'],
    [
      'named half-way',
      worldOf([share('v1', 75), share('v2', 25)], {}, served('v1', 'v0')),
      { to: 'v0' },
      'v0',
    ],
  ];
  for (const [what, world, request, to] of table) {
    const plan = rolledBack(world, request);
    assert.equal(plan.to, to, what);
    assert.deepEqual(ids(plan).slice(0, 3), ['ensure', 'ready', 'switch'], what);
  }
  assert.match(rolledBack(worldOf(live), { to: 'v1' }).nothingToDo ?? '', /v1 carries 100 %/);
});

test('a roll-back to nowhere names what is known', () => {
  assert.throws(
    () => rolledBack(worldOf([])),
    refuses('BadInput', /remembers no revision that all users were on/),
  );
  assert.throws(
    () => rolledBack(worldOf([share('v2', 100)], {}, served('v2')), { revision: 'v9-0' }),
    refuses('NotFound', /nothing says that of v9-0: it is not here, and .*all users were on v2 \(/),
  );
});

test('a misspelt version, or revision, of a roll-back is named with the one that was meant', () => {
  const world = worldOf([share('v2', 100)], {}, served('v2'));
  const { id } = revisionSpec(sampleSystem(), 'api', 'v2');
  const typos = [
    [{ to: 'v22' }, 'v2'],
    [{ revision: `${id}0` }, id],
  ] as const;
  for (const [request, meant] of typos) {
    assert.throws(
      () => rolledBack(world, request),
      refuses('NotFound', new RegExp(`it is not here \\(did you mean ${meant}\\?\\)`)),
    );
  }
});

test('a roll-back goes to nothing that all users were not on, however it is named', () => {
  const half = worldOf([share('v1', 75), share('v2', 25)], {}, served('v1'));
  const { id } = revisionSpec(sampleSystem(), 'api', 'v2');
  for (const request of [{ to: 'v2' }, { revision: id }, { to: 'v2', revision: id }]) {
    assert.throws(
      () => rolledBack(half, request),
      refuses('Refused', /here with 25 % of the traffic.* v1 \(.*fairlead deploy shop\/api v2/),
    );
  }
  const { id: other } = revisionSpec(sampleSystem(), 'api', 'v1');
  assert.throws(
    () => rolledBack(half, { to: 'v2', revision: other }),
    refuses('NotFound', /v2|v1/),
  );
  assert.throws(
    () => rolledBack(worldOf([share('v2', 100)]), { to: 'v7' }),
    refuses('NotFound', /it is not here, and the platform remembers no revision that all users/),
  );
});

test('the plan of a roll-back says from when to when all users were on what it goes back to', () => {
  const [newest, before] = served('v2', 'v1');
  assert.ok(newest && before);
  const since = '2026-01-02T00:00:00.000Z';
  const { carried } = rolledBack(worldOf([share('v2', 100)], {}, [{ ...newest, since }, before]));
  assert.deepEqual(carried, { revision: before.spec.id, since: before.since, until: since });
});
