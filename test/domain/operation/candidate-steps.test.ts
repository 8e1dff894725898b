// Plans in which several backups are tried one after the other: which steps are passed over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineEvent } from '../../../src/domain/operation/machine-state.ts';
import { apply, begin, next, startMachine } from '../../../src/domain/operation/machine.ts';
import type { PlanStep } from '../../../src/domain/operation/plan.ts';

const loads = (number: number): PlanStep => ({
  ...{ id: `loads.${number}`, title: 'Restore', undo: 'discard the copy' },
  action: {
    ...({ kind: 'rung', rung: 'loads', datastore: 'orders' } as const),
    ...{ backup: `b${number}`, copy: `copy-${number}` },
  },
  candidate: { of: 'orders', number },
});

const instead = (number: number): PlanStep => ({
  ...{ id: `instead.${number}`, title: 'Only where', undo: 'none' },
  action: { kind: 'discard', datastore: 'orders', copy: `copy-${number - 1}` },
  candidate: { of: 'orders', number },
});

const exchange: PlanStep = {
  ...{ id: 'exchange', title: 'Exchange', undo: 'none' },
  action: { kind: 'exchange', datastore: 'orders', copy: 'copy-1' },
};

const STEPS = [loads(1), instead(2), loads(2), instead(3), loads(3), exchange];
const BAD: MachineEvent = { type: 'nextCandidate', message: 'it is bad' };

/** Where the machine stands after these events. */
function after(...events: MachineEvent[]) {
  const start = startMachine(STEPS, { onFailure: 'ask', undone: 'failed' });
  return events.reduce((state, event) => apply(begin(state), event), start);
}

const stepAfter = (...events: MachineEvent[]): string => {
  const action = next(after(...events));
  return 'step' in action ? action.step.id : action.do;
};

const DONE: MachineEvent = { type: 'done' };

test('the other candidates are passed over once one is good', () => {
  assert.equal(stepAfter(DONE), 'exchange');
  assert.equal(stepAfter(BAD, DONE, DONE), 'exchange');
});

test('a bad one is followed by the next, whose first step discards its copy', () => {
  assert.equal(stepAfter(BAD), 'instead.2');
  assert.deepEqual(
    after(BAD, DONE, DONE).undo.map((entry) => 'copy' in entry && entry.copy),
    ['copy-2'],
  );
  assert.equal(stepAfter(BAD, DONE, BAD, DONE), 'loads.3');
});

test('a bad last one asks, and skipping it goes on with it', () => {
  assert.equal(stepAfter(BAD, DONE, BAD, DONE, BAD), 'ask');
  const skip: MachineEvent = { type: 'skipStep', by: 'ana' };
  const asked = after(BAD, DONE, BAD, DONE, BAD);
  const action = next(apply(asked, skip));
  assert.equal('step' in action && action.step.id, 'exchange');
});

test('an exchange of whichever copy leaves no undo that would discard what is live', () => {
  const exchanged = after(BAD, DONE, DONE, DONE);
  assert.deepEqual(exchanged.undo, []);
});
