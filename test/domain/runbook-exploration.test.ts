// The runbook's decisions, explored over every order of results, verdicts, messages and crashes that fits into
// the stated depth, against a model of the world: two revisions, their readiness, and the weights.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Weights } from '../../src/domain/model.ts';
import { planCanary } from '../../src/domain/plan-canary.ts';
import type { PlanStep } from '../../src/domain/plan.ts';
import { revisionSpec } from '../../src/domain/revision.ts';
import {
  apply,
  begin,
  next,
  skippable,
  startRunbook,
  type RunbookEvent,
  type RunbookState,
} from '../../src/domain/runbook.ts';
import type { UndoEntry } from '../../src/domain/undo.ts';
import { percentOf, sameWeights, total } from '../../src/domain/weights.ts';
import { sampleRevision, sampleSystem, sampleTraffic } from '../support/samples.ts';

/** Longest path that is followed: actions, with at most MOST_CRASHES crashes in between. */
const DEPTH = 40;
const MOST_CRASHES = 2;
const MOST_ANSWERS = 2;

interface World {
  weights: Weights;
  ready: Record<string, boolean>;
  crashes: number;
  answers: number;
}

interface Place {
  state: RunbookState;
  world: World;
}

const loaded = sampleSystem();
const config = loaded.system.services['api'];
assert.ok(config);
const old = revisionSpec(loaded, 'api', 'v1');
const fresh = revisionSpec(loaded, 'api', 'v2');

function planFor(before: Weights): PlanStep[] {
  assert.ok(config);
  const revisions = before.length === 0 ? [] : [sampleRevision(loaded, 'v1')];
  return planCanary({
    operation: 'deploy/shop/api/v2',
    loaded,
    service: 'api',
    config,
    target: fresh,
    request: { system: 'shop', service: 'api', version: 'v2' },
    world: { traffic: sampleTraffic(before), revisions },
  }).steps;
}

const LIVE: Weights = [{ revision: old.id, version: 'v1', percent: 100 }];
const boom = { type: 'failed', kind: 'Broken', message: 'boom' } as const;

/** What can come of the action that is next, with what it does to the world. */
function outcomes({ state, world }: Place): Place[] {
  const action = next(state);
  const to = (event: RunbookEvent, changed: World = world, from = state): Place => ({
    state: apply(from, event),
    world: changed,
  });
  switch (action.do) {
    case 'end':
      return [];
    case 'undo': {
      const undone = undo(world, action.entry);
      const failed: RunbookEvent = { type: 'undoFailed', message: `${action.entry.step} is left` };
      return undone === undefined
        ? [to(failed)]
        : [to({ type: 'undone' }, undone), to(failed), to(failed, undone)];
    }
    case 'change': {
      const begun = begin(state);
      const after = change(world, action.step);
      const results =
        after === undefined
          ? [to({ ...boom, kind: 'NotReady' }, world, begun)]
          : [to({ type: 'done' }, after, begun), to(boom, world, begun), to(boom, after, begun)];
      const others = [
        to({ type: 'failed', kind: 'WorldChanged', message: 'changed' }, world, begun),
        to({ type: 'failed', kind: 'Superseded', message: 'superseded' }, world, begun),
      ];
      return [
        ...results,
        ...others,
        ...interrupts(begun, world),
        ...interrupts(begun, after ?? world),
      ];
    }
    case 'bake':
      return [...bakes(state, world), ...interrupts(state, world)];
    case 'gate':
      return [
        ...(['approved', 'overridden', 'rejected', 'expired'] as const).map((decision) =>
          to({ type: 'answered', decision, message: decision }),
        ),
        ...interrupts(state, world),
      ];
    case 'ask':
      return [...answers(state, world), ...interrupts(state, world)];
  }
}

function bakes(state: RunbookState, world: World): Place[] {
  const step = state.steps[state.index];
  const healthy = world.ready[step?.bake?.revision ?? ''] === true;
  const to = (event: RunbookEvent): Place => ({ state: apply(state, event), world });
  const baked = (verdict: 'pass' | 'fail' | 'inconclusive', onInconclusive: 'ask' | 'undo') =>
    to({ type: 'baked', verdict, judged: true, message: verdict, onInconclusive });
  // A bake watches the replicas: it cannot pass over a revision that is down.
  const passes = healthy ? [baked('pass', 'ask')] : [];
  const promotions = healthy
    ? [true, false].map((full) => to({ type: 'promoted', full, by: 'ana' }))
    : [];
  return [
    ...passes,
    baked('fail', 'ask'),
    baked('inconclusive', 'ask'),
    baked('inconclusive', 'undo'),
    ...promotions,
  ];
}

function answers(state: RunbookState, world: World): Place[] {
  if (world.answers >= MOST_ANSWERS) return [];
  const used = { ...world, answers: world.answers + 1 };
  const events: RunbookEvent[] = [{ type: 'retryStep' }, { type: 'adopt' }];
  if (skippable(state)) events.push({ type: 'skipStep', by: 'ana' });
  return events.map((event) => ({ state: apply(state, event), world: used }));
}

function interrupts(state: RunbookState, world: World): Place[] {
  const events: RunbookEvent[] = [
    { type: 'abort', keep: false, message: 'aborted' },
    { type: 'abort', keep: true, message: 'kept' },
    { type: 'cancelled' },
    { type: 'preempted', message: 'preempted' },
  ];
  return events.map((event) => ({ state: apply(state, event), world }));
}

/** Somebody's replicas die between two actions. */
function crashes({ state, world }: Place): Place[] {
  if (world.crashes >= MOST_CRASHES || next(state).do === 'end') return [];
  return Object.entries(world.ready)
    .filter(([, ready]) => ready)
    .map(([revision]) => ({
      state,
      world: {
        ...world,
        ready: { ...world.ready, [revision]: false },
        crashes: world.crashes + 1,
      },
    }));
}

/** The world after a change; `undefined` when the adapters refuse it. */
function change(world: World, { action }: PlanStep): World | undefined {
  switch (action.kind) {
    case 'ensure':
      return { ...world, ready: { [action.spec.id]: false, ...world.ready } };
    case 'ready':
      return { ...world, ready: { ...world.ready, [action.revision]: true } };
    case 'weights':
      return shift(world, action.weights);
    default:
      return world;
  }
}

function undo(world: World, entry: UndoEntry): World | undefined {
  if (entry.verb === 'setWeights') return shift(world, entry.weights);
  if (entry.verb === 'scale') return world;
  if (percentOf(world.weights, entry.revision) > 0) return undefined;
  const { [entry.revision]: _, ...ready } = world.ready;
  return { ...world, ready };
}

/** What shiftTraffic and the platforms do: traffic goes only to what is ready. */
function shift(world: World, weights: Weights): World | undefined {
  if (weights.some((one) => world.ready[one.revision] !== true)) return undefined;
  return { ...world, weights };
}

function keyOf({ state, world }: Place): string {
  const { steps: _, policy: __, ...rest } = state;
  return JSON.stringify([rest, world]);
}

function explore(before: Weights): { places: Map<string, Place>; ends: Place[]; cut: number } {
  const ready = Object.fromEntries(before.map((one) => [one.revision, true]));
  const start: Place = {
    state: startRunbook(planFor(before), { onFailure: 'undo', undone: 'rolledBack' }),
    world: { weights: before, ready, crashes: 0, answers: 0 },
  };
  const places = new Map([[keyOf(start), start]]);
  const ends: Place[] = [];
  let edge = [start];
  let depth = 0;
  for (; edge.length > 0 && depth < DEPTH; depth += 1) {
    const found: Place[] = [];
    for (const place of edge) {
      if (next(place.state).do === 'end') ends.push(place);
      const acted = outcomes(place);
      for (const one of acted) {
        // Crashes take healthy replicas away; what the runbook does never takes the last from users.
        const taken = servesHealthy(place.world) && !servesHealthy(one.world);
        assert.ok(!taken || before.length === 0, `took the last healthy revision: ${keyOf(one)}`);
      }
      for (const one of [...acted, ...crashes(place)]) {
        const key = keyOf(one);
        if (places.has(key)) continue;
        places.set(key, one);
        found.push(one);
      }
    }
    edge = found;
  }
  return { places, ends, cut: edge.length };
}

for (const [name, before] of [
  ['a canary against a live version', LIVE],
  ['a first deploy', []],
] as const) {
  test(`${name}: every order of results keeps what it promises`, () => {
    const { places, ends, cut } = explore([...before]);
    assert.equal(cut, 0, 'no path was cut at the stated depth: every path ends');
    assert.ok(places.size > 500, `explored ${places.size} states`);
    for (const { world } of places.values()) {
      const sum = total(world.weights);
      assert.ok(sum === 100 || (sum === 0 && before.length === 0), `weights sum to ${sum}`);
    }
    for (const place of ends) checkEnd(place, [...before]);
    const outcomesSeen = new Set(ends.map(({ state }) => state.ending?.outcome));
    for (const outcome of [
      'succeeded',
      'rolledBack',
      'rejected',
      'expired',
      'aborted',
      'preempted',
      'inconclusive',
    ]) {
      if (before.length === 0 && ['rejected', 'expired'].includes(outcome)) continue;
      assert.ok([...outcomesSeen].includes(outcome as never), `${outcome} was reached`);
    }
  });
}

function servesHealthy(world: World): boolean {
  return world.weights.some((one) => world.ready[one.revision] === true);
}

function checkEnd({ state, world }: Place, before: Weights): void {
  const { outcome, message } = state.ending ?? {};
  const told = JSON.stringify({ outcome, message, leftovers: state.leftovers, world });
  const clean = state.leftovers.length === 0;
  if (outcome === 'succeeded') {
    assert.equal(
      percentOf(world.weights, fresh.id),
      100,
      `done means everything is on v2: ${told}`,
    );
    assert.ok(clean, told);
    return;
  }
  if (outcome === 'preempted' || message === 'kept') return;
  // Everything was undone, or what was not is reported.
  if (clean) {
    assert.ok(sameWeights(world.weights, before), `traffic is where it was: ${told}`);
    assert.ok(!(fresh.id in world.ready), `v2 is gone: ${told}`);
  }
  if (outcome === 'rolledBack') assert.ok(sameWeights(world.weights, before), told);
}

test('traffic that goes back needs no revision removed before it', () => {
  const state = apply(
    {
      ...startRunbook(planFor(LIVE), { onFailure: 'undo', undone: 'rolledBack' }),
      undo: [
        {
          step: 'ensure',
          verb: 'removeRevision',
          service: 'api',
          revision: fresh.id,
          version: 'v2',
        },
        { step: 'weight-5', verb: 'setWeights', service: 'api', weights: LIVE },
      ],
    },
    { type: 'failed', kind: 'Broken', message: 'boom' },
  );
  const first = next(state);
  assert.equal(first.do === 'undo' && first.entry.verb, 'setWeights');
  const second = next(apply(state, { type: 'undone' }));
  assert.equal(second.do === 'undo' && second.entry.verb, 'removeRevision');
});

test('a revision that may carry traffic is not removed when the way back failed', () => {
  const steps = planFor(LIVE);
  const state = apply(
    {
      ...startRunbook(steps, { onFailure: 'undo', undone: 'rolledBack' }),
      undo: [
        {
          step: 'ensure',
          verb: 'removeRevision',
          service: 'api',
          revision: fresh.id,
          version: 'v2',
        },
        { step: 'weight-5', verb: 'setWeights', service: 'api', weights: LIVE },
      ],
    },
    { type: 'failed', kind: 'Broken', message: 'boom' },
  );
  const end = apply(state, { type: 'undoFailed', message: 'v1 is not ready' });
  assert.deepEqual(next(end), { do: 'end', outcome: 'failed', message: 'boom' });
  assert.equal(end.leftovers.length, 2);
});
