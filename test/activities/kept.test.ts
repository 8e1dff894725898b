// What activities are told by name: systems and plans that are kept under digests, bound to the run that they are for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKept } from '../../src/activities/kept.ts';
import { STEP_INPUTS } from '../../src/activities/inputs/step-inputs.ts';
import { Failure } from '../../src/domain/failure.ts';
import { finishPlan } from '../../src/domain/operation/plan-steps.ts';
import { createSnapshots } from '../../src/integrations/snapshots.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { fails } from '../support/fails.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { sampleSystem } from '../support/samples.ts';

const loaded = sampleSystem();
const plan = finishPlan({
  operation: 'stop/shop/api',
  kind: 'stopTraffic',
  loaded,
  steps: [],
});
const boundTo = { workflowId: 'stop/shop/api', firstRunId: 'first' };

test('a plan is read again by its digest, on another worker too', async () => {
  const objects = createMemoryObjects();
  const { call } = createActivityWorld();
  const kept = createKept(createSnapshots(objects));
  const system = await kept.keepSystem(loaded, call());
  const digest = await kept.keepPlan({ plan, system, boundTo }, call());
  const other = createKept(createSnapshots(objects));
  const found = await other.plan(digest, boundTo, call());
  assert.deepEqual(found.plan, plan);
  assert.deepEqual(await other.system(found.system, call()), loaded);
});

test('a plan is refused to another operation, and to a later start of the same one', async () => {
  const { call } = createActivityWorld();
  const kept = createKept(createSnapshots(createMemoryObjects()));
  const digest = await kept.keepPlan({ plan, system: 'none', boundTo }, call());
  for (const other of [
    { ...boundTo, workflowId: 'deploy/shop/api/v2' },
    { ...boundTo, firstRunId: 'second' },
  ]) {
    const { message } = await fails('Refused', kept.plan(digest, other, call()));
    assert.match(message, /was made for stop\/shop\/api \(first run first\), and not for/);
  }
});

test('a plan of the same digest for two runs is kept for each of them', async () => {
  const { call } = createActivityWorld();
  const kept = createKept(createSnapshots(createMemoryObjects()));
  const later = { ...boundTo, firstRunId: 'second' };
  const first = await kept.keepPlan({ plan, system: 'none', boundTo }, call());
  const second = await kept.keepPlan({ plan, system: 'none', boundTo: later }, call());
  assert.notEqual(first, second);
  assert.deepEqual((await kept.plan(second, later, call())).plan, plan);
});

test('what saves users goes on when the store does not answer, and nothing else does', async () => {
  const { call } = createActivityWorld();
  const away = new Failure('Unavailable', 'the store is away');
  const kept = createKept({
    put: () => Promise.reject(away),
    get: () => Promise.reject(away),
    noteNewest: () => Promise.reject(away),
    newest: () => Promise.reject(away),
  });
  await fails('Unavailable', kept.keepSystem(loaded, call()));
  const digest = await kept.keepSystem(loaded, { ...call(), urgent: true });
  assert.deepEqual(await kept.system(digest, call()), loaded);
  assert.deepEqual((await kept.newestSystem(loaded.name, call()))?.loaded, loaded);
});

test('what was kept last of a system is found by another worker, and one that stands in for a broken file is not the last', async () => {
  const objects = createMemoryObjects();
  const { call } = createActivityWorld();
  const kept = createKept(createSnapshots(objects));
  const edited = { ...loaded, digest: 'edited' };
  for (const one of [loaded, edited, loaded, { ...edited, instead: 'it does not load' }])
    await kept.keepSystem(one, call());
  const other = createKept(createSnapshots(objects));
  assert.deepEqual((await other.newestSystem(loaded.name, call()))?.loaded, loaded);
  assert.equal(await other.newestSystem('other', call()), undefined);
});

test('what a stop went on without is put into the store as soon as that answers again', async () => {
  const { call } = createActivityWorld();
  const put: string[] = [];
  let isAway = true;
  const kept = createKept({
    put: async (_, digest) => {
      if (isAway) throw new Failure('Unavailable', 'the store is away');
      put.push(digest);
    },
    get: () => Promise.reject(new Failure('NotFound', 'nothing')),
    noteNewest: async () => undefined,
    newest: async () => undefined,
  });
  const digest = await kept.keepSystem(loaded, { ...call(), urgent: true });
  isAway = false;
  await kept.keepSystem(loaded, call());
  await kept.keepSystem(loaded, call());
  assert.deepEqual(put, [digest]);
});

test('the way back of a scale waits for replicas that come, and not for those that go', () => {
  const input = (replicas: number, before: number, back?: true) => {
    const scale = {
      kind: 'scale',
      service: PLACE.service,
      revision: 'v1',
      replicas,
      before,
    } as const;
    const step = { id: 'scale', title: 'Scale', undo: 'back', action: scale };
    const told = back === undefined ? {} : { back };
    return STEP_INPUTS.scaleRevision({ loaded, plan, step }, told);
  };
  const up = input(0, 4, true);
  assert.equal(up.replicas, 4);
  assert.ok('deadline' in up && up.deadline > 0);
  assert.ok(!('deadline' in input(8, 4, true)) && !('deadline' in input(0, 4)));
});

test('an activity is refused a step that is not its own', () => {
  const action = { kind: 'stop', service: PLACE.service } as const;
  const step = { id: 'stop-api', title: 'Stop api', undo: 'none', action };
  const at = { loaded, plan, step };
  assert.deepEqual(
    STEP_INPUTS.stopServices({ ...at, plan: { ...plan, steps: [step] } })[0]?.service,
    PLACE.service,
  );
  assert.throws(
    () => STEP_INPUTS.ensureRevision(at),
    /step .* of stop\/shop\/api is of the kind stop, and not ensure: nothing was done/,
  );
});
