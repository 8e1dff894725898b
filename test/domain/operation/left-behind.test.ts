// What is said, and what is not done any more, where an operation ends before everything was taken back: replicas that are not there
// again, fences that nobody lifts, a window that is over.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apply, begin, next, startMachine } from '../../../src/domain/operation/machine.ts';
import type { MachineEvent, MachineState } from '../../../src/domain/operation/machine-state.ts';
import type { PlanStep, StepAction } from '../../../src/domain/operation/plan.ts';
import { skippable } from '../../../src/domain/operation/read-machine.ts';

const POLICY = { onFailure: 'ask', undone: 'failed' } as const;
const STAYS = 'orders was exchanged: "fairlead admit shop" lets them in';
const abort = (keep: boolean): MachineEvent => ({ type: 'abort', keep, message: 'ana' });

function at(...actions: [string, StepAction][]): MachineState {
  const steps = actions.map(([id, action]): PlanStep => ({ id, title: id, undo: '', action }));
  return begin(startMachine(steps, POLICY));
}

const done = (state: MachineState, stays?: string): MachineState =>
  begin(apply(state, { type: 'done', ...(stays !== undefined && { stays }) }));

const scaled = (service: string): [string, StepAction] => [
  `scale-down-${service}`,
  { kind: 'scale', service, revision: 'v1', replicas: 0, before: 4 },
];
const stopped = (service: string): [string, StepAction] => [
  `stop-${service}`,
  { kind: 'stop', service, back: 100 },
];

describe('an aborted window', () => {
  test('lets nobody in to a service whose replicas did not come back, and everybody in to the others', () => {
    const window = at(stopped('api'), stopped('web'), scaled('api'), ['work', { kind: 'hotfix' }]);
    const undoing = apply(done(done(done(window))), abort(false));
    const first = next(undoing);
    assert.ok(first.do === 'undo' && first.entry.verb === 'scale');
    const after = apply(undoing, { type: 'undoFailed', message: '1 of 4 ready' });
    const then = next(after);
    assert.ok(then.do === 'undo' && then.entry.verb === 'admit' && then.entry.service === 'web');
    assert.deepEqual(after.leftovers, [
      '1 of 4 ready',
      'stop-api: users stay out, because replicas of api are not there again',
    ]);
    const back = next(apply(undoing, { type: 'undone' }));
    assert.ok(back.do === 'undo' && back.entry.verb === 'admit');
  });

  test('that comes too late asks nobody, and takes back what it has of others', () => {
    const late = { type: 'failed', kind: 'Refused', message: 'too late', unbegun: true } as const;
    const [first, second] = [at(stopped('api')), done(at(stopped('api'), stopped('web')))];
    assert.equal(next(apply(first, late)).do, 'ask');
    const end = next(apply(first, { ...late, ends: true }));
    assert.deepEqual(end, { do: 'end', outcome: 'failed', message: 'too late' });
    const undo = next(apply(second, { ...late, ends: true }));
    assert.ok(undo.do === 'undo' && undo.entry.step === 'stop-api');
  });
});

describe('a recovery that ends behind its fence', () => {
  const fence: [string, StepAction] = ['fence-orders', { kind: 'writeFence', datastore: 'orders' }];
  const exchange: [string, StepAction] = [
    'exchange-orders',
    { kind: 'exchange', datastore: 'orders', copy: 'copy' },
  ];
  const open: [string, StepAction] = ['open-orders', { kind: 'liftFence', datastore: 'orders' }];
  const exchanged = (): MachineState => done(done(at(fence, exchange, open)), STAYS);
  const fenced = /^orders is still fenced: begin "fairlead recover" again/;

  test('says so and not that an admit lets anybody in, kept or preempted', () => {
    for (const event of [abort(true), { type: 'preempted', message: 'other' } as const]) {
      const { leftovers } = apply(exchanged(), event);
      assert.equal(leftovers.length, 1);
      assert.match(leftovers[0] ?? '', fenced);
    }
  });

  test('says what was exchanged where the fence is lifted, and the fence where that fails', () => {
    const undoing = apply(exchanged(), abort(false));
    assert.deepEqual(apply(undoing, { type: 'undone' }).leftovers, [STAYS]);
    const { leftovers } = apply(undoing, { type: 'undoFailed', message: 'no answer' });
    assert.equal(leftovers[0], 'no answer');
    assert.match(leftovers[1] ?? '', fenced);
    assert.equal(leftovers.length, 2);
  });

  test('of a datastore that nothing shuts says what was exchanged', () => {
    const bound = done(at(fence, exchange, ['rest', { kind: 'hotfix' }]));
    assert.deepEqual(apply(done(bound, STAYS), abort(true)).leftovers, [STAYS]);
  });

  test('cannot skip what lifts the fence', () => {
    const parked = apply(exchanged(), { type: 'failed', kind: 'Unavailable', message: 'away' });
    assert.deepEqual([parked.phase, skippable(parked)], ['parked', false]);
  });
});
