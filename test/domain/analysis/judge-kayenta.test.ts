import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeMetric } from '../../../src/domain/analysis/judge/judge-metric.ts';
import { standardised } from '../../../src/domain/analysis/judge/rank-sum.ts';
import { shiftInterval } from '../../../src/domain/analysis/judge/shift-interval.ts';
import { KAYENTA, kayentaSamples } from '../../support/kayenta-vectors.ts';

function sorted(name: string): Float64Array {
  return Float64Array.from(kayentaSamples(name)).sort();
}

function near(actual: number, expected: number, within: number): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected} ± ${within}`);
}

for (const [shift, value] of KAYENTA.statistic.values) {
  test(`the statistic at a shift of ${shift} is ${value}`, () => {
    const { experiment, control } = KAYENTA.statistic;
    near(standardised(sorted(experiment), sorted(control), shift), value, 1e-5);
  });
}

for (const one of KAYENTA.intervals) {
  test(`interval and estimate are Kayenta's: ${one.name}`, () => {
    const [x, y] = [sorted(one.experiment), sorted(one.control)];
    const found = shiftInterval(x, y, one.confidence);
    near(found.low, one.interval[0], 1e-6);
    near(found.high, one.interval[1], 1e-6);
    near(found.estimate, one.estimate, one.estimateWithin);
  });
}

for (const one of KAYENTA.classes) {
  const { class: name, critical, effect } = one.expected;
  test(`${name} as Kayenta's tests say: ${one.name}`, () => {
    const experiment = kayentaSamples(one.experiment);
    const control = kayentaSamples(one.control);
    const found = judgeMetric({ ...one.options, experiment, control });
    assert.equal(found.class, name);
    if (critical !== undefined) assert.equal(found.critical, critical);
    if (effect !== undefined) assert.equal(found.effect, effect);
  });
}

for (const [index, one] of KAYENTA.recorded.entries()) {
  const { expected } = one;
  test(`all numbers are those of Kayenta: recorded ${index + 1}, ${expected.class}`, () => {
    const { options, experiment, control } = one;
    const found = judgeMetric({ ...options, experiment, control });
    assert.equal(found.class, expected.class);
    assert.equal(found.critical, expected.critical);
    near(found.interval?.[0] ?? NaN, expected.interval[0], 1e-6);
    near(found.interval?.[1] ?? NaN, expected.interval[1], 1e-6);
    near(found.estimate ?? NaN, expected.estimate, 1e-6);
    if (expected.effect === null) assert.equal(found.effect, null);
    else near(found.effect ?? NaN, expected.effect, 1e-9);
  });
}
