// Bakes whose analyses ask a Prometheus server, and bakes that end early because enough measurements passed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import type { QueryInput } from '../../src/ports/metrics.ts';
import { analysisSchema } from '../../src/config/analysis.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { AnsweredSeries, QueryAnswer } from '../../src/domain/analysis/query-answer.ts';
import { analysisOf, ERRORS, samplesOf, scraped } from '../support/analysis-samples.ts';
import {
  bakeInput,
  CHECK,
  createBakeWorld,
  revisionState,
  type Behaviour,
} from '../support/bake-world.ts';

const waiting = { signal: new AbortController().signal, beat: () => undefined };
const [NEW, OLD] = ['v2-0123456789', 'v1-0123456789'];
const QUERY = 'errors{revision="{{revision}}",v=~"{{version}}",s="{{service}}",y="{{system}}"}';

type File = z.input<typeof analysisSchema>;

const errors = (metric: File['metrics'][string], more: Partial<File> = {}) => ({
  errors: analysisSchema.parse({
    source: 'prometheus',
    metrics: { errors: { query: QUERY, ...metric } },
    ...more,
  }),
});

function one(at: number, value: number, labels: Record<string, string> = {}): QueryAnswer {
  return { series: [{ labels, points: [[at, value]] }], warnings: [] };
}

const timeOf = ({ at }: QueryInput): number => (typeof at === 'number' ? at : at.to);

/** Every instant query gives this number, by revision; ranges give the values. */
function server(now: (revision: string, ms: number) => number, range?: Record<string, number[]>) {
  return (input: QueryInput, ms: number): QueryAnswer => {
    const revision = input.expression.includes(NEW) ? NEW : OLD;
    if (typeof input.at === 'number') return one(timeOf(input), now(revision, ms));
    const points = (range?.[revision] ?? []).map((value): [number, number] => [0, value]);
    const series: AnsweredSeries[] = points.length === 0 ? [] : [{ labels: {}, points }];
    return { series, warnings: [] };
  };
}

async function bake(
  query: Behaviour['query'],
  analyses: ReturnType<typeof errors>,
  more: { stable?: string; ms?: number } = {},
) {
  const revisions = () => [revisionState(NEW), revisionState(OLD)];
  const world = createBakeWorld({ revisions, ...(query && { query }) });
  const { stable, ms = 5000 } = more;
  const input = bakeInput({
    revision: NEW,
    ms,
    analyses,
    ...(stable !== undefined && { stable }),
  });
  const result = await world.bake(input, waiting);
  const [finding] = result.findings;
  assert.ok(finding);
  return { world, result, finding };
}

test('each interval is one measurement, and nothing is asked before the first is over', async () => {
  const asked: number[] = [];
  const good = server((_, ms) => {
    asked.push(ms);
    return 0.01;
  });
  const { result, finding, world } = await bake(good, errors({ max: 0.05 }));
  assert.deepEqual([result.ended, result.verdict], ['complete', 'pass']);
  assert.deepEqual(asked, [1000, 2000, 3000, 4000, 5000]);
  assert.equal(
    finding.reason,
    '5 of 5 measurements passed, the last: errors 0.01: within max 0.05',
  );
  const { expression, server: asking } = world.queried[0] ?? {};
  assert.equal(expression, `errors{revision="${NEW}",v=~"v2",s="api",y="s"}`);
  assert.equal(asking?.url, undefined);
});

test('a value over the limit fails at once', async () => {
  const query = server((_, ms) => (ms < 2500 ? 0 : 0.2));
  const { result, finding } = await bake(query, errors({ max: 0.05 }));
  assert.deepEqual([result.ended, result.verdict, result.observedMs], ['decided', 'fail', 3000]);
  assert.match(
    finding.reason,
    /^errors 0\.2: over max 0\.05; 1 of 3 measurements failed \(0 allowed\)$/,
  );
});

const NO_DATA: [name: string, answer: (at: number) => QueryAnswer, says: RegExp][] = [
  ['no series', () => ({ series: [], warnings: [] }), /no data: the query found no series$/],
  ['NaN', (at) => one(at, NaN), /no data: the query gave NaN$/],
  ['infinity', (at) => one(at, Infinity), /no data: the query gave Infinity$/],
  ['minus infinity', (at) => one(at, -Infinity), /no data: the query gave -Infinity$/],
  ['an old sample', (at) => one(at - 121_000, 1), /newest sample is 121 s old \(120 s allowed\)$/],
];

for (const [name, answer, says] of NO_DATA) {
  test(`${name} is no data: never a pass, never a fail, and no reason to end early`, async () => {
    const { result, finding } = await bake((input) => answer(timeOf(input)), errors({ max: 9 }));
    assert.deepEqual([result.ended, result.verdict], ['complete', 'inconclusive']);
    assert.match(finding.reason, /^no measurement passed: errors: /);
    assert.match(finding.reason, says);
  });
}

test('partial data is inconclusive, and more of it than allowed ends the bake', async () => {
  const query = (input: QueryInput) => ({ ...one(timeOf(input), 0), warnings: ['store b'] });
  const more = { limits: { inconclusives: 1 } };
  const { result, finding } = await bake(query, errors({ max: 1 }, more));
  assert.deepEqual([result.ended, result.verdict], ['decided', 'inconclusive']);
  assert.match(
    finding.reason,
    /only part of the data was there: store b; 2 of 2 measurements were inconclusive/,
  );
});

test('several series are an error that names them, and too many errors end the bake', async () => {
  const many = (input: QueryInput): QueryAnswer => ({
    series: ['a', 'b'].map((code) => ({ labels: { code }, points: [[timeOf(input), 1]] })),
    warnings: [],
  });
  const { result, finding } = await bake(many, errors({ max: 1 }), { ms: 60_000 });
  assert.deepEqual([result.verdict, result.observedMs], ['inconclusive', 5000]);
  assert.match(finding.reason, /^5 queries in a row failed \(4 allowed\), the last: errors: /);
  assert.match(finding.reason, /gave 2 series, and one is needed: \{code="a"\}, \{code="b"\};/);
});

test('a server that is away for a while is forgiven', async () => {
  const query = (input: QueryInput, ms: number): QueryAnswer => {
    if (ms < 2500) throw new Failure('Unavailable', 'no answer within 5000 ms');
    return one(timeOf(input), 0);
  };
  const { result } = await bake(query, errors({ max: 1 }));
  assert.equal(result.verdict, 'pass');
});

test('a query that cannot be read is not tried again', async () => {
  const query = (): QueryAnswer => {
    throw new Failure('BadInput', 'parse error; mend the query');
  };
  const { result, finding } = await bake(query, errors({ max: 1 }));
  assert.deepEqual([result.verdict, result.observedMs], ['inconclusive', 1000]);
  assert.equal(finding.reason, 'parse error; mend the query');
});

test('a value waits for the requests that it should stand on', async () => {
  const analyses = errors(
    { max: 0.5, requests: 'count{revision="{{revision}}"}' },
    { minimumSamples: 100 },
  );
  const few = (input: QueryInput, ms: number) =>
    one(timeOf(input), input.expression.startsWith('count') ? ms / 20 : 0.1);
  const { result, finding } = await bake(few, analyses);
  assert.equal(result.verdict, 'pass');
  assert.match(finding.reason, /^4 of 4 .* errors 0\.1 \(250 requests\): within max 0\.5$/);
  assert.equal(finding.samples, 100 + 150 + 200 + 250);
  const less = await bake((input) => one(timeOf(input), 0.1), analyses);
  assert.match(less.finding.reason, /no data \(0\.1 of the 100 requests needed\)$/);
});

test('a limit over the stable revision asks for both', async () => {
  const query = server((revision) => (revision === NEW ? 0.2 : 0.1));
  const analyses = errors({ maxOverStable: { difference: 0.05 } });
  const { result, finding } = await bake(query, analyses, { stable: OLD });
  assert.equal(result.verdict, 'fail');
  assert.match(finding.reason, /^errors 0\.2: over 0\.05 more than stable's 0\.1 = 0\.15; 1 of/);
  const [point] = finding.series?.[0]?.points ?? [];
  assert.deepEqual([point?.judged, point?.stable], [{ value: 0.2 }, { value: 0.1 }]);
});

const COMPARED = { compare: { minSamples: 5 } };
const steady = (from: number) => Array.from({ length: 20 }, (_, index) => from + (index % 5));

test('a comparison asks for the whole bake of both revisions, once, at its end', async () => {
  const query = server(() => 1, { [NEW]: steady(100), [OLD]: steady(10) });
  const { result, finding, world } = await bake(query, errors(COMPARED), { stable: OLD });
  assert.deepEqual([result.ended, result.verdict], ['complete', 'fail']);
  assert.match(finding.reason, /^errors compared: High: the experiment is 90 higher/);
  const ranges = world.queried.filter(({ at }) => typeof at !== 'number');
  assert.deepEqual(
    ranges.map(({ expression }) => [expression.includes(NEW), expression.includes(OLD)]),
    [
      [true, false],
      [false, true],
    ],
  );
  const [asked] = ranges.map(({ at }) => at);
  assert.ok(typeof asked === 'object');
  assert.deepEqual([asked.to - asked.from, asked.stepMs], [4000, 1000]);
  const [found] = finding.distributions ?? [];
  assert.deepEqual([found?.metric, found?.class, found?.verdict], ['errors', 'High', 'fail']);
  assert.deepEqual(found?.experiment.quartiles, [100, 101, 102, 103, 104]);
  assert.deepEqual(found.control.count, 20);
});

test('two revisions that are alike pass the comparison', async () => {
  const query = server(() => 1, { [NEW]: steady(10), [OLD]: steady(10) });
  const { result, finding } = await bake(query, errors(COMPARED), { stable: OLD });
  assert.equal(result.verdict, 'pass');
  assert.match(finding.reason, /kept for the comparison at the end \| errors compared: Pass: /);
});

test('too few values to compare are inconclusive', async () => {
  const query = server(() => 1, { [NEW]: [1, 2], [OLD]: steady(10) });
  const { finding } = await bake(query, errors(COMPARED), { stable: OLD });
  assert.equal(finding.verdict, 'inconclusive');
  assert.match(finding.reason, /too few samples to decide \(2 and 20, needed 5 each\)$/);
});

test('a comparison that cannot be had is tried a few times, and is no pass', async () => {
  const query = (input: QueryInput): QueryAnswer => {
    if (typeof input.at !== 'number') throw new Failure('Unavailable', 'no answer');
    return one(input.at, 1);
  };
  const { result, finding } = await bake(query, errors(COMPARED), { stable: OLD });
  assert.deepEqual([result.ended, result.verdict], ['complete', 'inconclusive']);
  assert.equal(finding.reason, 'nothing could be compared: no answer');
  assert.equal(result.progress.analyses['errors']?.ranges?.tries, 5);
});

test('without a stable revision a limit decides alone, and no limit is inconclusive', async () => {
  const query = server(() => 1);
  const limited = await bake(query, errors({ ...COMPARED, max: 2 }));
  assert.equal(limited.result.verdict, 'pass');
  assert.match(limited.finding.reason, /not compared, no stable revision has traffic$/);
  assert.equal(limited.finding.distributions, undefined);
  assert.equal((await bake(query, errors(COMPARED))).result.verdict, 'inconclusive');
});

test('scraped windows are compared at the end too', async () => {
  const scrape = (slow: number) => (ms: number) => [
    ...samplesOf('new', { ok: ms / 10 - ms / slow, errors: ms / slow }),
    ...samplesOf('old', { ok: ms / 10 - ms / 1000, errors: ms / 1000 }),
  ];
  const compare = { direction: 'increase' as const, minSamples: 8 };
  const analyses = { errors: analysisOf(scraped({ ...ERRORS, max: 1, compare })) };
  const input = bakeInput({ analyses, stable: 'old' });
  const bad = await createBakeWorld({ samples: scrape(100) }).bake(input, waiting);
  assert.equal(bad.verdict, 'fail');
  assert.match(bad.findings[0]?.reason ?? '', /^errors compared: High: /);
  assert.equal(bad.findings[0]?.distributions?.[0]?.experiment.count, 10);
  const good = await createBakeWorld({ samples: scrape(1000) }).bake(input, waiting);
  assert.equal(good.verdict, 'pass');
});

const clean = (ms: number) => samplesOf('new', { ok: ms / 10 });
const soon = { errors: analysisOf(scraped({ ...ERRORS, max: 0.1 }, { limits: { successes: 3 } })) };

test('enough measurements that pass in a row end a bake early', async () => {
  const result = await createBakeWorld({ samples: clean }).bake(
    bakeInput({ analyses: soon }),
    waiting,
  );
  assert.deepEqual([result.ended, result.verdict, result.observedMs], ['decided', 'pass', 3000]);
  assert.match(result.findings[0]?.reason ?? '', /^3 of 3 .* \(3 in a row, 3 end a bake early\)/);
});

test('one that fails and is forgiven begins the count anew', async () => {
  const forgiving = scraped({ ...ERRORS, max: 0.1 }, { limits: { successes: 3, failures: 1 } });
  const hiccup = (ms: number) => {
    const bad = ms > 1500 ? 20 : 0;
    return samplesOf('new', { ok: ms / 10 - bad, errors: bad });
  };
  const input = bakeInput({ analyses: { errors: analysisOf(forgiving) } });
  const result = await createBakeWorld({ samples: hiccup }).bake(input, waiting);
  assert.deepEqual([result.ended, result.verdict, result.observedMs], ['decided', 'pass', 5000]);
});

test('an analysis without successes keeps the others waiting for the whole time', async () => {
  const analyses = { ...soon, whole: analysisOf(scraped({ ...ERRORS, max: 0.1 })) };
  const result = await createBakeWorld({ samples: clean }).bake(bakeInput({ analyses }), waiting);
  assert.deepEqual([result.ended, result.observedMs], ['complete', 10_000]);
});

test('a check that does not pass keeps a bake from ending early', async () => {
  const check = (ms: number) => {
    if (ms < 5000) throw new Failure('CheckFailed', 'not yet');
    return 'fine';
  };
  const input = bakeInput({ analyses: soon, checks: [CHECK] });
  const result = await createBakeWorld({ samples: clean, check }).bake(input, waiting);
  assert.deepEqual([result.ended, result.verdict, result.observedMs], ['decided', 'pass', 6000]);
});
