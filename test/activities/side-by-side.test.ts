// Work on many things at once, but not on all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sideBySide } from '../../src/activities/side-by-side.ts';

test('no more than so many are worked on at once, and results stand in the order of the items', async () => {
  let [now, most] = [0, 0];
  const items = Array.from({ length: 50 }, (_, index) => index);
  const results = await sideBySide(
    items,
    async (item) => {
      now += 1;
      most = Math.max(most, now);
      for (let turns = 50 - item; turns > 0; turns -= 1) await turn();
      now -= 1;
      return item * 2;
    },
    7,
  );
  assert.equal(most, 7);
  assert.deepEqual(
    results,
    items.map((item) => item * 2),
  );
  assert.deepEqual(await sideBySide([], async () => 1), []);
});

test('one that fails lets those that were begun come to their end before it is told', async () => {
  let ended = 0;
  const work = sideBySide(
    [1, 2, 3],
    async (item) => {
      if (item === 1) throw new Error('the first');
      await turn();
      ended += 1;
    },
    3,
  );
  await assert.rejects(work, /the first/);
  assert.equal(ended, 2);
});
