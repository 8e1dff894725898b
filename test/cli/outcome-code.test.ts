import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOf } from '../../src/cli/outcome-code.ts';

const TABLE: [outcome: string, clean: number, withLeftovers: number][] = [
  ['succeeded', 0, 8],
  ['planned', 0, 8],
  ['nothingToDo', 0, 8],
  ['rolledBack', 3, 8],
  ['failed', 3, 8],
  ['rejected', 4, 8],
  ['expired', 4, 8],
  ['aborted', 4, 8],
  ['preempted', 4, 8],
  ['refused', 6, 8],
  ['inconclusive', 7, 8],
  ['interrupted', 8, 8],
  ['BadInput', 2, 8],
  ['an outcome of a later version', 8, 8],
];

for (const [outcome, clean, withLeftovers] of TABLE) {
  test(`${outcome} is exit code ${clean}, and ${withLeftovers} with something left over`, () => {
    assert.equal(exitCodeOf({ outcome, leftovers: [] }), clean);
    assert.equal(exitCodeOf({ outcome, leftovers: ['x'] }), withLeftovers);
  });
}
