// Lines of logs that say the same are counted as one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summedUp } from '../../../src/domain/text/trouble.ts';

test('what differs by numbers, ids and times is one kind, and the most frequent is first', () => {
  const said = (source: string, text: string) => ({ source, text });
  const kinds = summedUp([
    said('a', 'ERROR no connection to 10.0.0.7:5432'),
    said('a', '2026-01-02T03:04:05.678Z error: request 17 failed'),
    said('a', '    at handler (/app/server.js:17:3)'),
    said('b', '2026-01-02T03:04:06.012Z error: request 18 failed'),
    said('b', '2026-01-02T03:04:06.500Z error: order 0b1f7c52-9d0e-4a53-8a3e-1f2d3c4b5a69 is lost'),
    said('b', '2026-01-02T03:04:07.500Z error: order 7c52ab1e-9d0e-4a53-8a3e-1f2d3c4b5a70 is lost'),
    said('a', '2026-01-02T03:04:08.000Z error: request 190 failed'),
  ]);
  assert.deepEqual(
    kinds.map(({ count, sources }) => [count, sources]),
    [
      [3, ['a', 'b']],
      [2, ['b']],
      [1, ['a']],
    ],
  );
  assert.match(kinds[0]?.last ?? '', /request 190 failed/);
});

test('nothing is summed up to nothing, and other words are another kind', () => {
  assert.deepEqual(summedUp([]), []);
  const two = ['error: disk full', 'error: disk gone'].map((text) => ({ source: 'a', text }));
  assert.equal(summedUp(two).length, 2);
});
