// One metric over one window: values, absolute limits, and no data.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ERRORS,
  judge,
  LATENCY,
  scraped,
  type AnalysisCase,
  type Moment,
} from '../../support/analysis-samples.ts';
const none: Moment = {};

const cases: AnalysisCase[] = [
  {
    name: 'errors within the limit pass',
    file: scraped({ ...ERRORS, max: 0.02 }),
    moments: [none, { new: { ok: 98, errors: 2 } }],
    verdict: 'pass',
    says: /1 of 1 measurements passed.*errors 0\.02 \(2 of 100 requests\): within max 0\.02/,
    samples: 100,
  },
  {
    name: 'errors over the limit fail',
    file: scraped({ ...ERRORS, max: 0.02 }),
    moments: [none, { new: { ok: 97, errors: 3 } }],
    verdict: 'fail',
    says: /^errors 0\.03 \(3 of 100 requests\): over max 0\.02; 1 of 1 measurements failed \(0 allowed\)/,
    samples: 100,
  },
  {
    name: 'a value that only just exceeds its limit is shown so that one sees it',
    file: scraped({ ...ERRORS, max: 0.02 }),
    moments: [none, { new: { ok: 979_999, errors: 20_001 } }],
    verdict: 'fail',
    says: /over max 0\.02 \(it is 0\.020001\)/,
    samples: 1_000_000,
  },
  {
    name: 'no requests are no data',
    file: scraped({ ...ERRORS, max: 0.02 }),
    moments: [{ new: { ok: 5 } }, { new: { ok: 5 } }],
    verdict: 'inconclusive',
    says: /no measurement passed: errors: no data \(0 of the 1 requests needed\)/,
    samples: 0,
  },
  {
    name: 'metrics that are not there at all are no data',
    file: scraped({ ...ERRORS, max: 0.02 }),
    moments: [none, none],
    verdict: 'inconclusive',
    says: /no data/,
    samples: 0,
  },
  {
    name: 'fewer requests than needed are no data, even if each failed',
    file: scraped({ ...ERRORS, max: 0.02 }, { minimumSamples: 10 }),
    moments: [none, { new: { errors: 9 } }],
    verdict: 'inconclusive',
    says: /no data \(9 of the 10 requests needed\)/,
    samples: 0,
  },
  {
    name: 'requests of several scrapes add up until there are enough',
    file: scraped({ ...ERRORS, max: 0.02 }, { minimumSamples: 10 }),
    moments: [none, { new: { ok: 4 } }, { new: { ok: 8 } }, { new: { ok: 12 } }],
    verdict: 'pass',
    says: /1 of 1 measurements passed.*0 of 12 requests/,
    samples: 12,
  },
  {
    name: 'a restart of the counters counts from zero',
    file: scraped({ ...ERRORS, max: 0.5 }),
    moments: [{ new: { ok: 1000, errors: 50 } }, { new: { ok: 6, errors: 2 } }],
    verdict: 'pass',
    says: /errors 0\.25 \(2 of 8 requests\)/,
    samples: 8,
  },
  {
    name: 'a rate is per second, and no errors are a rate of zero',
    file: scraped({ rate: { of: 'fairlead_requests_total{code="500"}' }, max: 0.5 }),
    moments: [none, { at: 4000, new: { ok: 100 } }],
    verdict: 'pass',
    says: /errors 0 \(0 in 4 s\): within max 0\.5/,
    samples: 100,
  },
  {
    name: 'a rate under its minimum fails',
    file: scraped({ rate: { of: 'fairlead_requests_total' }, min: 10 }),
    moments: [none, { at: 4000, new: { ok: 30 } }],
    verdict: 'fail',
    says: /errors 7\.5 \(30 in 4 s\): under min 10/,
    samples: 30,
  },
  {
    name: 'a quantile comes from what the buckets grew',
    file: scraped({ ...LATENCY, max: 0.2 }),
    moments: [
      { new: { buckets: { '0.1': 100, '0.2': 100, '+Inf': 100 } } },
      { new: { buckets: { '0.1': 180, '0.2': 200, '+Inf': 200 } } },
    ],
    verdict: 'pass',
    says: /errors 0\.15 \(90 % of 100 requests\): within max 0\.2/,
    samples: 100,
  },
  {
    name: 'a quantile beyond the largest bucket fails a limit below it',
    file: scraped({ ...LATENCY, max: 0.2 }),
    moments: [none, { new: { buckets: { '0.1': 1, '0.2': 2, '+Inf': 20 } } }],
    verdict: 'fail',
    says: /errors more than 0\.2 .*over max 0\.2/,
    samples: 20,
  },
  {
    name: 'a quantile beyond the largest bucket says nothing about a limit above it',
    file: scraped({ ...LATENCY, max: 1 }),
    moments: [none, { new: { buckets: { '0.1': 1, '0.2': 2, '+Inf': 20 } } }],
    verdict: 'inconclusive',
    says: /not told from max 1: beyond the largest bucket/,
    samples: 20,
  },
  {
    name: 'a histogram without finite buckets is inconclusive',
    file: scraped({ ...LATENCY, max: 1 }),
    moments: [none, { new: { buckets: { '+Inf': 20 } } }],
    verdict: 'inconclusive',
    says: /not a number/,
    samples: 20,
  },
];
for (const { name, file, moments, stable, verdict, says, samples } of cases) {
  test(name, () => {
    const finding = judge(file, moments, stable);
    assert.match(finding.reason, says);
    assert.equal(finding.verdict, verdict);
    assert.equal(finding.samples, samples);
  });
}
