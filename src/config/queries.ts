// What belongs to which source of an analysis, and what a query to Prometheus must say.
import {
  PLACEHOLDERS,
  strangePlaceholders,
  tellsRevisions,
} from '../domain/analysis/query-template.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { listed, shown } from './reading/wording.ts';
import { remarksIn, under, type Remark, type Row } from './remark.ts';
import type { Setting } from './terms.ts';

const OF_PROMETHEUS = ['headers', 'bearerToken', 'timeout', 'staleAfter'] as const;
const OF_SCRAPE = ['ratio', 'rate', 'quantile'] as const;
const QUERIES = ['query', 'requests'] as const;

/** What of a metric is looked at here: of the others, whether they are there. */
type Metric = Partial<Record<(typeof QUERIES)[number], string>> &
  Partial<Record<(typeof OF_SCRAPE)[number] | 'maxOverStable' | 'compare', unknown>>;

/** What of an analysis is looked at here. */
interface Analysis extends Partial<Record<(typeof OF_PROMETHEUS)[number], unknown>> {
  source: 'scrape' | 'prometheus';
  url?: string;
  headers?: Readonly<Record<string, Setting>>;
  minimumSamples?: number;
  metrics: Readonly<Record<string, Metric>>;
}

export function sourceRemarks(analysis: Analysis): Remark[] {
  const { metrics, minimumSamples = 1 } = analysis;
  const [own, ofMetric] =
    analysis.source === 'scrape'
      ? [strangeRemarks(analysis), queryRemarks]
      : [accessRemarks(analysis), (one: Metric) => metricRemarks(one, minimumSamples)];
  const ofMetrics = Object.entries(metrics).flatMap(([name, one]) =>
    under(['metrics', name], ofMetric(one)),
  );
  return [...own, ...ofMetrics];
}

/** What an analysis that scrapes has no use for. */
function strangeRemarks(analysis: Analysis): Remark[] {
  return remarksIn(
    OF_PROMETHEUS.map((key) => [
      analysis[key] !== undefined,
      [key],
      `${key} is for source: prometheus; remove it`,
    ]),
  );
}

/** What a metric that is scraped has no use for. */
function queryRemarks(metric: Metric): Remark[] {
  const message = 'a scraped endpoint cannot be asked; remove it, or write source: prometheus';
  return remarksIn(QUERIES.map((key) => [metric[key] !== undefined, [key], message]));
}

function accessRemarks({ url = '', headers = {}, bearerToken }: Analysis): Remark[] {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: '', password: '' };
  const authorizations = Object.entries(headers).filter(
    ([name]) => name.toLowerCase() === 'authorization',
  );
  return remarksIn([
    [
      username !== '' || password !== '',
      ['url'],
      'a password does not belong into an address; write headers: {authorization: {env: NAME}}',
    ],
    ...authorizations.map(([name, setting]): Row =>
      typeof setting === 'object'
        ? [
            bearerToken !== undefined,
            ['headers', name],
            'bearerToken is there too; keep one of them',
          ]
        : [
            true,
            ['headers', name],
            'a secret does not belong into this file; write {env: NAME} or {file: PATH}',
          ],
    ),
  ]);
}

function metricRemarks(metric: Metric, minimumSamples: number): Remark[] {
  const { query, requests } = metric;
  const strange = remarksIn(
    OF_SCRAPE.map((key) => [
      metric[key] !== undefined,
      [key],
      `${key} is for source: scrape; write it as a query in PromQL`,
    ]),
  );
  if (query === undefined) {
    const message = 'nothing is measured; a metric of source: prometheus has a query';
    return [{ path: [], message }, ...strange];
  }
  const wants = (['maxOverStable', 'compare'] as const).find((key) => metric[key] !== undefined);
  return [
    ...strange,
    ...QUERIES.flatMap((key) => under([key], templateRemarks(metric[key] ?? ''))),
    ...remarksIn([
      [
        requests === undefined && minimumSamples > 1,
        [],
        `minimumSamples asks for ${minimumSamples} requests, and nothing counts them; add requests: a query for their number`,
      ],
      [
        wants !== undefined && !tellsRevisions(query),
        ['query'],
        `${wants ?? ''} needs a value of each revision, and the query says neither {{revision}} nor {{version}}; add one as a label`,
      ],
    ]),
  ];
}

function templateRemarks(query: string): Remark[] {
  const known = listed(PLACEHOLDERS.map((one) => `{{${one}}}`));
  return strangePlaceholders(query).map((name) => {
    const what =
      name === '{{' || name === '}}'
        ? `${shown(name)} without its partner`
        : `unknown placeholder {{${name}}}${didYouMean(name, [...PLACEHOLDERS])}`;
    return { path: [], message: `${what}; replaced here: ${known}` };
  });
}
