import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeEnd } from '../../src/cli/describe-end.ts';
import { exitCodeOf, exitCodeOfKind } from '../../src/cli/operation/outcome-code.ts';
import { Failure, FAILURE_KINDS } from '../../src/domain/failure.ts';

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
  ['an outcome of a later version', 8, 8],
];

for (const [outcome, clean, withLeftovers] of TABLE) {
  test(`${outcome} is exit code ${clean}, and ${withLeftovers} with something left over`, () => {
    assert.equal(exitCodeOf({ outcome, leftovers: [] }), clean);
    assert.equal(exitCodeOf({ outcome, leftovers: ['x'] }), withLeftovers);
  });
}

test('a failure has one exit code, however it comes out', () => {
  for (const kind of FAILURE_KINDS) {
    assert.equal(describeEnd(new Failure(kind, 'x'), {}).code, exitCodeOfKind(kind), kind);
  }
  assert.deepEqual(
    (['Broken', 'BadInput', 'Unavailable', 'Outage'] as const).map(exitCodeOfKind),
    [1, 2, 5, 8],
  );
});
