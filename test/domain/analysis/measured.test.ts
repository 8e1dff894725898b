import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answered,
  remember,
  seriesOf,
  type Measured,
} from '../../../src/domain/analysis/measured.ts';
import { conclude } from '../../../src/domain/analysis/analysis-verdict.ts';
import { ERRORS, prepare, run, scraped } from '../../support/analysis-samples.ts';

test('an analysis keeps what both revisions answered in each window, with the limit', () => {
  const file = scraped({ ...ERRORS, max: 0.5, maxOverStable: { difference: 0.5 } });
  const moments = [
    { new: {}, old: {} },
    { new: { ok: 9, errors: 1 }, old: { ok: 20 } },
    { new: { ok: 15, errors: 5 }, old: { ok: 40 } },
  ];
  const { series } = conclude(prepare(file, 'old'), run(file, moments, 'old'));
  assert.equal(series?.length, 1);
  assert.equal(series[0]?.max, 0.5);
  assert.deepEqual(
    series[0].points.map(({ judged, stable }) => [judged, stable]),
    [
      [
        { value: 0.1, requests: 10 },
        { value: 0, requests: 20 },
      ],
      [
        { value: 0.4, requests: 10 },
        { value: 0, requests: 20 },
      ],
    ],
  );
});

test('nothing measured is no series', () => {
  const file = scraped({ ...ERRORS, max: 0.5 });
  assert.equal('series' in conclude(prepare(file), run(file, [{}, {}])), false);
});

test('a long bake keeps its first times apart, its last window, and a bounded number of rows', () => {
  let rows: Measured[] = [];
  for (let at = 0; at < 10_000; at += 1) {
    const row = (metric: string): Measured => ({ at, metric, judged: answered(at, 1) });
    rows = remember(rows, [row('a'), row('b')]);
    assert.ok(rows.length <= 120);
  }
  assert.equal(rows.at(-1)?.at, 9999);
  const series = seriesOf(rows, { a: ERRORS, b: ERRORS, never: ERRORS });
  assert.deepEqual(
    series.map(({ metric, points }) => [metric, points.length]),
    [
      ['a', rows.length / 2],
      ['b', rows.length / 2],
    ],
  );
});

test('what is not a number is null, as JSON has it', () => {
  assert.deepEqual(answered(NaN, 0), { value: null, requests: 0 });
  assert.deepEqual(answered(Infinity, 3), { value: null, requests: 3 });
  assert.deepEqual(answered(1 / 3, 3), { value: 0.333333, requests: 3 });
});
