import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeGroups, type NamedMetric } from '../../../src/domain/analysis/judge/judge-groups.ts';
import { weightedScore, type Scored } from '../../../src/domain/analysis/judge/score.ts';
import { judged, type JudgeSettings } from '../../support/kayenta-vectors.ts';
const rising = (from: number, count = 30): number[] =>
  Array.from({ length: count }, (_, index) => from + index / 10);

const good = (): NamedMetric => judged(rising(10), rising(10.05));
const high = (settings?: JudgeSettings): NamedMetric => judged(rising(20), rising(10), settings);
const empty = (settings?: JudgeSettings): NamedMetric => judged([], rising(10), settings);
const few = (): NamedMetric => judged(rising(10, 5), rising(10, 5));
const broken = (): NamedMetric => judged([...rising(10), Infinity], rising(10));

type Groups = Record<string, { weight?: number; metrics: NamedMetric[] }>;
const judge = (groups: Groups, pass = 95, marginal = 75) => judgeGroups({ groups, pass, marginal });

const scored = (group: string, name: Scored['class'], critical = false): Scored => ({
  group,
  class: name,
  critical,
});
const SCORES: [name: string, weights: [string, number][], metrics: Scored[], score: number][] = [
  ['one that passes', [['a', 100]], [scored('a', 'Pass')], 100],
  ['one that does not', [['a', 100]], [scored('a', 'High')], 0],
  ['no data at all', [['a', 100]], [scored('a', 'Nodata')], 0],
  [
    'a group without data beside one with two that pass',
    [
      ['a', 50],
      ['b', 50],
    ],
    [scored('a', 'Pass'), scored('a', 'Pass'), scored('b', 'Nodata')],
    100,
  ],
  ['half of a group', [['a', 100]], [scored('a', 'Pass'), scored('a', 'High')], 50],
  [
    'a third of a group',
    [['a', 100]],
    [scored('a', 'Pass'), scored('a', 'High'), scored('a', 'Low')],
    33.33,
  ],
  [
    'a quarter by weight',
    [
      ['a', 75],
      ['b', 25],
    ],
    [scored('a', 'Pass'), scored('a', 'Pass'), scored('b', 'High')],
    75,
  ],
  [
    'a group with one without data',
    [
      ['a', 50],
      ['b', 50],
    ],
    [scored('a', 'Pass'), scored('a', 'Nodata'), scored('b', 'High')],
    50,
  ],
  ['a critical one', [['a', 100]], [scored('a', 'Pass'), scored('a', 'High', true)], 0],
  ['a critical one that passes', [['a', 100]], [scored('a', 'Low'), scored('a', 'Pass', true)], 50],
  [
    'a critical one without data',
    [['a', 100]],
    [scored('a', 'Pass'), scored('a', 'Nodata', true)],
    0,
  ],
  [
    'unequal weights',
    [
      ['a', 15],
      ['b', 85],
    ],
    [scored('a', 'High'), scored('a', 'Low'), scored('a', 'Pass'), scored('b', 'High')],
    5,
  ],
  [
    'data that had to be there',
    [['a', 100]],
    [scored('a', 'Pass'), scored('a', 'NodataFailMetric')],
    50,
  ],
  [
    'an error, which is not counted',
    [['a', 100]],
    [scored('a', 'Pass'), scored('a', 'Error')],
    100,
  ],
  ['nothing but an error', [['a', 100]], [scored('a', 'Error')], 100],
];
for (const [name, weights, metrics, score] of SCORES) {
  test(`the score of ${name} is ${score}`, () => {
    assert.equal(weightedScore(metrics, new Map(weights)).score, score);
  });
}

test('all good passes with a score of 100', () => {
  const found = judge({ errors: { metrics: [good()] }, latency: { metrics: [good(), good()] } });
  assert.deepEqual([found.score, found.class, found.verdict], [100, 'Pass', 'pass']);
  assert.equal(found.reason, 'score 100 (pass from 95, marginal from 75)');
  assert.deepEqual(found.groups, {
    errors: { score: 100, weight: 50 },
    latency: { score: 100, weight: 50 },
  });
  assert.deepEqual(
    found.metrics.map(({ group, name }) => [group, name]),
    [
      ['errors', 'errors-1'],
      ['latency', 'latency-1'],
      ['latency', 'latency-2'],
    ],
  );
});

test('groups without a weight share what the others leave', () => {
  const found = judge({
    a: { weight: 60, metrics: [good()] },
    b: { metrics: [{ ...high(), name: 'p95' }] },
    c: { metrics: [good()] },
  });
  assert.equal(found.score, 80);
  assert.deepEqual(
    Object.values(found.groups).map(({ weight }) => weight),
    [60, 20, 20],
  );
  assert.equal(found.class, 'Marginal');
  assert.equal(found.verdict, 'inconclusive');
  assert.match(found.reason, /not passed: p95$/);
});

test('a score under marginal fails', () => {
  const found = judge({ a: { metrics: [good(), high()] } });
  assert.deepEqual([found.score, found.class, found.verdict], [50, 'Fail', 'fail']);
});

test('one that fails can be outvoted, unless it is critical', () => {
  const many = Array.from({ length: 19 }, good);
  assert.equal(judge({ a: { metrics: [...many, high()] } }).verdict, 'pass');
  const critical = judge({ a: { metrics: [...many, high({ critical: true })] } });
  assert.deepEqual([critical.score, critical.verdict], [0, 'fail']);
  assert.match(critical.reason, /because 1 critical metric did not pass/);
});

const OPEN: [name: string, metric: () => NamedMetric][] = [
  ['no data', () => empty()],
  ['no data that had to be there', () => empty({ mustHaveData: true })],
  ['no data of a critical metric', () => empty({ critical: true })],
  ['an error', broken],
  ['too few samples', few],
];
for (const [name, metric] of OPEN) {
  test(`${name} among nineteen that pass is inconclusive`, () => {
    const many = Array.from({ length: 19 }, good);
    const found = judge({ a: { metrics: [...many, metric()] } });
    assert.equal(found.verdict, 'inconclusive');
    assert.match(found.reason, /undecided: a-20 \(had they passed: 100\)$/);
  });

  test(`${name} does not save what fails without it`, () => {
    const found = judge({ a: { metrics: [high(), high(), good(), metric()] } });
    assert.equal(found.verdict, 'fail');
  });
}

test('a score of 0 for want of data alone is no fail', () => {
  const found = judge({ a: { metrics: [empty(), good()] } });
  assert.deepEqual([found.score, found.class, found.verdict], [0, 'Fail', 'inconclusive']);
  assert.match(found.reason, /because 1 of 2 metrics has no data/);
});

test('a critical metric that is High on too few samples is no fail yet', () => {
  const critical = judged(rising(20, 8), rising(10, 8), { critical: true });
  const found = judge({ a: { metrics: [good(), good(), good(), critical] } });
  assert.deepEqual([found.score, found.verdict], [0, 'inconclusive']);
});
