import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareSides,
  gathered,
  keptOf,
  type Sides,
} from '../../../src/domain/analysis/comparison.ts';
import { analysisOf, type AnalysisFile } from '../../support/analysis-samples.ts';

const compare = { minSamples: 5 };
const rate = { rate: { of: 'a' }, compare };

function analysis(more: Partial<AnalysisFile> = {}) {
  return analysisOf({ source: 'scrape', metrics: { a: rate, b: rate }, ...more });
}

const steady = (from: number) => Array.from({ length: 20 }, (_, index) => from + (index % 5));
const alike: Sides = { judged: steady(10), stable: steady(10) };
const higher: Sides = { judged: steady(100), stable: steady(10) };

test('by itself, each metric has to pass, and the reason names those that did not', () => {
  const found = compareSides(analysis(), { a: alike, b: higher });
  assert.equal(found?.verdict, 'fail');
  assert.match(found.reason, /^b compared: High: /);
  assert.deepEqual(
    found.distributions.map(({ metric, class: one }) => [metric, one]),
    [
      ['a', 'Pass'],
      ['b', 'High'],
    ],
  );
});

const groups = { first: { weight: 80, metrics: ['a'] }, second: { metrics: ['b'] } };

test('by a score, a light metric that fails is only marginal, which is inconclusive', () => {
  const found = compareSides(analysis({ score: { groups } }), { a: alike, b: higher });
  assert.equal(found?.verdict, 'inconclusive');
  assert.match(found.reason, /^compared: Marginal, score 80 \(pass from 95, marginal from 75\)/);
  assert.deepEqual(found.distributions[1]?.group, 'second');
});

test('by a score, a pass from 80 on passes, and a heavy metric that fails is a fail', () => {
  const passing = analysis({ score: { groups, pass: 80 } });
  assert.equal(compareSides(passing, { a: alike, b: higher })?.verdict, 'pass');
  assert.equal(compareSides(passing, { a: higher, b: alike })?.verdict, 'fail');
});

test('nothing kept is no data, and inconclusive', () => {
  const found = compareSides(analysis(), undefined);
  assert.equal(found?.verdict, 'inconclusive');
  assert.deepEqual(found.distributions[0]?.experiment, { count: 0, quartiles: [], points: [] });
});

test('an analysis without compare compares nothing', () => {
  const plain = analysis({ metrics: { a: { rate: { of: 'a' }, max: 1 } } });
  assert.equal(compareSides(plain, { a: higher }), undefined);
  assert.equal(gathered(plain, undefined, []), undefined);
});

test('a window counts only when both sides have their requests', () => {
  const few = analysis({ minimumSamples: 10 });
  const row = (requests: number) => ({
    metric: 'a',
    judged: { value: 1, requests: 10 },
    stable: { value: 2, requests },
  });
  assert.deepEqual(gathered(few, undefined, [row(9)]), undefined);
  assert.deepEqual(gathered(few, undefined, [row(10)]), { a: { judged: [1], stable: [2] } });
});

test('a long bake stays small, evenly, with the newest value kept', () => {
  const kept = keptOf(Array.from({ length: 1000 }, (_, index) => index));
  assert.ok(kept.length > 100 && kept.length <= 200, String(kept.length));
  assert.equal(kept.at(-1), 999);
  const steps = new Set(kept.slice(1).map((one, index) => (one ?? 0) - (kept[index] ?? 0)));
  assert.equal(steps.size, 1);
});

test('a chart gets at most sixty points, the least and the most among them', () => {
  const values = Array.from({ length: 150 }, (_, index) => index);
  const found = compareSides(analysis(), { a: { judged: values, stable: values } });
  const { points = [], quartiles = [] } = found?.distributions[0]?.experiment ?? {};
  assert.deepEqual([points.length, points[0], points.at(-1)], [60, 0, 149]);
  assert.deepEqual(quartiles, [0, 37.25, 74.5, 111.75, 149]);
});
