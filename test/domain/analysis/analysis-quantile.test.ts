import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { histogramQuantile } from '../../../src/domain/analysis/histogram-quantile.ts';

const latency = [
  { upperBound: 0.1, count: 50 },
  { upperBound: 0.25, count: 80 },
  { upperBound: 0.5, count: 90 },
  { upperBound: Infinity, count: 100 },
];

const cases: [number, number, boolean][] = [
  // Rank 25 of 50 in 0..0.1.
  [0.25, 0.05, false],
  // Rank 50 is the end of the first bucket.
  [0.5, 0.1, false],
  // Rank 65 is half-way from 50 to 80 in 0.1..0.25.
  [0.65, 0.175, false],
  // Rank 85 is half-way from 80 to 90 in 0.25..0.5.
  [0.85, 0.375, false],
  [0.9, 0.5, false],
  // Rank 95 lies in +Inf: the largest finite bound, and more.
  [0.95, 0.5, true],
];
for (const [q, value, beyond] of cases) {
  test(`the quantile ${q} is ${beyond ? 'more than ' : ''}${value}`, () => {
    const found = histogramQuantile(q, latency);
    assert.ok(typeof found !== 'string' && Math.abs(found.value - value) < 1e-12);
    assert.equal(found.beyond, beyond);
  });
}

test('there is none without observations, without +Inf, or with +Inf alone', () => {
  const empty = latency.map(({ upperBound }) => ({ upperBound, count: 0 }));
  assert.equal(histogramQuantile(0.5, empty), 'nothing was observed');
  assert.equal(histogramQuantile(0.5, latency.slice(0, 3)), 'there is no +Inf bucket');
  assert.equal(histogramQuantile(0.5, latency.slice(3)), 'there is no bucket but +Inf');
  assert.equal(histogramQuantile(0.5, []), 'there is no +Inf bucket');
});

test('a first bucket at or below zero is its own bound', () => {
  const buckets = [
    { upperBound: -1, count: 10 },
    { upperBound: Infinity, count: 10 },
  ];
  assert.deepEqual(histogramQuantile(0.5, buckets), { value: -1, beyond: false });
});

test('a bucket that lags behind the one before counts as much as it', () => {
  const lagging = [
    { upperBound: 1, count: 10 },
    { upperBound: 2, count: 8 },
    { upperBound: Infinity, count: 10 },
  ];
  assert.deepEqual(histogramQuantile(1, lagging), { value: 1, beyond: false });
});

const histogram = fc
  .array(fc.tuple(fc.double({ min: 0.001, max: 100, noNaN: true }), fc.nat(1000)), {
    minLength: 1,
    maxLength: 12,
  })
  .map((steps) => {
    let count = 0;
    const bounds = [...new Set(steps.map(([bound]) => bound))].sort((a, b) => a - b);
    const finite = bounds.map((upperBound, index) => {
      count += steps[index]?.[1] ?? 0;
      return { upperBound, count };
    });
    return [...finite, { upperBound: Infinity, count: count + 1 }];
  });
const quantile = fc.double({ min: 0.01, max: 0.99, noNaN: true });

test('a quantile lies between zero and the largest finite bound and never falls as q grows', () => {
  fc.assert(
    fc.property(histogram, quantile, quantile, (buckets, a, b) => {
      const low = histogramQuantile(Math.min(a, b), buckets);
      const high = histogramQuantile(Math.max(a, b), buckets);
      assert.ok(typeof low !== 'string' && typeof high !== 'string');
      assert.ok(low.value >= 0 && high.value <= (buckets.at(-2)?.upperBound ?? 0));
      assert.ok(low.value <= high.value + 1e-9);
    }),
  );
});

test('the order in which buckets are given does not matter', () => {
  fc.assert(
    fc.property(histogram, quantile, (buckets, q) => {
      const shuffled = [...buckets].reverse();
      assert.deepEqual(histogramQuantile(q, shuffled), histogramQuantile(q, buckets));
    }),
  );
});
