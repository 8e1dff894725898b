import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  judgeMetric,
  type MetricJudgement,
} from '../../../src/domain/analysis/judge/judge-metric.ts';
import { judged, type JudgeSettings } from '../../support/kayenta-vectors.ts';
/** The solver's tolerance at both ends, and a little. */
const CLOSE = 3e-4;

const integer = fc.integer({ min: -50, max: 50 });
const samples = fc.array(integer, { minLength: 1, maxLength: 40 });
const measure = fc.constantFrom('meanRatio', 'cles');
const settings: fc.Arbitrary<JudgeSettings> = fc.record({
  direction: fc.constantFrom('increase', 'decrease', 'either'),
  confidence: fc.constantFrom(0.9, 0.95, 0.98),
  tolerance: fc.constantFrom(0, 0.1, 0.25, 0.5),
  nanStrategy: fc.constantFrom('remove', 'replace'),
  outliers: fc.record({ strategy: fc.constantFrom('keep', 'remove') }),
  effectSize: fc.record({ measure }),
  critical: fc.boolean(),
  mustHaveData: fc.boolean(),
  minSamples: fc.integer({ min: 1, max: 30 }),
});
/** No two differences between the sides are equal: without ties each root is one place. */
const untied = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 4, maxLength: 25 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 4, maxLength: 25 }),
  )
  .map(
    ([x, y]) => [x.map((one) => one + one ** 2 / 1e4), y.map((one) => one * 1.37 + 0.21)] as const,
  );

const judge = (x: readonly number[], y: readonly number[], given?: JudgeSettings) =>
  judgeMetric(judged(x, y, given));
const numbers = ({ interval, estimate }: MetricJudgement): number[] => [
  ...(interval ?? []),
  ...(estimate === null ? [] : [estimate]),
];

test('the order of the samples changes nothing', () => {
  const reordered = samples.chain((one) =>
    fc.tuple(
      fc.constant(one),
      fc.shuffledSubarray(one, { minLength: one.length, maxLength: one.length }),
    ),
  );
  fc.assert(
    fc.property(reordered, reordered, settings, ([x, x2], [y, y2], given) => {
      assert.deepEqual(judge(x2, y2, given), judge(x, y, given));
    }),
  );
});

test('the same amount added to both sides moves nothing', () => {
  fc.assert(
    fc.property(untied, fc.integer({ min: -1000, max: 1000 }), ([x, y], by) => {
      const before = judge(x, y).interval ?? [];
      const add = (all: readonly number[]): number[] => all.map((one) => one + by);
      const after = judge(add(x), add(y)).interval ?? [];
      assert.equal(after.length, before.length);
      for (const [index, one] of before.entries()) {
        assert.ok(Math.abs(one - (after[index] ?? NaN)) < CLOSE);
      }
    }),
  );
});

test('sides that change places change the sign', () => {
  fc.assert(
    fc.property(untied, ([x, y]) => {
      const [low, high] = judge(x, y).interval ?? [NaN, NaN];
      const [otherLow, otherHigh] = judge(y, x).interval ?? [NaN, NaN];
      assert.ok(Math.abs(low + otherHigh) < CLOSE && Math.abs(high + otherLow) < CLOSE);
    }),
  );
});

test('more confidence never makes the interval narrower', () => {
  fc.assert(
    fc.property(untied, ([x, y]) => {
      const [low, high] = judge(x, y, { confidence: 0.9 }).interval ?? [NaN, NaN];
      const [lower, higher] = judge(x, y, { confidence: 0.99 }).interval ?? [NaN, NaN];
      assert.ok(lower <= low + CLOSE && higher >= high - CLOSE);
    }),
  );
});

test('more tolerance never turns Pass into High or Low, and leaves the numbers alone', () => {
  const two = fc.tuple(
    fc.double({ min: 0, max: 2, noNaN: true }),
    fc.double({ min: 0, max: 2, noNaN: true }),
  );
  fc.assert(
    fc.property(samples, samples, settings, two, (x, y, given, [one, other]) => {
      const strict = judge(x, y, { ...given, tolerance: Math.min(one, other) });
      const lenient = judge(x, y, { ...given, tolerance: Math.max(one, other) });
      assert.deepEqual(numbers(lenient), numbers(strict));
      if (strict.class === 'Pass') assert.equal(lenient.class, 'Pass');
    }),
  );
});

test('a larger allowed increase never turns Pass into High', () => {
  fc.assert(
    fc.property(samples, samples, fc.integer({ min: 1, max: 30 }), (x, y, tenths) => {
      const allowed = (allowedIncrease: number): string =>
        judge(x, y, { direction: 'increase', effectSize: { allowedIncrease } }).class;
      if (allowed(tenths / 10) === 'Pass') assert.equal(allowed(tenths / 10 + 0.5), 'Pass');
    }),
  );
});

test('what is High stays High when it moves further up', () => {
  const above = fc.uniqueArray(fc.integer({ min: 40, max: 120 }), { minLength: 5, maxLength: 30 });
  const below = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 5, maxLength: 30 });
  fc.assert(
    fc.property(above, below, fc.integer({ min: 1, max: 500 }), (x, y, by) => {
      const found = judge(x, y, { direction: 'increase' });
      fc.pre(found.class === 'High');
      // So near the bound, the tolerance of the solver decides.
      fc.pre((found.interval?.[0] ?? 0) > 0.25 * (found.estimate ?? 0) + CLOSE);
      const higher = x.map((one) => one + by);
      assert.equal(judge(higher, y, { direction: 'increase' }).class, 'High');
    }),
  );
});

test('a pass has enough samples on both sides; no class but Pass passes, only High and Low fail', () => {
  const any = fc.array(fc.oneof(integer, fc.constantFrom(NaN, Infinity)), { maxLength: 40 });
  fc.assert(
    fc.property(any, any, settings, (x, y, given) => {
      const found = judge(x, y, given);
      const least = Math.min(found.samples.experiment, found.samples.control);
      if (found.verdict === 'pass') assert.equal(found.class, 'Pass');
      if (found.verdict === 'fail') assert.ok(found.class === 'High' || found.class === 'Low');
      if (least < (given.minSamples ?? 0)) assert.equal(found.verdict, 'inconclusive');
      assert.ok(found.reason.startsWith(found.class));
      assert.ok(!found.critical || found.class !== 'Pass');
      assert.deepEqual(judge(x, y, given), found);
    }),
  );
});
