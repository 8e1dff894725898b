import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { observe, type Scrape } from '../../../src/domain/analysis/analysis.ts';
import { startAnalysis, type AnalysisState } from '../../../src/domain/analysis/analysis-state.ts';
import { conclude, decided } from '../../../src/domain/analysis/analysis-verdict.ts';
import { advance, nextWindow, type Term } from '../../../src/domain/analysis/counters.ts';
import { parseSelector } from '../../../src/domain/analysis/selector.ts';
import {
  declaring,
  ERRORS,
  judge,
  LATENCY,
  prepare,
  run,
  samplesOf,
  scraped,
  scrapeOf,
  type AnalysisFile,
  type Moment,
} from '../../support/analysis-samples.ts';
import { exposed } from '../../support/memory/memory-metrics.ts';

const none: Moment = {};

test('a failure ends an analysis at once, and a metric that still waits does not hold it up', () => {
  const file: AnalysisFile = {
    source: 'scrape',
    minimumSamples: 10,
    metrics: { errors: { ...ERRORS, max: 0.1 }, latency: { ...LATENCY, max: 1 } },
  };
  const state = run(file, [none, { new: { errors: 10 } }]);
  assert.equal(decided(prepare(file), state)?.verdict, 'fail');
});

test('a metric that waits for requests keeps the others from passing', () => {
  const file: AnalysisFile = {
    source: 'scrape',
    metrics: { errors: { ...ERRORS, max: 0.1 }, latency: { ...LATENCY, max: 1 } },
  };
  const finding = judge(file, [none, { new: { ok: 10 } }]);
  assert.equal(finding.verdict, 'inconclusive');
  assert.match(finding.reason, /latency: no data/);
});

test('with an url of its own it reads every series, and cannot compare', () => {
  const file = scraped(
    { ratio: { of: 'errors', to: 'all' }, max: 0.1, maxOverStable: { ratio: 2 } },
    { url: 'http://127.0.0.1:9/metrics', limits: { inconclusives: 0 } },
  );
  const own = prepare(file, 'old');
  assert.equal(own.compares, false);
  const samples = (value: number) => [{ name: 'all', labels: { pod: 'x' }, value }];
  const state = [samples(0), samples(10)].reduce(
    (before, now, at) => observe(own, before, { at: at * 1000, judged: declaring('errors', now) }),
    startAnalysis(0),
  );
  assert.match(conclude(own, state).reason, /0 of 10 requests.*does not tell the revisions apart/);
  assert.equal(conclude(own, state).verdict, 'inconclusive');
});

test('a scrape without the stable revision that it should be compared with is an error', () => {
  const file = scraped({ ...ERRORS, max: 0.1, maxOverStable: { ratio: 2 } });
  const state = observe(prepare(file, 'old'), startAnalysis(0), { at: 0, judged: exposed([]) });
  assert.equal(state.errors, 1);
});

test('a selector that chooses thousands of series is an error that says what to do', () => {
  const file = scraped({ rate: { of: 'x' }, max: 1 }, { url: 'http://127.0.0.1:9/metrics' });
  const samples = Array.from({ length: 2001 }, (_, id) => ({
    name: 'x',
    labels: { id: String(id) },
    value: 1,
  }));
  const state = observe(prepare(file), startAnalysis(0), {
    at: 0,
    judged: declaring('x', samples),
  });
  assert.match(state.latest.error ?? '', /more than 2000; add labels/);
});

test('the state is plain JSON: it goes on the same after a trip through text', () => {
  const file = scraped({ ...ERRORS, max: 0.1 }, { minimumSamples: 15 });
  const moments = [{ new: { ok: 5 } }, { new: { ok: 15 } }, { new: { ok: 25 } }].map(scrapeOf);
  const step = (state: AnalysisState, one: Scrape) => observe(prepare(file), state, one);
  const straight = moments.reduce(step, startAnalysis(0));
  const travelled = moments.reduce(
    (state, one) => JSON.parse(JSON.stringify(step(state, one))) as AnalysisState,
    startAnalysis(0),
  );
  assert.deepEqual(travelled, straight);
});

const counts = fc.record({ ok: fc.nat(1000), errors: fc.nat(1000) });
const ratioFile = scraped({ ...ERRORS, max: 0.5 });

test('an error ratio never leaves 0 to 1, whatever restarts', () => {
  fc.assert(
    fc.property(fc.array(counts, { minLength: 2, maxLength: 6 }), (series) => {
      const state = run(
        ratioFile,
        series.map((one) => ({ new: one })),
      );
      for (const said of Object.values(state.latest)) {
        const value = /errors ([\d.e-]+) \(/.exec(said)?.[1];
        if (value !== undefined) assert.ok(Number(value) >= 0 && Number(value) <= 1, said);
      }
    }),
  );
});

test('probes change nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(counts, counts), { minLength: 2, maxLength: 5 }), (series) => {
      const judgeWith = (probes: boolean) =>
        series.reduce(
          (state, [users, own], at) =>
            observe(prepare(ratioFile), state, {
              at: at * 1000,
              judged: exposed([
                ...samplesOf('new', users),
                ...(probes ? samplesOf('new', own, 'true') : []),
              ]),
            }),
          startAnalysis(0),
        );
      assert.deepEqual(judgeWith(true), judgeWith(false));
    }),
  );
});

test('the order of labels and lines does not matter', () => {
  const shuffled = fc.tuple(fc.array(counts, { minLength: 2, maxLength: 4 }), fc.boolean());
  fc.assert(
    fc.property(shuffled, ([series, everySecond]) => {
      const step = (turn: (at: number) => boolean) =>
        series.reduce((state, one, at) => {
          const samples = samplesOf('new', one);
          const turned = samples
            .map((sample) => ({
              ...sample,
              labels: Object.fromEntries(Object.entries(sample.labels).reverse()),
            }))
            .reverse();
          const now = { at: at * 1000, judged: exposed(turn(at) ? turned : samples) };
          return observe(prepare(ratioFile), state, now);
        }, startAnalysis(0));
      const turn = (at: number) => !everySecond || at % 2 === 1;
      assert.deepEqual(
        conclude(prepare(ratioFile), step(turn)),
        judge(
          ratioFile,
          series.map((one) => ({ new: one })),
        ),
      );
    }),
  );
});

const selector = parseSelector('fairlead_requests_total');
const term: Term = { selector, key: () => 'all' };
const read = (counts: { ok: number }) => ({ at: 0, read: exposed(samplesOf('new', counts)) });
/** Requests between two scrapes, and whether the client restarted before them. */
const spans = fc.array(fc.record({ requests: fc.nat(1000), restarts: fc.boolean() }));

test('windows count as much as one window over all of them, whatever restarts', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 }), (values) => {
      const [first, ...rest] = values.map((ok) => read({ ok }));
      const start = advance(undefined, [term], first ?? read({ ok: 0 }));
      const whole = rest.reduce((tally, now) => advance(tally, [term], now), start);
      let parts = 0;
      rest.reduce((tally, now) => {
        const after = advance(tally, [term], now);
        parts += after.grown['all'] ?? 0;
        return nextWindow(after, 0);
      }, start);
      assert.equal(parts, whole.grown['all'] ?? 0);
    }),
  );
});

test('what counters grew is what was asked, and never more when they restart', () => {
  fc.assert(
    fc.property(spans, (series) => {
      let value = 500;
      let asked = 0;
      let tally = advance(undefined, [term], read({ ok: value }));
      for (const { requests, restarts } of series) {
        value = (restarts ? 0 : value) + requests;
        asked += requests;
        tally = advance(tally, [term], read({ ok: value }));
      }
      const grown = tally.grown['all'] ?? 0;
      assert.ok(grown >= 0 && grown <= asked);
      if (!series.some(({ restarts }) => restarts)) assert.equal(grown, asked);
    }),
  );
});
