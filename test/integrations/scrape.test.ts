import assert from 'node:assert/strict';
import test from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { FailureKind } from '../../src/domain/failure.ts';
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
  assert.deepEqual(await metrics.scrape(`${url}/metrics`, waiting), [
    { name: 'a', labels: { b: 'c' }, value: 7 },
  ]);
});

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
