// Analyses that ask Prometheus, that compare, and that end early: what `check` says of them.
import { shopWith, testMistakes } from '../support/system-files.ts';

const QUERY = `'e{r="{{revision}}"}'`;
const analysis = (text: string): string => shopWith(13, `  errors: ${text}`);
const asking = (metric: string, more = ''): string =>
  analysis(`{ source: prometheus${more}, metrics: { e: ${metric} } }`);
const REPLACED = 'replaced here: {{revision}}, {{version}}, {{service}}, {{system}}';

/** With a bake that is long enough for twenty values, at the step that names the analysis. */
const comparing = (text: string): string =>
  analysis(text).replace('weight: 5, bake: 3s', 'weight: 5, bake: 20s');

testMistakes([
  ['finds nothing wrong with a right query', asking(`{ query: ${QUERY}, max: 1 }`), []],
  [
    'finds nothing wrong with a server that needs a token',
    asking(
      `{ query: ${QUERY}, max: 1 }`,
      ', url: "https://prometheus.example/p", timeout: 3s, staleAfter: 1m, bearerToken: { env: T }, headers: { x-scope-orgid: shop }',
    ),
    [],
  ],
  [
    'refuses a placeholder that is not replaced',
    asking(`{ query: 'e{r="{{revison}}"}', max: 1 }`),
    [
      `13: analyses.errors.metrics.e.query: unknown placeholder {{revison}} (did you mean revision?); ${REPLACED}`,
    ],
  ],
  [
    'refuses braces without their partner',
    asking(`{ query: 'e{r="{{revision"}', max: 1 }`),
    [`13: analyses.errors.metrics.e.query: "{{" without its partner; ${REPLACED}`],
  ],
  [
    'refuses a query without a limit',
    asking(`{ query: ${QUERY} }`),
    [
      '13: analyses.errors.metrics.e: a metric without a limit always passes; write max, min, maxOverStable or compare',
    ],
  ],
  [
    'refuses a metric without a query, and one that is for scrape',
    asking('{ rate: { of: fairlead_requests_total }, max: 1 }'),
    [
      '13: analyses.errors.metrics.e: nothing is measured; a metric of source: prometheus has a query',
      '13: analyses.errors.metrics.e.rate: rate is for source: scrape; write it as a query in PromQL',
    ],
  ],
  [
    'refuses what is for prometheus in a scrape',
    analysis(
      `{ source: scrape, timeout: 3s, metrics: { e: { rate: { of: fairlead_requests_total }, query: ${QUERY}, max: 1 } } }`,
    ),
    [
      '13: analyses.errors.timeout: timeout is for source: prometheus; remove it',
      '13: analyses.errors.metrics.e.query: a scraped endpoint cannot be asked; remove it, or write source: prometheus',
    ],
  ],
  [
    'refuses a limit over the stable revision when the query does not tell the two apart',
    asking('{ query: e, maxOverStable: { ratio: 2 } }'),
    [
      '13: analyses.errors.metrics.e.query: maxOverStable needs a value of each revision, and the query says neither {{revision}} nor {{version}}; add one as a label',
    ],
  ],
  [
    'refuses a minimum that nothing counts',
    asking(`{ query: ${QUERY}, max: 1 }`, ', minimumSamples: 50'),
    [
      '13: analyses.errors.metrics.e: minimumSamples asks for 50 requests, and nothing counts them; add requests: a query for their number',
    ],
  ],
  [
    'refuses a secret in the file',
    asking(
      `{ query: ${QUERY}, max: 1 }`,
      ', url: "http://me:secret@127.0.0.1:9090", headers: { Authorization: Basic abc }',
    ),
    [
      '13: analyses.errors.url: a password does not belong into an address; write headers: {authorization: {env: NAME}}',
      '13: analyses.errors.headers.Authorization: a secret does not belong into this file; write {env: NAME} or {file: PATH}',
    ],
  ],
  [
    'finds nothing wrong with a comparison',
    comparing(`{ source: prometheus, metrics: { e: { query: ${QUERY}, compare: {} } } }`),
    [],
  ],
  [
    'refuses a bake that is too short to compare',
    analysis(`{ source: prometheus, metrics: { e: { query: ${QUERY}, compare: {} } } }`),
    [
      '10: services.api.rollout.canary.steps.0.bake: a bake of 3s is too short for errors to compare: 20 values (minSamples), one every 1s, take 20s; write a longer bake',
    ],
  ],
  [
    'refuses a metric that is only compared where there is nothing to compare with',
    comparing(`{ source: prometheus, metrics: { e: { query: ${QUERY}, compare: {} } } }`)
      .replace('weight: 25, bake: 3s', 'weight: 25, bake: 20s')
      .replace('      canary:\n', '      canary:\n        analysis: errors\n'),
    [
      '9: services.api.rollout.canary.analysis: errors also judges at 100, where there is no stable revision to compare e with; give it a max or min, or name errors at the steps below 100',
    ],
  ],
  [
    'refuses to compare what one endpoint says of all revisions',
    comparing(
      '{ source: scrape, url: "http://127.0.0.1:9/m", metrics: { e: { rate: { of: fairlead_requests_total }, compare: {} } } }',
    ),
    [
      '13: analyses.errors.metrics.e.compare: nothing can be compared: an own url does not tell the revisions apart; remove compare, or the url',
    ],
  ],
  [
    'refuses to end a comparison early',
    comparing(
      '{ source: scrape, limits: { successes: 5 }, metrics: { e: { rate: { of: fairlead_requests_total }, compare: {} } } }',
    ),
    [
      '13: analyses.errors.limits.successes: a comparison needs the whole bake, which successes would end early; remove one of them, or make two analyses',
    ],
  ],
  [
    'refuses a score with strangers, with metrics left out, and with weights above 100',
    comparing(
      `{ source: scrape, score: { marginal: 99, groups: { a: { weight: 80, metrics: [e, x] }, b: { weight: 30, metrics: [e] } } }, metrics: { e: { rate: { of: fairlead_requests_total }, compare: {} }, f: { rate: { of: fairlead_requests_total }, compare: {} } } }`,
    ),
    [
      '13: analyses.errors.score.groups.a.metrics: no metric "x" with compare; there are: e, f',
      '13: analyses.errors.score.groups.b.metrics: e is named twice; a metric is in one group',
      '13: analyses.errors.score.groups: f would not count; name each metric with compare in a group',
      '13: analyses.errors.score.groups: the weights sum to 110; write weights of at most 100 together',
      '13: analyses.errors.score.marginal: 99 is above pass, which is 95; write at most 95',
    ],
  ],
  [
    'names an option of the judge that is misspelt',
    comparing(
      '{ source: scrape, metrics: { e: { rate: { of: fairlead_requests_total }, compare: { confidense: 0.9 } } } }',
    ),
    [
      '13: analyses.errors.metrics.e.compare.confidense: unknown key (did you mean confidence?); known here: direction, confidence, tolerance, nanStrategy, outliers, effectSize, critical, mustHaveData, minSamples',
    ],
  ],
]);
