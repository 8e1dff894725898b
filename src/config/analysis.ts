// One analysis of `analyses:`: what judges a bake by metrics, and what its values must be to each other. What is only
// for a query to Prometheus is in queries.ts, what is only for a comparison in comparison.ts.
import { z } from 'zod';
import { parseSelector } from '../domain/analysis/selector.ts';
import { Failure } from '../domain/failure.ts';
import { compareRemarks, scoreSchema } from './comparison.ts';
import { judgeOptionsSchema } from './judge-options.ts';
import { sourceRemarks } from './queries.ts';
import type { Path } from './reading/located.ts';
import { remarksIn, under, type Remark } from './remark.ts';
import { headerName, httpUrl, name, secret, setting, someTime } from './terms.ts';

/** `name{label="value",other=~"regex"}`, as in PromQL; the revision's own label is added. */
const selector = z
  .string()
  .min(1)
  .meta({ description: 'a series such as name or name{label="value",other=~"regex"}' });

const promQl = z.string().min(1).max(8192).meta({ description: 'a query in PromQL' });

const metric = z.strictObject({
  query: z.exactOptional(promQl).meta({
    meaning:
      'PromQL that gives one number (prometheus). {{revision}}, {{version}}, {{service}} and {{system}} are filled in.',
    example: 'sum(rate(http_requests_total{code=~"5..", version="{{version}}"}[1m]))',
  }),
  requests: z.exactOptional(promQl).meta({
    meaning:
      'PromQL for how many requests the value stands on, compared with minimumSamples (prometheus).',
    example: 'sum(increase(http_requests_total{version="{{version}}"}[1m]))',
  }),
  ratio: z
    .exactOptional(
      z.strictObject({
        of: selector.meta({
          meaning: 'The counter above the line.',
          example: 'fairlead_requests_total{code=~"499|5.."}',
        }),
        to: selector.meta({
          meaning: 'The counter below the line.',
          example: 'fairlead_requests_total',
        }),
      }),
    )
    .meta({
      meaning:
        'One counter over another, of what was added in a window (scrape). A metric has ratio, rate or quantile.',
    }),
  rate: z
    .exactOptional(
      z.strictObject({
        of: selector.meta({ meaning: 'The counter.', example: 'fairlead_requests_total' }),
      }),
    )
    .meta({ meaning: 'What is added to a counter per second (scrape).' }),
  quantile: z
    .exactOptional(
      z.strictObject({
        q: z
          .number()
          .gt(0)
          .lt(1)
          .meta({ meaning: 'Which quantile: 0.95 is the 95th percentile.', example: 0.95 }),
        of: selector.meta({
          meaning: 'The histogram, without _bucket.',
          example: 'fairlead_request_duration_seconds',
        }),
      }),
    )
    .meta({ meaning: 'A quantile of a histogram, of what was added in a window (scrape).' }),
  max: z.exactOptional(z.number()).meta({ meaning: 'More than this fails.', example: 0.05 }),
  min: z.exactOptional(z.number()).meta({ meaning: 'Less than this fails.', example: 0.5 }),
  maxOverStable: z
    .exactOptional(
      z.strictObject({
        ratio: z.exactOptional(z.number().positive()).meta({
          meaning: 'At most so many times the value of the stable version.',
          example: 1.5,
        }),
        difference: z.exactOptional(z.number().min(0)).meta({
          meaning: 'At most so much more than the value of the stable version.',
          example: 0.03,
        }),
      }),
    )
    .meta({ meaning: 'How much worse than the stable version is still fine.' }),
  compare: z.exactOptional(judgeOptionsSchema).meta({
    meaning:
      'All values of a bake judged against those of the stable version at its end, by statistics (docs/judge.md).',
  }),
});

export const analysisSchema = z.strictObject({
  source: z.enum(['scrape', 'prometheus']).meta({
    meaning:
      'scrape reads a page of metrics, by default the one that Fairlead keeps of each version; prometheus asks a server.',
    example: 'scrape',
  }),
  url: z.exactOptional(httpUrl).meta({
    meaning:
      'scrape: a page in Prometheus text format; without it the metrics that Fairlead keeps itself. prometheus: the server; without it http://127.0.0.1:9090.',
    example: 'http://127.0.0.1:9090',
  }),
  headers: z.exactOptional(z.record(headerName, setting)).meta({
    meaning: 'Sent with each query (prometheus).',
    example: { authorization: { env: 'PROMETHEUS_AUTHORIZATION' } },
  }),
  bearerToken: z.exactOptional(secret).meta({
    meaning: 'Sent as `authorization: Bearer ...` (prometheus).',
    example: { env: 'PROMETHEUS_TOKEN' },
  }),
  timeout: z
    .exactOptional(someTime)
    .meta({ meaning: 'How long one query may take (prometheus); 5s without it.', example: '5s' }),
  staleAfter: z.exactOptional(someTime).meta({
    meaning: 'A sample that is older is no data (prometheus); 2m without it.',
    example: '2m',
  }),
  interval: someTime
    .prefault('1s')
    .meta({ meaning: 'How often it measures; a window is as long.' }),
  limits: z
    .strictObject({
      failures: z
        .number()
        .int()
        .min(0)
        .default(0)
        .meta({ meaning: 'So many measurements may fail.' }),
      inconclusives: z
        .number()
        .int()
        .min(0)
        .default(3)
        .meta({ meaning: 'So many may be inconclusive.' }),
      consecutiveErrors: z
        .number()
        .int()
        .min(0)
        .default(4)
        .meta({ meaning: 'So many in a row may get no answer.' }),
      successes: z
        .exactOptional(z.number().int().min(1))
        .meta({ meaning: 'So many that pass in a row end the bake early.', example: 10 }),
    })
    .prefault({})
    .meta({ meaning: 'How many measurements of a bake may be other than good.' }),
  minimumSamples: z.exactOptional(z.number().int().min(1)).meta({
    meaning:
      'How many requests a window needs before it can pass or fail; 20 where nothing is written and requests are counted.',
    example: 50,
  }),
  onInconclusive: z.enum(['ask', 'undo']).default('ask').meta({
    meaning: 'What follows when it cannot tell: people are asked, or the deploy is taken back.',
  }),
  metrics: z.record(name, metric).meta({
    meaning: 'What is measured, by a name of yours, and its limits.',
    example: {
      'error-ratio': {
        ratio: { of: 'fairlead_requests_total{code=~"499|5.."}', to: 'fairlead_requests_total' },
        max: 0.05,
      },
    },
  }),
  score: z.exactOptional(scoreSchema).meta({
    meaning: 'Metrics with compare judged together; without it each has to pass by itself.',
  }),
});

type Analysis = z.output<typeof analysisSchema>;
type Metric = z.output<typeof metric>;

export function analysisRemarks(analysis: Analysis): Remark[] {
  const metrics = Object.entries(analysis.metrics);
  const empty = 'an analysis without a metric judges nothing; add at least one';
  if (metrics.length === 0) return [{ path: ['metrics'], message: empty }];
  return [
    ...sourceRemarks(analysis),
    ...metrics.flatMap(([key, one]) =>
      under(
        ['metrics', key],
        [...(analysis.source === 'scrape' ? measureRemarks(one) : []), ...limitRemarks(one)],
      ),
    ),
    ...compareRemarks(analysis),
  ];
}

function measureRemarks(one: Metric): Remark[] {
  const measures = (['ratio', 'rate', 'quantile'] as const).filter((kind) => one[kind]);
  const what =
    measures.length === 0 ? 'nothing is measured' : `${measures.join(' and ')} are both there`;
  const message = `${what}; a metric has exactly one of ratio, rate, quantile`;
  return [...remarksIn([[measures.length !== 1, [], message]]), ...selectorRemarks(one)];
}

/** Read here, so that a selector is refused before an operation and not in the middle of one. */
function selectorRemarks({ ratio, rate, quantile }: Metric): Remark[] {
  const written: [Path, string | undefined][] = [
    [['ratio', 'of'], ratio?.of],
    [['ratio', 'to'], ratio?.to],
    [['rate', 'of'], rate?.of],
    [['quantile', 'of'], quantile?.of],
  ];
  return written.flatMap(([path, series]) => {
    const message = series === undefined ? undefined : selectorProblem(series);
    return message === undefined ? [] : [{ path, message }];
  });
}

function selectorProblem(series: string): string | undefined {
  try {
    parseSelector(series);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

function limitRemarks({ max, min, maxOverStable, compare }: Metric): Remark[] {
  const none = max === undefined && min === undefined && !maxOverStable && !compare;
  return remarksIn([
    [none, [], 'a metric without a limit always passes; write max, min, maxOverStable or compare'],
    [
      maxOverStable !== undefined && Object.keys(maxOverStable).length === 0,
      ['maxOverStable'],
      'no limit is given; write ratio, difference or both',
    ],
    [
      max !== undefined && min !== undefined && min > max,
      ['min'],
      `${min ?? 0} is above max (${max ?? 0}): nothing could pass; write a smaller min`,
    ],
  ]);
}
