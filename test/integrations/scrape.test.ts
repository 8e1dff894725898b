import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Failure, type FailureKind } from '../../src/domain/failure.ts';
import { createScrapeMetrics } from '../../src/integrations/scrape.ts';
import { serve, unusedAddress } from '../support/loopback-server.ts';

const waiting = { signal: new AbortController().signal, beat: () => undefined };
/** Stands for the redactor: one secret. */
const redact = (text: string): string => text.replaceAll('hunter2', '[redacted]');
const metrics = createScrapeMetrics({ timeoutMs: 10_000, redact });

const failing = (kind: FailureKind, says: RegExp) => (error: unknown) =>
  error instanceof Failure && error.kind === kind && says.test(error.message);

test('reads the samples of an endpoint', async (t) => {
  const { url } = await serve(t, (_, response) => response.end('# TYPE a counter\na{b="c"} 7\n'));
  const { samples, declared } = await metrics.scrape(`${url}/metrics`, waiting);
  assert.deepEqual(samples, [{ name: 'a', labels: { b: 'c' }, value: 7 }]);
  assert.deepEqual([...declared], ['a']);
});

const OPEN_METRICS = { 'content-type': 'application/openmetrics-text; version=1.0.0' };
const WHOLE: [what: string, answer: (response: ServerResponse) => void][] = [
  ['without a line end, of a known length', (r) => r.end('a 7')],
  ['in chunks', (r) => r.write('a ') && r.end('7')],
  ['compressed', (r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('a 7\n'))],
  ['of OpenMetrics', (r) => r.writeHead(200, OPEN_METRICS).end('a 7 1700000000.1\n# EOF\n')],
];
for (const [what, answer] of WHOLE) {
  test(`reads an answer ${what}`, async (t) => {
    const { url } = await serve(t, (_, response) => {
      answer(response);
    });
    const { samples } = await metrics.scrape(url, waiting);
    assert.deepEqual(samples, [{ name: 'a', labels: {}, value: 7 }]);
  });
}

const CUT: [what: string, answer: (response: ServerResponse) => void, says: RegExp][] = [
  [
    'by its length',
    (r) => r.writeHead(200, { 'content-length': 90 }).write('a 7\n', () => r.destroy()),
    /./,
  ],
  ['in a chunk', (r) => r.write('a 7\n', () => r.destroy()), /./],
  ['that is no gzip', (r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end('notgzip'), /./],
  ['of OpenMetrics', (r) => r.writeHead(200, OPEN_METRICS).end('a 7\n'), /was cut off/],
  ['as it has no length', (r) => r.socket?.end('HTTP/1.0 200 OK\r\n\r\na 7\nb 12'), /was cut off/],
];
for (const [what, answer, says] of CUT) {
  test(`an answer cut off ${what} is unavailable`, async (t) => {
    const { url } = await serve(t, (_, response) => {
      answer(response);
    });
    await assert.rejects(metrics.scrape(url, waiting), failing('Unavailable', says));
  });
}

test('another status is unavailable, with what came back', async (t) => {
  const { url } = await serve(t, (_, response) => response.writeHead(503).end('starting up'));
  await assert.rejects(
    metrics.scrape(url, waiting),
    failing('Unavailable', /reading metrics from http.*answered 503 \(starting up\)/),
  );
});

test('a redirect is not followed', async (t) => {
  const { url, requests } = await serve(t, (_, response) =>
    response.writeHead(302, { location: '/elsewhere' }).end(),
  );
  await assert.rejects(metrics.scrape(url, waiting), failing('Unavailable', /answered 302/));
  assert.equal(requests.length, 1);
});

test('text in another format is broken, and the message names address and line', async (t) => {
  const { url } = await serve(t, (_, response) => response.end('a 1\n<html>\n'));
  await assert.rejects(
    metrics.scrape(url, waiting),
    failing('Broken', /^http.*line 2 is "<html>"/),
  );
});

test('an endpoint that never answers is unavailable after the timeout', async (t) => {
  const { url } = await serve(t, () => undefined);
  await assert.rejects(
    createScrapeMetrics({ timeoutMs: 50, redact }).scrape(url, waiting),
    failing('Unavailable', /no answer within 50 ms/),
  );
});

test('an endpoint that never stops is given up at 16 MB', async (t) => {
  const { url } = await serve(t, (_, response) => {
    const line = `${'# '.repeat(32_768)}\n`;
    const more = (): void => {
      while (!response.destroyed && response.write(line));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  await assert.rejects(
    metrics.scrape(url, waiting),
    failing('Unavailable', /more than 16777216 bytes/),
  );
});

test('nothing at the address is unavailable, and says why', async () => {
  const url = await unusedAddress();
  await assert.rejects(metrics.scrape(url, waiting), failing('Unavailable', /ECONNREFUSED/));
});

test('an abort rejects with its own reason', async (t) => {
  const stop = new AbortController();
  const reason = new Error('paused');
  const { url } = await serve(t, () => {
    stop.abort(reason);
  });
  await assert.rejects(
    metrics.scrape(url, { ...waiting, signal: stop.signal }),
    (error) => error === reason,
  );
});
