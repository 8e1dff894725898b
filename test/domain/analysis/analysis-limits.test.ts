// Comparison with the stable revision, and what many measurements add up to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ERRORS,
  judge,
  scraped,
  type AnalysisCase,
  type Moment,
} from '../../support/analysis-samples.ts';
const none: Moment = {};

const cases: AnalysisCase[] = [
  {
    name: 'no worse than the stable revision passes',
    file: scraped({ ...ERRORS, maxOverStable: { ratio: 2, difference: 0.05 } }),
    moments: [none, { new: { ok: 96, errors: 4 }, old: { ok: 980, errors: 20 } }],
    stable: 'old',
    verdict: 'pass',
    says: /within 2 times stable's 0\.02 \(20 of 1000 requests\) = 0\.04; within 0\.05 more than .* = 0\.07/,
    samples: 100,
  },
  {
    name: 'each of two comparisons must hold',
    file: scraped({ ...ERRORS, maxOverStable: { ratio: 10, difference: 0.01 } }),
    moments: [none, { new: { ok: 96, errors: 4 }, old: { ok: 980, errors: 20 } }],
    stable: 'old',
    verdict: 'fail',
    says: /within 10 times .*; over 0\.01 more than/,
    samples: 100,
  },
  {
    name: 'a comparison that cannot be made does not pass because the maximum holds',
    file: scraped({ ...ERRORS, max: 0.1, maxOverStable: { ratio: 2 } }),
    moments: [none, { new: { ok: 100 } }, { new: { ok: 200 } }],
    stable: 'old',
    verdict: 'inconclusive',
    says: /within max 0\.1; not compared: the stable revision: no data \(0 of the 1 requests needed\)/,
    samples: 0,
  },
  {
    name: 'a maximum that is exceeded fails without anything to compare with',
    file: scraped({ ...ERRORS, max: 0.1, maxOverStable: { ratio: 2 } }),
    moments: [none, { new: { errors: 100 } }],
    stable: 'old',
    verdict: 'fail',
    says: /over max 0\.1/,
    samples: 100,
  },
  {
    name: 'without a stable revision the maximum decides, and it says so',
    file: scraped({ ...ERRORS, max: 0.1, maxOverStable: { ratio: 2 } }),
    moments: [none, { new: { ok: 100 } }],
    verdict: 'pass',
    says: /within max 0\.1; not compared, no stable revision has traffic/,
    samples: 100,
  },
  {
    name: 'without a stable revision a mere comparison is inconclusive',
    file: scraped({ ...ERRORS, maxOverStable: { ratio: 2 } }),
    moments: [none, { new: { ok: 100 } }],
    verdict: 'inconclusive',
    says: /not compared: there is no stable revision/,
    samples: 100,
  },
  {
    name: 'requests that stop half-way through do not pass',
    file: scraped({ ...ERRORS, max: 0.1 }),
    moments: [none, { new: { ok: 10 } }, { new: { ok: 10 } }, { new: { ok: 10 } }],
    verdict: 'inconclusive',
    says: /the last 2 of 3 s could not be judged: errors: no data/,
    samples: 10,
  },
  {
    name: 'a short silence at the end is passed over',
    file: scraped({ ...ERRORS, max: 0.1 }),
    moments: [none, { new: { ok: 10 } }, { new: { ok: 20 } }, { new: { ok: 20 } }],
    verdict: 'pass',
    says: /2 of 2 measurements passed/,
    samples: 20,
  },
  {
    name: 'as many failures as allowed do not fail',
    file: scraped({ ...ERRORS, max: 0 }, { limits: { failures: 1 } }),
    moments: [none, { new: { errors: 5 } }, { new: { ok: 10, errors: 5 } }],
    verdict: 'pass',
    says: /1 of 2 measurements passed/,
    samples: 15,
  },
  {
    name: 'failures alone never become a pass, however many are allowed',
    file: scraped({ ...ERRORS, max: 0 }, { limits: { failures: 5 } }),
    moments: [none, { new: { errors: 5 } }],
    verdict: 'inconclusive',
    says: /no measurement passed: errors 1 \(5 of 5 requests\): over max 0/,
    samples: 5,
  },
  {
    name: 'scrapes that failed in a row, more than allowed, are inconclusive',
    file: scraped({ ...ERRORS, max: 0.1 }, { limits: { consecutiveErrors: 1 } }),
    moments: [none, { new: { ok: 10 } }, { error: 'refused' }, { error: 'refused' }],
    verdict: 'inconclusive',
    says: /2 scrapes in a row failed \(1 allowed\), the last: refused/,
    samples: 10,
  },
  {
    name: 'scrapes that failed, but not in a row, are passed over',
    file: scraped({ ...ERRORS, max: 0.1 }, { limits: { consecutiveErrors: 1 } }),
    moments: [{ error: 'a' }, none, { error: 'b' }, { new: { ok: 5 } }, { error: 'c' }],
    verdict: 'pass',
    says: /1 of 1 measurements passed/,
    samples: 5,
  },
  {
    name: 'inconclusive measurements, more than allowed, are inconclusive',
    file: scraped({ ...ERRORS, maxOverStable: { ratio: 2 } }, { limits: { inconclusives: 0 } }),
    moments: [none, { new: { ok: 5 } }],
    verdict: 'inconclusive',
    says: /1 of 1 measurements were inconclusive \(0 allowed\)/,
    samples: 5,
  },
  {
    name: 'a single scrape measures nothing',
    file: scraped({ ...ERRORS, max: 0.1 }),
    moments: [{ new: { ok: 100 } }],
    verdict: 'inconclusive',
    says: /there were not two scrapes/,
    samples: 0,
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
