// Analyses of the platform's own metrics ask for what is there: a selector that matches nothing would look like no errors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSystem } from '../../src/config/load.ts';
import { SHOP, shopWith, systemsWith, testMistakes } from '../support/system-files.ts';

const ALL = 'fairlead_requests_total';
const at = (metric: string): string =>
  shopWith(13, `  errors: { source: scrape, metrics: { e: { ${metric}, max: 1 } } }`);
const ratio = (of: string): string => at(`ratio: { of: '${of}', to: ${ALL} }`);
const SERIES =
  'fairlead_requests_total, fairlead_request_duration_seconds_count, fairlead_request_duration_seconds_sum, fairlead_request_duration_seconds_bucket';
const LABELS = 'system, service, revision, version, code, probe';
const of = '13: analyses.errors.metrics.e.ratio.of: ';

testMistakes([
  [
    'a metric that is misspelt',
    ratio('fairlead_request_total{code=~"5.."}'),
    [
      `${of}the platform local has no counter fairlead_request_total (did you mean fairlead_requests_total?); it has: ${SERIES}`,
    ],
  ],
  [
    'a label that is not there',
    ratio('fairlead_requests_total{status=~"5.."}'),
    [`${of}fairlead_requests_total has no label status; its labels: ${LABELS}`],
  ],
  [
    'a label that is misspelt',
    ratio('fairlead_requests_total{cod!="200"}'),
    [`${of}fairlead_requests_total has no label cod (did you mean code?); its labels: ${LABELS}`],
  ],
  [
    'a status that there is not',
    ratio('fairlead_requests_total{code=~"5xx"}'),
    [
      `${of}no fairlead_requests_total has such a value of code: it is a status such as 200 or 503 (=~"499|5.." is every server error, and users who got no answer)`,
    ],
  ],
  [
    'a probe that is neither true nor false',
    ratio('fairlead_requests_total{probe="no"}'),
    [`${of}no fairlead_requests_total has such a value of probe: it is true or false`],
  ],
  [
    'a service that is not declared',
    ratio('fairlead_requests_total{service="ap"}'),
    [`${of}no fairlead_requests_total has such a value of service: it is one of api`],
  ],
  [
    'another system',
    ratio('fairlead_requests_total{system="shpo"}'),
    [`${of}no fairlead_requests_total has such a value of system: it is shop`],
  ],
  [
    'a gauge in the place of a counter, and a counter in that of a histogram',
    shopWith(
      13,
      `  errors: { source: scrape, metrics: { e: { rate: { of: fairlead_revision_weight }, max: 1 }, f: { quantile: { q: 0.9, of: ${ALL} }, max: 1 } } }`,
    ),
    [
      `13: analyses.errors.metrics.e.rate.of: the platform local has no counter fairlead_revision_weight; it has: ${SERIES}`,
      '13: analyses.errors.metrics.f.quantile.of: the platform local has no histogram fairlead_requests_total; it has: fairlead_request_duration_seconds, fairlead_request_duration_seconds_bucket',
    ],
  ],
  [
    'a query for a metric of the platform that is misspelt',
    shopWith(
      13,
      '  errors: { source: prometheus, metrics: { e: { query: "sum(rate(fairlead_request_total[1m])) or vector(0)", max: 1 } } }',
    ),
    [
      `13: analyses.errors.metrics.e.query: the platform local has no metric fairlead_request_total (did you mean fairlead_requests_total?); it has: fairlead_requests_total, fairlead_request_duration_seconds, fairlead_revision_weight, fairlead_revision_ready_replicas, fairlead_request_duration_seconds_count, fairlead_request_duration_seconds_sum, fairlead_request_duration_seconds_bucket`,
    ],
  ],
  ['every series there is', ratio('fairlead_request_duration_seconds_bucket{le="0.1"}'), []],
  [
    'labels with values that there may be',
    ratio('fairlead_requests_total{code!~"2..",version=~".*"}'),
    [],
  ],
  [
    'metrics of an address of its own, whatever they are called',
    shopWith(
      13,
      '  errors: { source: scrape, url: "http://127.0.0.1:9/m", metrics: { e: { rate: { of: fairlead_request_total }, max: 1 } } }',
    ),
    [],
  ],
]);

test('a file whose analyses look at nothing loads: a stop or a roll-back does not wait for that', async (t) => {
  const wrong = SHOP.replace(ALL, 'fairlead_request_total');
  const dir = await systemsWith(t, { 'shop/system.yaml': wrong });
  assert.equal((await loadSystem(dir, 'shop')).name, 'shop');
});
