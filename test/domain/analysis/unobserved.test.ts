// What was not observed is not claimed: sources that say no number, contradict themselves, or have not what is asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observe } from '../../../src/domain/analysis/analysis.ts';
import { startAnalysis } from '../../../src/domain/analysis/analysis-state.ts';
import { conclude } from '../../../src/domain/analysis/analysis-verdict.ts';
import type { Finding } from '../../../src/domain/analysis/finding.ts';
import { parsePrometheusText } from '../../../src/domain/analysis/prometheus-text.ts';
import { prepare, scraped, type AnalysisFile } from '../../support/analysis-samples.ts';

const TYPES = '# TYPE app_requests_total counter\n# TYPE app_errors_total counter\n';
const RATIO = { ratio: { of: 'app_errors_total', to: 'app_requests_total' }, max: 0.05 };
const RATE = { rate: { of: 'app_errors_total{code=~"5.."}' }, max: 0.05 };
const SLOW = { quantile: { q: 0.9, of: 'app_seconds' }, max: 0.3 };

/** Five reads, a second apart, of a source that says `text` at its nth read. */
function judged(
  text: (read: number) => string,
  metric: AnalysisFile['metrics'][string] = RATIO,
  url: string | null = 'http://127.0.0.1:9/metrics',
): Finding {
  const file = scraped(metric);
  const prepared = prepare(url === null ? file : { ...file, url });
  let state = startAnalysis(0);
  for (const read of [0, 1, 2, 3, 4]) {
    const found = parsePrometheusText(text(read));
    state = observe(prepared, state, { at: read * 1000, judged: found });
  }
  return conclude(prepared, state);
}

const requests = (read: number) => `app_requests_total ${100 * (read + 1)}\n`;

const noData: [string, (read: number) => string, RegExp, AnalysisFile['metrics'][string]?][] = [
  ['NaN', (n) => `${requests(n)}app_errors_total NaN\n`, /app_errors_total is NaN/],
  ['infinite', (n) => `${requests(n)}app_errors_total +Inf\n`, /is Infinity, which is no count/],
  ['minus infinite', (n) => `${requests(n)}app_errors_total -Inf\n`, /is -Infinity/],
  ['1e308', (n) => `app_requests_total 1e308\napp_errors_total ${n}\n`, /too large to be counted/],
  ['above 2^53', (n) => `${requests(n)}app_errors_total 9007199254740993e1\n`, /too large/],
  ['absent and not declared', requests, /the source has no metric app_errors_total/],
  ['absent, and so is the total', () => '', /app_errors_total matched no series/],
  [
    'there without a declaration, and not with the label',
    (n) => `app_errors_total{code="404"} ${n}\n${requests(n)}`,
    /does not declare app_errors_total \(# TYPE\)/,
    RATE,
  ],
  [
    'declared, and without the label that is asked for',
    (n) => `${TYPES}app_errors_total{status="404"} ${n}\n`,
    /has no label code; its labels: status/,
    RATE,
  ],
  [
    'a histogram without a +Inf bucket',
    (n) => `app_seconds_bucket{le="0.1"} ${n}\napp_seconds_bucket{le="1"} ${n}\n`,
    /the histogram has no \+Inf bucket/,
    SLOW,
  ],
  [
    'a histogram with a NaN bucket',
    (n) => `app_seconds_bucket{le="0.1"} NaN\napp_seconds_bucket{le="+Inf"} ${n}\n`,
    /app_seconds_bucket\{le="0\.1"\} is NaN/,
    SLOW,
  ],
  [
    'a histogram whose buckets contradict each other',
    (n) =>
      [`{le="0.1"} ${100 * n}`, `{le="0.2"} ${10 * n}`, `{le="+Inf"} ${100 * n}`]
        .map((one) => `app_seconds_bucket${one}\n`)
        .join(''),
    /its buckets contradict each other: one has 90 fewer than a smaller one/,
    SLOW,
  ],
  ['a histogram that is not there', () => '', /app_seconds_bucket.*|app_seconds matched/, SLOW],
];
for (const [what, text, says, metric] of noData) {
  test(`no pass over a series that is ${what}`, () => {
    const finding = judged(text, metric);
    assert.equal(finding.verdict, 'inconclusive');
    assert.match(finding.reason, says);
  });
}

const broken: [string, (read: number) => string, RegExp][] = [
  ['a negative counter', (n) => `${requests(n)}app_errors_total -${n + 1}\n`, /is never negative/],
  [
    'a series that is there twice with two values',
    (n) => `${requests(n)}app_errors_total 0\napp_errors_total 50\n`,
    /app_errors_total: it is there twice, as 0 and as 50/,
  ],
];
for (const [what, text, says] of broken) {
  test(`${what} makes reads that failed, and they are counted`, () => {
    const finding = judged(text);
    assert.equal(finding.verdict, 'inconclusive');
    assert.match(finding.reason, says);
    assert.deepEqual(finding.reads, [
      { metric: 'errors', ok: 0, noData: 0, failed: 5, requests: 0 },
    ]);
  });
}

test('a series that is there twice with one value is counted once', () => {
  const finding = judged((n) => `${TYPES}${requests(n)}${requests(n)}`);
  assert.equal(finding.verdict, 'pass');
  assert.deepEqual(finding.reads, [
    { metric: 'errors', ok: 5, noData: 0, failed: 0, requests: 400 },
  ]);
});

const zero: [string, (read: number) => string, AnalysisFile['metrics'][string]?][] = [
  ['by its type', (n) => TYPES + requests(n)],
  ['by its help', (n) => `# HELP app_errors_total What failed.\n${requests(n)}`],
  ['as OpenMetrics does', (n) => `# TYPE app_errors counter\n${requests(n)}`],
  ['beside one with another value', (n) => `${TYPES}app_errors_total{code="404"} ${n}\n`, RATE],
];
for (const [how, text, metric] of zero) {
  test(`an absent series of a metric that is declared ${how} is a count of 0`, () => {
    assert.equal(judged(text, metric).verdict, 'pass');
  });
}

test('the next number after NaN counts all that came since the last one', () => {
  const finding = judged(
    (n) => `${requests(n)}app_errors_total ${n === 1 || n === 2 ? 'NaN' : Math.min(150, n * 50)}\n`,
  );
  assert.equal(finding.verdict, 'fail');
  assert.match(finding.reason, /^errors 0\.5 \(150 of 300 requests\): over max 0\.05; 1 of/);
  assert.equal(finding.reads?.[0]?.noData, 2);
});

test('a first read without a number is no start, and what came before the second is not counted', () => {
  const finding = judged((n) => `${requests(n)}app_errors_total ${n === 0 ? 'NaN' : 1000}\n`);
  assert.equal(finding.verdict, 'pass');
  assert.deepEqual(finding.reads?.[0], {
    ...{ metric: 'errors', ok: 4, noData: 1, failed: 0, requests: 300 },
  });
});

test('a selector that refuses the judged revision is no count of 0', () => {
  const refusing = (label: string): AnalysisFile['metrics'][string] => ({
    ratio: { of: `fairlead_requests_total{${label}}`, to: 'fairlead_requests_total' },
    max: 0.05,
  });
  const text = (n: number) =>
    `# TYPE fairlead_requests_total counter\nfairlead_requests_total{system="shop",service="api",revision="new",version="new",probe="false",code="200"} ${n}\n`;
  const elsewhere = [
    'system="shpo"',
    'service="web"',
    'service!="api"',
    'system=~"s|h",code=~"5.."',
  ];
  const others = ['probe="true"', 'revision="old"', 'version="old"', 'revision=~"v1.*"'];
  for (const label of [...others, ...elsewhere]) {
    const finding = judged(text, refusing(label), null);
    assert.equal(finding.verdict, 'inconclusive', label);
    assert.match(finding.reason, /it refuses (probe|revision|version|system|service)=/);
  }
  const own = 'system="shop",service=~"api|web",code=~"5.."';
  for (const label of ['code=~"5.."', own]) {
    assert.equal(judged(text, refusing(label), null).verdict, 'pass', label);
  }
});

test('requests that their users gave up unanswered are no good ones, and are counted where they are asked for', () => {
  const text = (read: number): string => {
    const line = (code: string, value: number) =>
      `fairlead_requests_total{revision="new",version="new",probe="false",code="${code}"} ${value}\n`;
    return `# TYPE fairlead_requests_total counter\n${line('200', 0)}${line('499', 30 * read)}`;
  };
  const of = (codes: string) => `fairlead_requests_total{code=~"${codes}"}`;
  const ratio = (codes: string): AnalysisFile['metrics'][string] => ({
    ratio: { of: of(codes), to: 'fairlead_requests_total' },
    max: 0.05,
  });
  const rate = (codes: string): AnalysisFile['metrics'][string] => ({
    rate: { of: of(codes) },
    max: 0.1,
  });
  for (const metric of [ratio, rate]) {
    const without = judged(text, metric('5..'), null);
    assert.equal(without.verdict, 'inconclusive');
    assert.match(
      without.reason,
      /0 of the 1 requests needed; \d+ more were given up by their users/,
    );
    assert.equal(judged(text, metric('499|5..'), null).verdict, 'fail');
  }
});

test('where nothing is written a measurement needs 20 requests, and fewer are no pass', () => {
  const file: AnalysisFile = {
    source: 'scrape',
    url: 'http://127.0.0.1:9/metrics',
    metrics: { errors: RATIO },
  };
  const prepared = prepare(file);
  const after = (count: number): Finding => {
    const state = [0, count].reduce((before, requests, read) => {
      const text = `${TYPES}app_requests_total ${requests}\n`;
      return observe(prepared, before, { at: read * 1000, judged: parsePrometheusText(text) });
    }, startAnalysis(0));
    return conclude(prepared, state);
  };
  assert.equal(after(19).verdict, 'inconclusive');
  assert.match(after(19).reason, /no data \(19 of the 20 requests needed\)/);
  assert.equal(after(20).verdict, 'pass');
});

test('a metric that waits for requests keeps them when another one fails', () => {
  const file: AnalysisFile = {
    source: 'scrape',
    url: 'http://127.0.0.1:9/metrics',
    minimumSamples: 300,
    limits: { failures: 1 },
    metrics: { few: RATIO, many: { ratio: { of: 'bad_total', to: 'all_total' }, max: 0.1 } },
  };
  const prepared = prepare(file);
  let state = startAnalysis(0);
  for (const read of [0, 1, 2, 3]) {
    const bad = read > 0 ? 400 : 0;
    const text = `${TYPES}${requests(read)}bad_total ${bad}\nall_total ${1000 * read}\n`;
    state = observe(prepared, state, { at: read * 1000, judged: parsePrometheusText(text) });
  }
  assert.equal(state.requests['few'], 300);
});
