// How many requests a share takes until one that failed is within its limit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemSchema } from '../../../src/config/system.ts';
import { neededWords, requestsNeeded } from '../../../src/domain/analysis/requests-needed.ts';

const { analyses } = systemSchema.parse({
  system: 'shop',
  services: { api: { platform: 'local', command: ['node', '{version}.mjs'], port: 8001 } },
  analyses: {
    errors: {
      source: 'prometheus',
      url: 'http://127.0.0.1:9090',
      minimumSamples: 500,
      metrics: {
        share: { query: 'sum(bad) / sum(all)', requests: 'sum(all)', max: 0.0005 },
        seconds: { query: 'histogram_quantile(0.95, x)', requests: 'sum(all)', max: 0.3 },
        uncounted: { query: 'sum(bad) / sum(all)', max: 0.0005 },
        whole: { query: 'sum(bad) / sum(all)', requests: 'sum(all)', max: 1 },
      },
    },
    scraped: {
      source: 'scrape',
      metrics: { share: { ratio: { of: 'bad', to: 'all' }, max: 0.06 } },
    },
  },
});

test('shares of requests alone are counted: a ratio, or a query that divides and counts', () => {
  assert.deepEqual(requestsNeeded(analyses), [
    { analysis: 'errors', metric: 'share', max: 0.0005, requests: 2000, minimumSamples: 500 },
    { analysis: 'scraped', metric: 'share', max: 0.06, requests: 17, minimumSamples: 20 },
  ]);
});

test('a window that is judged before that is said to be taken back by one request', () => {
  const [few, enough] = requestsNeeded(analyses).map(neededWords);
  assert.match(few ?? '', /one among fewer than 2000 is too much: minimumSamples: 2000 waits/);
  assert.equal(
    enough,
    'scraped/share passes at max 0.06 with one failed request among 17 and more, and is judged from 20 on',
  );
});
