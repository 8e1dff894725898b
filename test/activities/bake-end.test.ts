import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passTime, startBake } from '../../src/domain/analysis/bake-progress.ts';
import { bakeEnd, nextDueIn } from '../../src/domain/analysis/bake-verdict.ts';

const plan = { ms: 1000, analyses: [], checks: [], told: [] };

test('a bake whose time ran out during a round has one more round, for what is due at the end', () => {
  const up = passTime(startBake(0), 1000);
  assert.equal(bakeEnd(plan, up, false), undefined);
  assert.equal(bakeEnd(plan, up, true)?.ended, 'complete');
});

test('the wait ends with the time of the bake, and is never nothing', () => {
  assert.equal(nextDueIn(plan, passTime(startBake(0), 900), 500), 100);
  assert.equal(nextDueIn(plan, passTime(startBake(0), 999.9), 500), 1);
  assert.equal(nextDueIn(plan, passTime(startBake(0), 100), 500), 500);
});
