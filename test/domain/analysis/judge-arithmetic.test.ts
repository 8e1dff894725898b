import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { effectOf } from '../../../src/domain/analysis/judge/effect-size.ts';
import { findRoot } from '../../../src/domain/analysis/judge/find-root.ts';
import { normalQuantile } from '../../../src/domain/analysis/judge/shift-interval.ts';
import { AllTied, rankSum, standardised } from '../../../src/domain/analysis/judge/rank-sum.ts';
import {
  mean,
  percentile,
  readySamples,
  withoutOutliers,
} from '../../../src/domain/analysis/judge/samples.ts';

const sorted = (...values: number[]): Float64Array => Float64Array.from(values).sort();

const QUANTILES: [p: number, quantile: number][] = [
  [0.5, 0],
  [0.95, 1.6448536269514722],
  [0.975, 1.959963984540054],
  [0.01, -2.3263478740408408],
  [0.001, -3.090232306167813],
  [1e-10, -6.361340902404056],
  [1e-300, -37.0471],
];
for (const [p, quantile] of QUANTILES) {
  test(`the normal quantile of ${p} is ${quantile}`, () => {
    assert.ok(Math.abs(normalQuantile(p) - quantile) < (p < 1e-100 ? 1e-4 : 1e-14));
  });
}

const PERCENTILES: [samples: number[], percent: number, value: number][] = [
  [[0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5], 5, 0.175],
  [[0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5], 50, 1.75],
  [[0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5], 100, 3.5],
  [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 50, 4.5],
  [
    [
      95.1772, 95.1567, 95.1937, 95.1959, 95.1442, 95.061, 95.1591, 95.1195, 95.1772, 95.0925,
      95.199, 95.1682,
    ],
    90,
    95.19568,
  ],
  [[1], 100, 1],
];
for (const [samples, percent, value] of PERCENTILES) {
  test(`percentile ${percent} of ${samples.length} samples is ${value}`, () => {
    assert.ok(Math.abs(percentile(sorted(...samples), percent) - value) < 1e-9);
  });
}

test('an outlier far above the fences goes, what lies within the outer percentiles stays', () => {
  const many = Array.from({ length: 300 }, (_, index) => index % 10);
  assert.equal(withoutOutliers(sorted(...many, 1000), 3).length, 300);
  // 5 of 100: the 99th percentile lies among them.
  const some = [...many.slice(0, 95), 50, 51, 52, 53, 54];
  assert.deepEqual([...withoutOutliers(sorted(...some), 3)].slice(-2), [52, 53]);
});

test('NaN is removed or becomes 0, and -0 becomes 0', () => {
  const outliers = { strategy: 'keep', factor: 3 } as const;
  const samples = [3, NaN, -0, 1];
  assert.deepEqual([...readySamples(samples, { nanStrategy: 'remove', outliers })], [0, 1, 3]);
  assert.deepEqual([...readySamples(samples, { nanStrategy: 'replace', outliers })], [0, 0, 1, 3]);
});

test('means do not lose what is small beside what is large', () => {
  assert.equal(mean(sorted(1e16, 1, 1, 1)), (1e16 + 3) / 4);
});

test('a root is found within the tolerance, whichever side is negative', () => {
  for (const sign of [1, -1]) {
    const f = (at: number): number => sign * (at ** 3 - 2);
    const root = findRoot(f, { at: 0, value: f(0) }, { at: 5, value: f(5) });
    assert.ok(Math.abs(root - Math.cbrt(2)) < 1e-4);
  }
  const step = (at: number): number => (at < 3.7 ? 5 : -1);
  const root = findRoot(step, { at: -10, value: 5 }, { at: 10, value: -1 });
  assert.ok(Math.abs(root - 3.7) < 1e-4);
});

test('a root at an end is that end', () => {
  const f = (at: number): number => at;
  assert.equal(findRoot(f, { at: 0, value: 0 }, { at: 1, value: 1 }), 0);
  assert.equal(findRoot(f, { at: -1, value: -1 }, { at: 0, value: 0 }), 0);
});

const few = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 12 });

test('the merge counts what comparing each with each counts', () => {
  fc.assert(
    fc.property(few, few, fc.integer({ min: -3, max: 3 }), (x, y, shift) => {
      const pairs = x.flatMap((a) => y.map((b) => Math.sign(a - shift - b)));
      const above = pairs.reduce<number>((sum, one) => sum + (one + 1) / 2, 0);
      const all = [...x.map((a) => a - shift), ...y];
      const groups = [...new Set(all)].map((one) => all.filter((other) => other === one).length);
      const found = rankSum(sorted(...x), sorted(...y), shift);
      assert.equal(found.ranks, above + (x.length * (x.length + 1)) / 2);
      assert.equal(
        found.ties,
        groups.reduce((sum, t) => sum + t ** 3 - t, 0),
      );
    }),
  );
});

test('nothing to rank is an error of its own', () => {
  assert.throws(() => standardised(sorted(5, 5), sorted(3), 2), AllTied);
});

test('ranks of nothing, or of what is not finite, are refused instead of counted for ever', () => {
  assert.throws(() => rankSum(sorted(), sorted(1), 0), RangeError);
  assert.throws(() => rankSum(sorted(1, Infinity), sorted(1), 0), RangeError);
  assert.throws(() => rankSum(sorted(1), sorted(1, NaN), 0), RangeError);
});

test('cles is the share of pairs in which the first is larger, ties half', () => {
  assert.equal(effectOf(sorted(1, 2, 3, 4, 5), sorted(1, 2, 3, 4, 5), 'cles'), 0.5);
  assert.equal(effectOf(sorted(1, 2), sorted(25, 26), 'cles'), 0);
  assert.equal(effectOf(sorted(3, 1), sorted(2, 1), 'cles'), 0.625);
});

test('the ratio of means is not a number when a mean is 0', () => {
  assert.equal(effectOf(sorted(10, 10), sorted(100, 100), 'meanRatio'), 0.1);
  assert.ok(Number.isNaN(effectOf(sorted(10, 10), sorted(0, 0), 'meanRatio')));
  assert.ok(Number.isNaN(effectOf(sorted(-1, 1), sorted(2, 2), 'meanRatio')));
});
