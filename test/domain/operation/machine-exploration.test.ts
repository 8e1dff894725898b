// The runbook's decisions, explored over every order of results, verdicts, messages and crashes that fits into
// the stated depth, against a model of the world (test/support/rollout-model.ts).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Weights } from '../../../src/domain/rollout/model.ts';
import { apply, next, startMachine } from '../../../src/domain/operation/machine.ts';
import type { MachineState } from '../../../src/domain/operation/machine-state.ts';
import { percentOf, sameWeights, total } from '../../../src/domain/traffic/weights.ts';
import {
  crashes,
  fresh,
  LIVE,
  outcomes,
  planFor,
  type Place,
  type Strategy,
  type World,
} from '../../support/rollout-model.ts';

/** Longest path that is followed, in actions; at most two crashes and two answers of people on each. */
const DEPTH = 40;

function keyOf({ state, world }: Place): string {
  const { steps: _, policy: __, ...rest } = state;
  return JSON.stringify([rest, world]);
}

function startOf(before: Weights, strategy: Strategy, settle: boolean): Place {
  const ready = Object.fromEntries(before.map((one) => [one.revision, true]));
  const policy = { onFailure: 'undo', undone: 'rolledBack' } as const;
  return {
    state: startMachine(planFor(before, strategy, settle), policy),
    world: {
      ...{ weights: before, ready, crashes: 0, answers: 0 },
      ...(settle && { settled: before[0]?.revision ?? '' }),
    },
  };
}

function explore(
  before: Weights,
  strategy: Strategy,
  settle: boolean,
): { places: Map<string, Place>; ends: Place[]; cut: number } {
  const start = startOf(before, strategy, settle);
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

for (const [name, before, strategy, settle] of [
  ['a canary against a live version', LIVE, 'canary'],
  ['a canary on a platform that settles', LIVE, 'canary', true],
  ['a first deploy', [], 'canary'],
  ['a blue-green deploy beside a live version', LIVE, 'blue-green'],
  ['a first blue-green deploy', [], 'blue-green'],
] as [string, Weights, Strategy, boolean?][]) {
  test(`${name}: every order of results keeps what it promises`, () => {
    const { places, ends, cut } = explore([...before], strategy, settle === true);
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
      if (strategy === 'canary' && before.length === 0 && ['rejected', 'expired'].includes(outcome))
        continue;
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
    if (world.settled !== undefined) assert.equal(world.settled, fresh.id, told);
    return;
  }
  if (outcome === 'preempted' || message === 'kept') return;
  // Everything was undone, or what was not is reported.
  if (clean) {
    assert.ok(sameWeights(world.weights, before), `traffic is where it was: ${told}`);
    assert.ok(!(fresh.id in world.ready), `v2 is gone: ${told}`);
    assert.notEqual(world.settled, fresh.id, told);
  }
  if (outcome === 'rolledBack') assert.ok(sameWeights(world.weights, before), told);
}

test('where what can be done is done all the same, a service that was lost does not end the rest', () => {
  const [step] = planFor(LIVE);
  assert.ok(step);
  const steps = ['api', 'web'].map((service) => ({ ...step, id: `stop-${service}` }));
  const start = startMachine(steps, { onFailure: 'continue', undone: 'failed' });
  const lost = apply(start, { type: 'failed', kind: 'LeaseLost', message: 'api was taken' });
  const then = next(lost);
  assert.equal(then.do === 'change' && then.step.id, 'stop-web');
  const end = apply(lost, { type: 'done' });
  assert.deepEqual(next(end), { do: 'end', outcome: 'failed', message: 'api was taken' });
});

test('abort with keep says what it left as it is', () => {
  const start = startMachine(planFor(LIVE), { onFailure: 'undo', undone: 'rolledBack' });
  const undo = [{ step: 'weight-5', verb: 'setWeights', service: 'api', weights: LIVE }] as const;
  const kept = apply({ ...start, undo: [...undo] }, { type: 'abort', keep: true, message: 'kept' });
  assert.deepEqual(kept.findings, ['kept, not undone: weight-5: traffic of api back to v1 100 %']);
});

/** A deploy that has a new revision and 5 % on it to take back. */
const failedAtFive = (): MachineState =>
  apply(
    {
      ...startMachine(planFor(LIVE), { onFailure: 'undo', undone: 'rolledBack' }),
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

test('traffic that goes back needs no revision removed before it', () => {
  const state = failedAtFive();
  const first = next(state);
  assert.equal(first.do === 'undo' && first.entry.verb, 'setWeights');
  const second = next(apply(state, { type: 'undone' }));
  assert.equal(second.do === 'undo' && second.entry.verb, 'removeRevision');
});

test('what a platform keeps of its own goes back before the traffic, for only then the old version answers', () => {
  const settle = {
    ...({ step: 'settle', verb: 'settle', service: 'api' } as const),
    ...{ revision: LIVE[0]?.revision ?? '', version: 'v1' },
  };
  const state = failedAtFive();
  const first = next({ ...state, undo: [...state.undo, settle] });
  assert.equal(first.do === 'undo' && first.entry.verb, 'settle');
});

test('a revision that may carry traffic is not removed when the way back failed', () => {
  const state = failedAtFive();
  const end = apply(state, { type: 'undoFailed', message: 'v1 is not ready' });
  assert.deepEqual(next(end), { do: 'end', outcome: 'failed', message: 'boom' });
  assert.equal(end.leftovers.length, 2);
});
