import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeMetric } from '../../../src/domain/analysis/judge/judge-metric.ts';
import { judged, type JudgeSettings } from '../../support/kayenta-vectors.ts';
/** `count` samples that rise from `from` by a tenth each. */
const rising = (from: number, count = 30): number[] =>
  Array.from({ length: count }, (_, index) => from + index / 10);
const flat = (value: number, count = 30): number[] => Array.from({ length: count }, () => value);

const judge = (experiment: number[], control: number[], settings?: JudgeSettings) =>
  judgeMetric(judged(experiment, control, settings));

test('what is clearly higher is High and fails, with the numbers in the sentence', () => {
  const found = judge(rising(20), rising(10));
  assert.equal(found.class, 'High');
  assert.equal(found.verdict, 'fail');
  assert.match(
    found.reason,
    /^High: the experiment is 10 higher \(98 % interval 9\.\d+ to 10\.\d+\)/,
  );
  assert.match(found.reason, /beyond ±2\.5, meanRatio 1\.873 \(counts from 1\)$/);
  assert.deepEqual(found.samples, { experiment: 30, control: 30 });
});

test('what is clearly lower is Low and fails', () => {
  const found = judge(rising(10), rising(20));
  assert.equal(found.class, 'Low');
  assert.equal(found.verdict, 'fail');
  assert.ok((found.interval?.[1] ?? 0) < 0);
});

test('what cannot be told apart passes', () => {
  const found = judge(rising(10), rising(10.05));
  assert.equal(found.class, 'Pass');
  assert.equal(found.verdict, 'pass');
  assert.match(found.reason, /not beyond ±/);
});

test('the other direction passes, and the sentence says why', () => {
  const found = judge(rising(20), rising(10), { direction: 'decrease' });
  assert.equal(found.verdict, 'pass');
  assert.match(found.reason, /but only a decrease counts$/);
  assert.equal(judge(rising(10), rising(20), { direction: 'increase' }).verdict, 'pass');
});

test('an effect within what is allowed passes, and the sentence says so', () => {
  const high = judge(rising(11), rising(10), { effectSize: { allowedIncrease: 1.2 } });
  assert.equal(high.verdict, 'pass');
  assert.match(high.reason, /but meanRatio 1\.087 is within allowedIncrease 1\.2$/);
  const low = judge(rising(10), rising(11), { effectSize: { allowedDecrease: 0.8 } });
  assert.match(low.reason, /but meanRatio 0\.9197 is within allowedDecrease 0\.8$/);
});

test('the threshold itself is beyond it', () => {
  const found = judge(flat(12), flat(10), { effectSize: { allowedIncrease: 1.2 } });
  assert.equal(found.class, 'High');
});

test('critical needs a metric that is, and an effect beyond the critical threshold', () => {
  const effectSize = { criticalIncrease: 1.9 };
  assert.equal(judge(rising(20), rising(10), { critical: true }).critical, true);
  assert.equal(judge(rising(20), rising(10)).critical, false);
  assert.equal(judge(rising(20), rising(10), { critical: true, effectSize }).critical, false);
  assert.match(
    judge(rising(30), rising(10), { critical: true, effectSize }).reason,
    /^High \(critical\)/,
  );
});

test('an effect that cannot be had is null and beyond every threshold', () => {
  const effectSize = { allowedIncrease: 5, criticalIncrease: 9 };
  const found = judge(rising(3), flat(0), { critical: true, effectSize });
  assert.equal(found.class, 'High');
  assert.equal(found.critical, true);
  assert.equal(found.effect, null);
  assert.match(found.reason, /meanRatio cannot be had: a mean is 0/);
});

const NO_DATA: [name: string, settings: JudgeSettings, expected: string, critical: boolean][] = [
  ['', {}, 'Nodata', false],
  [' of a critical metric', { critical: true }, 'Nodata', true],
  [' that must be there', { mustHaveData: true }, 'NodataFailMetric', false],
  [
    ' of a critical metric that must be there',
    { critical: true, mustHaveData: true },
    'Nodata',
    true,
  ],
  [' where NaN is replaced', { nanStrategy: 'replace', critical: true }, 'Pass', false],
];
for (const [name, settings, expected, critical] of NO_DATA) {
  test(`no data${name} is ${expected}, and inconclusive whatever it is called`, () => {
    for (const [x, y] of [
      [[], rising(1)],
      [rising(1), []],
      [[], []],
    ] as const) {
      const found = judge([...x], [...y], settings);
      assert.equal(found.class, expected);
      assert.equal(found.critical, critical);
      assert.equal(found.verdict, 'inconclusive');
      assert.match(found.reason, /no data/);
      assert.deepEqual([found.interval, found.estimate, found.effect], [null, null, null]);
    }
  });
}

test('samples that are all NaN are no data, or zeros', () => {
  assert.equal(judge(flat(NaN), rising(1)).class, 'Nodata');
  assert.equal(judge(flat(NaN), rising(1), { nanStrategy: 'replace' }).class, 'Low');
});

const UNMEASURED: [what: string, x: number[], y: number[], says: RegExp][] = [
  [
    'neither side was',
    flat(NaN),
    flat(NaN),
    /no data \(measured: 0 of 30 of the experiment, 0 of 30/,
  ],
  [
    'one side was not',
    flat(NaN),
    flat(0),
    /no data \(measured: 0 of 30 .*, 30 of 30 of the control\)/,
  ],
  ['the other was not', rising(20), flat(NaN), /no data \(measured: 30 of 30 .*, 0 of 30/],
  [
    'next to nothing was',
    [1, ...flat(NaN, 29)],
    [1, ...flat(NaN, 29)],
    /too few samples to decide \(measured: 1 of 30 .*, 1 of 30 .*, needed 20 each\)$/,
  ],
];
for (const [what, x, y, says] of UNMEASURED) {
  test(`zeros in the place of NaN are no samples: inconclusive where ${what} measured`, () => {
    const found = judge(x, y, { nanStrategy: 'replace', critical: true });
    assert.equal(found.verdict, 'inconclusive');
    assert.match(found.reason, says);
  });
}

test('a pass with zeros in the place of NaN says how many were measured', () => {
  const found = judge([...rising(10), NaN], rising(10.05), { nanStrategy: 'replace' });
  assert.equal(found.verdict, 'pass');
  assert.match(found.reason, /; measured: 30 of 31 of the experiment, 30 of 30 .*zeros in place/);
  assert.deepEqual(found.measured, { experiment: 30, control: 30 });
});

test('too few samples are inconclusive, on either side and whatever the class', () => {
  for (const [x, y, name] of [
    [rising(20, 19), rising(10), 'High'],
    [rising(10), rising(10, 19), 'Pass'],
    [rising(1, 3), rising(1, 3), 'Pass'],
  ] as const) {
    const found = judge(x, y);
    assert.equal(found.class, name);
    assert.equal(found.verdict, 'inconclusive');
    assert.match(found.reason, /too few samples to decide \(\d+ and \d+, needed 20 each\)$/);
  }
  assert.equal(judge(rising(20, 19), rising(10, 19), { minSamples: 19 }).verdict, 'fail');
});

test('NaN and outliers do not count as samples', () => {
  const withNaN = [...rising(10, 19), NaN];
  assert.equal(judge(withNaN, rising(10)).verdict, 'inconclusive');
  const withOutlier = [...rising(10, 199), 1e6];
  const outliers = { strategy: 'remove' } as const;
  assert.equal(judge(withOutlier, rising(10), { outliers }).samples.experiment, 199);
});

test('seven of ten points far off are missed, but not passed; fourteen of twenty are found', () => {
  const off = (of: number, count: number): number[] => [...flat(100, of), ...flat(1, count - of)];
  const ten = judge(off(7, 10), flat(1, 10));
  assert.equal(ten.class, 'Pass');
  assert.equal(ten.verdict, 'inconclusive');
  const twenty = judge(off(14, 20), flat(1, 20));
  assert.equal(twenty.class, 'High');
  assert.equal(twenty.verdict, 'fail');
});

test('the same samples in another order pass with the effect 1', () => {
  const found = judge(rising(1), rising(1).reverse(), { effectSize: { measure: 'cles' } });
  assert.deepEqual([found.class, found.verdict, found.effect], ['Pass', 'pass', 1]);
  assert.match(found.reason, /both have the same 30 samples/);
});

test('one value on both sides passes, two constants are told apart and always in the same way', () => {
  assert.equal(judge(flat(5), flat(5, 40)).verdict, 'pass');
  const found = judge(flat(10), flat(1));
  assert.deepEqual([found.class, found.effect], ['High', 10]);
  assert.ok(Math.abs((found.estimate ?? 0) - 9) < 1e-3);
  assert.deepEqual(judge(flat(10), flat(1)), found);
  assert.equal(judge(flat(0), flat(5)).class, 'Low');
  assert.equal(judge(flat(-5), flat(5)).class, 'Low');
});

const UNMEASURABLE: [name: string, x: number[], y: number[], reason: RegExp][] = [
  ['infinite', [...rising(1), Infinity], rising(1), /a sample is infinite/],
  ['infinitely low', rising(1), [-Infinity, ...rising(1)], /a sample is infinite/],
  ['too far apart', [...rising(1), 1e308], [...rising(1), -1e308], /too far apart/],
  ['too close for any noise', flat(5e-324), flat(1e-323), /nothing to rank/],
];
for (const [name, x, y, reason] of UNMEASURABLE) {
  test(`samples that are ${name} are an Error, never critical, and inconclusive`, () => {
    const found = judge(x, y, { critical: true });
    assert.equal(found.class, 'Error');
    assert.equal(found.critical, false);
    assert.equal(found.verdict, 'inconclusive');
    assert.match(found.reason, reason);
  });
}

test('numbers near the tolerance of the solver come with a hint', () => {
  const small = (from: number): number[] => rising(from).map((one) => one / 1e6);
  assert.match(judge(small(10), small(10.05)).reason, /use a smaller unit$/);
});
