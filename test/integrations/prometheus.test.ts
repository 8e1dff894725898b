// The adapter against Debian's Prometheus server, which scrapes an exporter of the test's.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, test, type TestContext } from 'node:test';
import type { QueryInput, QueryServer } from '../../src/ports/metrics.ts';
import { Failure } from '../../src/domain/failure.ts';
import { rangeOf, singleOf, type Single } from '../../src/domain/analysis/query-answer.ts';
import { parseAnswer } from '../../src/integrations/prometheus-answer.ts';
import { createPrometheusMetrics } from '../../src/integrations/prometheus.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { serve, unusedAddress } from '../support/loopback-server.ts';
import {
  skipWithoutPrometheus,
  startPrometheus,
  type TestPrometheus,
} from '../support/prometheus.ts';

const port = createPrometheusMetrics({
  env: { TOKEN: 'tok-12345' },
  readFile: () => Promise.reject(new Error('gone')),
  reader: 'the worker',
});

const LONG_AGO = 90_000;
let exporter: Server;
let server: TestPrometheus | undefined;

/** `old_value` was taken long ago, and its time says so. */
function page(): string {
  return [
    'answer{revision="v2-0123456789"} 42',
    'answer{revision="v1-0123456789"} 7',
    `seconds ${Date.now() / 1000}`,
    `old_value 5 ${Date.now() - LONG_AGO}`,
    '',
  ].join('\n');
}

before(async () => {
  exporter = createServer((_, response) => response.end(page()));
  await new Promise<void>((done) => exporter.listen(0, '127.0.0.1', done));
  const address = exporter.address();
  assert.ok(typeof address === 'object' && address !== null);
  server = await startPrometheus([`127.0.0.1:${address.port}`]);
  if (server === undefined) return;
  const { ask } = server;
  await eventually('some scrapes', async () => (await ask('changes(seconds[1m]) > 2')).length > 0);
});
after(async () => {
  await server?.stop();
  exporter.close();
  exporter.closeAllConnections();
});

function query(
  url: string,
  expression: string,
  at: QueryInput['at'] = Date.now(),
  more: QueryServer = {},
) {
  return port.query({ server: { url, ...more }, directory: '/', expression, at }, waiting());
}

async function single(url: string, expression: string, staleAfter = 60_000): Promise<Single> {
  const at = Date.now();
  return singleOf(await query(url, expression, at, { staleAfter }), at, staleAfter);
}

async function refused(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
  return assert.fail('it was answered');
}

const SINGLES: [name: string, expression: string, expected: Single][] = [
  ['a vector of one series is its value', 'answer{revision="v2-0123456789"}', value(42)],
  ['an arithmetic of series is its value', 'sum(answer) - 1', value(48)],
  ['a scalar is a value', '1.5', value(1.5)],
  ['infinity is no data', '1 / 0', none('no data: the query gave Infinity')],
  ['NaN is no data', '0 / 0', none('no data: the query gave NaN')],
  ['no series is no data', 'answer{revision="none"}', none('no data: the query found no series')],
];

for (const [name, expression, expected] of SINGLES) {
  test(name, async (t) => {
    if (skipWithoutPrometheus(t, server)) return;
    assert.deepEqual(await single(server.url, expression), expected);
  });
}

test('several series are a mistake that names them', async (t) => {
  if (skipWithoutPrometheus(t, server)) return;
  const found = await single(server.url, 'sum by (revision) (answer)');
  assert.ok(found.kind === 'problem');
  assert.match(found.why, /^the query gave 2 series, and one is needed: /);
  for (const id of ['v1', 'v2']) assert.ok(found.why.includes(`{revision="${id}-0123456789"}`));
  assert.match(found.why, /; aggregate them, as in sum\(\.\.\.\)$/);
});

test('a sample from longer ago than allowed is no data, and a fresh one is', async (t) => {
  if (skipWithoutPrometheus(t, server)) return;
  const stale = await single(server.url, 'old_value');
  assert.ok(stale.kind === 'none');
  // Prometheus may have scraped again after the time that is asked for was taken: then it is a little younger.
  assert.match(stale.why, /no data: (its newest sample is [89]\d[.\d]* s old|the query found)/);
  assert.deepEqual(await single(server.url, 'old_value', 2 * LONG_AGO), value(5));
});

/** The value that a server's answer comes to; both of its queries, of the value and of its time, get the same `text`. */
async function answered(t: TestContext, text: string, seconds: number): Promise<Single> {
  const { url } = await serve(t, (_, response) => {
    const result = [{ metric: {}, value: [seconds, text] }];
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  const at = 1_700_000_000_000;
  return singleOf(await query(url, 'queue_length', at), at, 60_000);
}

test('a sample from further ahead than a sample may be old is no data, and one within that is', async (t) => {
  const ahead = await answered(t, '1700000061', 1_700_000_000);
  const why = 'its newest sample is of 61 s from now, by another clock (60 s allowed)';
  assert.deepEqual(ahead, none(`no data: ${why}`));
  assert.deepEqual(await answered(t, '1700000060', 1_700_000_000), value(1_700_000_060));
});

test('a sample whose time is no number is no data', async (t) => {
  const found = await answered(t, 'soon', 1_700_000_000);
  assert.deepEqual(found, none('no data: the time of its newest sample is no number'));
});

test('what Prometheus does not write for a number is none', () => {
  const valueOf = (text: string) => {
    const data = { resultType: 'scalar', result: [1_700_000_000, text] };
    const parsed = parseAnswer(JSON.stringify({ status: 'success', data }), 'instant');
    assert.ok('answer' in parsed);
    return parsed.answer.series[0]?.points[0]?.[1];
  };
  for (const text of ['0x1', '0b1', '0o7', '', ' ', ' 1', '1_000', 'Infinity', '.', 'e5']) {
    assert.ok(Number.isNaN(valueOf(text)), JSON.stringify(text));
  }
  const numbers = { '1': 1, '-0.5': -0.5, '1e+06': 1e6, '2.5E-3': 0.0025, '.5': 0.5, '3.': 3 };
  for (const [text, number] of Object.entries(numbers)) assert.equal(valueOf(text), number);
  assert.deepEqual([valueOf('+Inf'), valueOf('-Inf')], [Infinity, -Infinity]);
});

test('a range has a value for each step', async (t) => {
  if (skipWithoutPrometheus(t, server)) return;
  const to = Date.now();
  const at = { from: to - 500, to, stepMs: 100 };
  const found = rangeOf(await query(server.url, 'answer{revision="v1-0123456789"}', at));
  assert.deepEqual(found, [7, 7, 7, 7, 7, 7]);
  assert.match(String(rangeOf(await query(server.url, 'answer', at))), /gave 2 series/);
  assert.deepEqual(rangeOf(await query(server.url, 'nothing', at)), []);
});

const BAD: [name: string, expression: string, says: RegExp][] = [
  ['a query that cannot be read', 'sum(', /: 1:5: parse error: .*; mend the query$/],
  ['a query that gives a range', 'answer[1m]', /gives a range of samples; wrap it, as in rate\(/],
  ['a query that gives a text', '"x"', /the query gives a text, and a number is needed/],
];

for (const [name, expression, says] of BAD) {
  test(`${name} is refused with a sentence, and is no use trying again`, async (t) => {
    if (skipWithoutPrometheus(t, server)) return;
    const error = await refused(query(server.url, expression));
    assert.equal(error.kind, 'BadInput');
    assert.match(error.message, says);
    assert.ok(error.message.startsWith(`asking Prometheus at ${server.url} for `));
  });
}

test('a query that fails while it runs may succeed next time', async (t) => {
  if (skipWithoutPrometheus(t, server)) return;
  const many = 'answer * on() group_left() answer';
  const error = await refused(query(server.url, many));
  assert.equal(error.kind, 'Unavailable');
  assert.match(error.message, /it answered 422 \(execution\)/);
});

test('an answer that does not come is waited for as long as was said', async (t) => {
  const { url } = await serve(t, () => undefined);
  const error = await refused(query(url, 'up', Date.now(), { timeout: 50 }));
  assert.equal(error.kind, 'Unavailable');
  assert.match(error.message, /no answer within 50 ms; it should answer at \/api\/v1\/query/);
});

test('nobody there, and somebody else there, are said', async (t) => {
  const nobody = await refused(query(await unusedAddress(), 'up'));
  assert.match(nobody.message, /ECONNREFUSED/);
  const { url } = await serve(t, (_, response) => response.writeHead(404).end('<h1>no</h1>'));
  const other = await refused(query(url, 'up'));
  assert.match(other.message, /it answered 404, .*; is this the address of a Prometheus server\?$/);
});

test('what only part of the data gave is not trusted; a hint about style takes nothing away', async (t) => {
  const answer = (warning: string) => ({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: {}, value: [Date.now() / 1000, '1'] }] },
    warnings: [warning],
  });
  let body = answer('remote read: store b did not answer');
  const { url } = await serve(t, (_, response) => response.end(JSON.stringify(body)));
  assert.deepEqual(await single(url, 'up'), {
    kind: 'unsure',
    why: 'only part of the data was there: remote read: store b did not answer',
  });
  body = answer('PromQL info: metric might not be a counter');
  assert.equal((await single(url, 'sum(up)')).kind, 'value');
});

test('a token is looked up where it is used, and one that is missing is said', async (t) => {
  const { url, requests } = await serve(t, (_, response) => {
    const data = { resultType: 'scalar', result: [Date.now() / 1000, '1'] };
    response.end(JSON.stringify({ status: 'success', data }));
  });
  const more: QueryServer = { bearerToken: { env: 'TOKEN' }, headers: { 'x-scope-orgid': 'shop' } };
  await query(`${url}/prefix/`, '1', Date.now(), more);
  const [asked] = requests;
  assert.ok(asked);
  assert.equal(asked.headers.authorization, 'Bearer tok-12345');
  assert.equal(asked.headers['x-scope-orgid'], 'shop');
  assert.match(asked.url ?? '', /^\/prefix\/api\/v1\/query\?query=1&/);
  const error = await refused(query(url, '1', 0, { bearerToken: { env: 'NONE' } }));
  assert.match(error.message, /needs the environment variable NONE; set it where the worker is/);
});

function value(number: number): Single {
  return { kind: 'value', value: number };
}

function none(why: string): Single {
  return { kind: 'none', why };
}
