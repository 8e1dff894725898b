import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { figure } from '../../bench/figure.ts';
import { merged, type Results, type Run } from '../../bench/results.ts';
import { median, quantile, rounded, spreadOf } from '../../bench/statistics.ts';

test('the median of an odd number of values is the one in the middle, of an even number half-way', () => {
  assert.equal(median([9, 1, 4]), 4);
  assert.equal(median([9, 1, 4, 6]), 5);
});

test('quartiles lie between their neighbours in proportion, as R has them by default', () => {
  assert.deepEqual(spreadOf([1, 2, 3, 4, 5, 6]), { min: 1, q1: 2.25, q3: 4.75, max: 6 });
});

test('one value is its own median and spread', () => {
  assert.deepEqual(spreadOf([7]), { min: 7, q1: 7, q3: 7, max: 7 });
});

test('the order in which values came makes no difference, and they are left as they were', () => {
  const values = [3, 1, 2];
  assert.equal(quantile(values, 0.5), quantile([1, 2, 3], 0.5));
  assert.deepEqual(values, [3, 1, 2]);
});

test('every quantile lies between the least and the greatest, and they rise', () => {
  const some = fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1 });
  fc.assert(
    fc.property(some, (values) => {
      const { min, q1, q3, max } = spreadOf(values);
      const found = [min, q1, median(values), q3, max];
      assert.deepEqual(
        found,
        [...found].sort((a, b) => a - b),
      );
      assert.equal(min, Math.min(...values));
      assert.equal(max, Math.max(...values));
    }),
  );
});

test('nothing measured is no figure', () => {
  assert.throws(() => figure('nothing', 'ms', []), /nothing was measured/);
});

test('an aim for the median is met by it alone, an aim for all of them by the greatest', () => {
  const values = [1, 2, 9];
  assert.equal(figure('a', 'ms', values, { target: { atMost: 2, of: 'median' } }).met, true);
  assert.equal(figure('a', 'ms', values, { target: { atMost: 2, of: 'max' } }).met, false);
  assert.equal(figure('a', 'ms', values).met, undefined);
});

test('a met aim is judged before rounding', () => {
  assert.equal(rounded(1.300001), 1.3);
  assert.equal(figure('a', 'ratio', [1.300001], { target: { atMost: 1.3, of: 'max' } }).met, false);
});

const run = (name: string, at: string, more: Partial<Run> = {}): Run => ({
  ...{ name, at, commit: 'abc', load: 0, seconds: 1 },
  figures: [{ of: name, ...figure(name, 'ms', [1]) }],
  ...more,
});
const results = (...runs: Run[]): Results => ({
  schema: 'fairlead/bench/v1',
  machine: { cpus: 2, memoryGb: 1, node: 'v20', system: 'linux x64' },
  runs,
});

test('results of a later run replace those of the same measurement and no others, in order', () => {
  const now = results(run('many', 'new'), run('events', 'new'));
  const found = merged(results(run('judge', 'old'), run('events', 'old')), now, [
    ...['events', 'many', 'judge'],
  ]);
  assert.deepEqual(
    found.runs.map(({ name, at }) => [name, at]),
    [
      ['events', 'new'],
      ['many', 'new'],
      ['judge', 'old'],
    ],
  );
});

test('a measurement that failed or lacked a part does not replace what was measured before', () => {
  const now = results(
    run('proxy', 'new', { figures: [], missing: 'wrk' }),
    run('many', 'new', { figures: [], failed: 'it broke' }),
  );
  const found = merged(results(run('proxy', 'old'), run('many', 'old')), now, ['many', 'proxy']);
  assert.deepEqual(
    found.runs.map(({ at }) => at),
    ['old', 'old'],
  );
});
