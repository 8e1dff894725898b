// A bake goes on from what was read before the weights changed, once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBake } from '../../../src/domain/analysis/bake-progress.ts';
import type { MachineEvent } from '../../../src/domain/operation/machine-state.ts';
import type { PlanStep } from '../../../src/domain/operation/plan.ts';
import {
  begunBake,
  plainResult,
  type StepOutput,
} from '../../../src/domain/operation/step-result.ts';

const progress = startBake(1000);
const begun = { step: 'watch', progress };
const shifted: StepOutput = { kind: 'weights', service: 'api', weights: [], begun };

function came(id: string, event: MachineEvent, output?: StepOutput) {
  const step: PlanStep = { id, title: id, undo: 'none', action: { kind: 'watch', service: 'api' } };
  return { step, result: plainResult(event, output === undefined ? {} : { output }) };
}

const baked: MachineEvent = {
  ...{ type: 'baked', verdict: 'inconclusive', judged: true },
  ...{ message: '', onInconclusive: 'ask' },
};

test('a bake begins with what the change of weights before it read', () => {
  const results = [came('switch', { type: 'done' }, shifted), came('watch', { type: 'done' })];
  assert.equal(begunBake(results, 'watch'), progress);
  assert.equal(begunBake(results, 'weight-5'), undefined);
});

test('a bake that is done again begins anew', () => {
  const results = [
    came('switch', { type: 'done' }, shifted),
    came('watch', { type: 'done' }),
    came('watch', baked),
  ];
  assert.equal(begunBake(results, 'watch'), undefined);
});

test('a change that is made again begins its bake again', () => {
  const results = [
    came('switch', { type: 'done' }, shifted),
    came('watch', baked),
    came('switch', { type: 'done' }, shifted),
  ];
  assert.equal(begunBake(results, 'watch'), progress);
});
