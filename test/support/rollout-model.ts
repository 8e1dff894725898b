// A model of the world that a rollout changes: two revisions, their readiness, the weights; and everything
// that can come of each action of a runbook. The exploration test walks all of it.
import assert from 'node:assert/strict';
import type { Weights } from '../../src/domain/rollout/model.ts';
import { planBlueGreen } from '../../src/runbooks/blue-green-deploy.ts';
import { planCanary } from '../../src/runbooks/canary-deploy.ts';
import type { PlanStep } from '../../src/domain/operation/plan.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import type { MachineEvent, MachineState } from '../../src/domain/operation/machine-state.ts';
import { apply, begin, next } from '../../src/domain/operation/machine.ts';
import { gateAhead, skippable, watchedStep } from '../../src/domain/operation/read-machine.ts';
import type { UndoEntry } from '../../src/domain/operation/undo.ts';
import { percentOf } from '../../src/domain/traffic/weights.ts';
import { SAMPLE_PLATFORM, sampleRevision, sampleSystem, sampleTraffic } from './samples.ts';

const MOST_CRASHES = 2;
const MOST_ANSWERS = 2;

export interface World {
  weights: Weights;
  /** What the platform's own object stands on, where it has one. */
  settled?: string;
  ready: Record<string, boolean>;
  crashes: number;
  answers: number;
}

export interface Place {
  state: MachineState;
  world: World;
}

const loaded = sampleSystem({
  rollout: {
    canary: {
      steps: [{ weight: 5, bake: '1s', analysis: 'errors', approval: 'promote' }],
      watch: '1s',
      analysis: 'errors',
    },
    blueGreen: { preview: { bake: '1s' }, approval: 'promote', watch: '1s', analysis: 'errors' },
    insurance: '60s',
  },
});
const config = loaded.system.services['api'];
assert.ok(config);
const old = revisionSpec(loaded, 'api', 'v1');
export const fresh = revisionSpec(loaded, 'api', 'v2');

export type Strategy = 'canary' | 'blue-green';
const PLANS = { canary: planCanary, 'blue-green': planBlueGreen };

export function planFor(
  before: Weights,
  strategy: Strategy = 'canary',
  settle = false,
): PlanStep[] {
  assert.ok(config);
  const revisions =
    before.length === 0 ? [] : [sampleRevision(loaded, 'v1', settle ? { settled: true } : {})];
  return PLANS[strategy]({
    operation: 'deploy/shop/api/v2',
    loaded,
    service: 'api',
    config,
    target: fresh,
    request: { system: 'shop', service: 'api', version: 'v2' },
    world: {
      platform: { ...SAMPLE_PLATFORM, settle },
      traffic: sampleTraffic(before),
      revisions,
      history: [],
    },
  }).steps;
}

export const LIVE: Weights = [{ revision: old.id, version: 'v1', percent: 100 }];
const boom = { type: 'failed', kind: 'Broken', message: 'boom' } as const;

/** What can come of the action that is next, with what it does to the world. */
export function outcomes({ state, world }: Place): Place[] {
  const action = next(state);
  const to = (event: MachineEvent, changed: World = world, from = state): Place => ({
    state: apply(from, event),
    world: changed,
  });
  switch (action.do) {
    case 'end':
      return [];
    case 'undo': {
      const undone = undo(world, action.entry);
      const failed: MachineEvent = { type: 'undoFailed', message: `${action.entry.step} is left` };
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
        to({ type: 'failed', kind: 'LeaseLost', message: 'lease lost' }, world, begun),
        to({ type: 'failed', kind: 'Outage', message: 'nobody was there' }, after ?? world, begun),
      ];
      return [
        ...results,
        ...others,
        ...interrupts(begun, world),
        ...interrupts(begun, after ?? world),
        ...foundBad(state, world),
      ];
    }
    case 'passOver':
      return [to({ type: 'passedOver' })];
    case 'bake':
      return [...bakes(state, world), ...interrupts(state, world), ...foundBad(state, world)];
    case 'gate':
      return [
        ...foundBad(state, world),
        ...(['approved', 'overridden', 'rejected', 'expired'] as const).map((decision) =>
          to({ type: 'answered', decision, message: decision }),
        ),
        ...interrupts(state, world),
      ];
    case 'ask':
      return [
        ...answers(state, world),
        ...interrupts(state, world),
        ...recoveries(state, world),
        ...(action.problem.kind === 'Inconclusive' ? foundBad(state, world) : []),
      ];
  }
}

function bakes(state: MachineState, world: World): Place[] {
  const step = state.steps[state.index];
  const healthy = world.ready[step?.bake?.revision ?? ''] === true;
  const to = (event: MachineEvent): Place => ({ state: apply(state, event), world });
  const baked = (verdict: 'pass' | 'fail' | 'inconclusive', onInconclusive: 'ask' | 'undo') =>
    to({ type: 'baked', verdict, judged: true, message: verdict, onInconclusive });
  // A bake watches the replicas: it cannot pass over a revision that is down.
  const passes = healthy ? [baked('pass', 'ask')] : [];
  const promotions = healthy
    ? [gateAhead(state) === undefined, false].map((full) =>
        to({ type: 'promoted', full, by: 'ana' }),
      )
    : [];
  return [
    ...passes,
    baked('fail', 'ask'),
    baked('inconclusive', 'ask'),
    baked('inconclusive', 'undo'),
    to({ type: 'failed', kind: 'Outage', message: 'nobody watched' }),
    ...promotions,
  ];
}

function answers(state: MachineState, world: World): Place[] {
  if (world.answers >= MOST_ANSWERS) return [];
  const used = { ...world, answers: world.answers + 1 };
  const events: MachineEvent[] = [{ type: 'retryStep' }, { type: 'adopt' }];
  if (skippable(state)) events.push({ type: 'skipStep', by: 'ana' });
  return events.map((event) => ({ state: apply(state, event), world: used }));
}

function interrupts(state: MachineState, world: World): Place[] {
  const events: MachineEvent[] = [
    { type: 'abort', keep: false, message: 'aborted' },
    { type: 'abort', keep: true, message: 'kept' },
    { type: 'cancelled' },
    { type: 'preempted', message: 'preempted' },
  ];
  return events.map((event) => ({ state: apply(state, event), world }));
}

/** At a gate, a pause before any action, a question about what could not be judged: the gate watch fails. */
function foundBad(state: MachineState, world: World): Place[] {
  if (watchedStep(state) === undefined) return [];
  return [{ state: apply(state, { type: 'watched', message: 'found bad' }), world }];
}

/** While a person is asked, what went down may come up again. */
function recoveries(state: MachineState, world: World): Place[] {
  return Object.keys(world.ready)
    .filter((revision) => world.ready[revision] === false)
    .map((revision) => ({
      state,
      world: { ...world, ready: { ...world.ready, [revision]: true } },
    }));
}

/** Somebody's replicas die between two actions. */
export function crashes({ state, world }: Place): Place[] {
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
    case 'settle':
      return settledOn(world, action.revision);
    default:
      return world;
  }
}

function undo(world: World, entry: UndoEntry): World | undefined {
  if (entry.verb === 'setWeights') return shift(world, entry.weights);
  if (entry.verb === 'settle') return settledOn(world, entry.revision);
  if (entry.verb !== 'removeRevision') return world;
  if (percentOf(world.weights, entry.revision) > 0) return undefined;
  if (world.settled === entry.revision) return undefined;
  const { [entry.revision]: _, ...ready } = world.ready;
  return { ...world, ready };
}

/** The object of a platform is brought to a revision. The old one of a deploy runs in it: it has no other place. */
function settledOn(world: World, revision: string): World {
  const ready = revision === fresh.id ? { ...world.ready, [old.id]: false } : world.ready;
  return {
    ...world,
    ready: revision === old.id ? { ...ready, [old.id]: true } : ready,
    settled: revision,
  };
}

/** What shiftTraffic and the platforms do: traffic goes only to what is ready. */
function shift(world: World, weights: Weights): World | undefined {
  if (weights.some((one) => world.ready[one.revision] !== true)) return undefined;
  return { ...world, weights };
}
