// What belongs to which source of an analysis, and what a query to Prometheus must say.
import { PLACEHOLDERS, strangePlaceholders, tellsRevisions } from '../domain/query-template.ts';
import type { Remark } from './rules.ts';
import type { Analysis, Metric } from './system.ts';
import { didYouMean, listed, shown } from './wording.ts';

const OF_PROMETHEUS = ['headers', 'bearerToken', 'timeout', 'staleAfter'] as const;
const OF_SCRAPE = ['ratio', 'rate', 'quantile'] as const;

export function sourceRemarks(analysis: Analysis): Remark[] {
  return analysis.source === 'scrape' ? scrapeRemarks(analysis) : prometheusRemarks(analysis);
}

function scrapeRemarks(analysis: Analysis): Remark[] {
  const written = OF_PROMETHEUS.filter((key) => analysis[key] !== undefined);
  const queries = everyMetric(analysis, (metric, name) =>
    (['query', 'requests'] as const)
      .filter((key) => metric[key] !== undefined)
      .map((key) => ({
        path: ['metrics', name, key],
        message: 'a scraped endpoint cannot be asked; remove it, or write source: prometheus',
      })),
  );
  return [
    ...written.map((key) => ({
      path: [key],
      message: `${key} is for source: prometheus; remove it`,
    })),
    ...queries,
  ];
}

function prometheusRemarks(analysis: Analysis): Remark[] {
  return [
    ...accessRemarks(analysis),
    ...everyMetric(analysis, (metric, name) =>
      metricRemarks(metric, analysis.minimumSamples).map(({ path, message }) => ({
        path: ['metrics', name, ...path],
        message,
      })),
    ),
  ];
}

function accessRemarks({ url, headers = {}, bearerToken }: Analysis): Remark[] {
  const remarks: Remark[] = [];
  const parsed = url === undefined ? null : urlOf(url);
  if (parsed !== null && (parsed.username !== '' || parsed.password !== '')) {
    const message =
      'a password does not belong into an address; write headers: {authorization: {env: NAME}}';
    remarks.push({ path: ['url'], message });
  }
  for (const [name, setting] of Object.entries(headers)) {
    if (name.toLowerCase() !== 'authorization') continue;
    const path = ['headers', name];
    if (typeof setting !== 'object') {
      const message = 'a secret does not belong into this file; write {env: NAME} or {file: PATH}';
      remarks.push({ path, message });
    } else if (bearerToken !== undefined) {
      remarks.push({ path, message: 'bearerToken is there too; keep one of them' });
    }
  }
  return remarks;
}

function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function metricRemarks(metric: Metric, minimumSamples: number): Remark[] {
  const remarks: Remark[] = OF_SCRAPE.filter((kind) => metric[kind] !== undefined).map((kind) => ({
    path: [kind],
    message: `${kind} is for source: scrape; write it as a query in PromQL`,
  }));
  if (metric.query === undefined) {
    const message = 'nothing is measured; a metric of source: prometheus has a query';
    return [{ path: [], message }, ...remarks];
  }
  remarks.push(...templateRemarks('query', metric.query));
  if (metric.requests !== undefined) remarks.push(...templateRemarks('requests', metric.requests));
  if (metric.requests === undefined && minimumSamples > 1) {
    const message = `minimumSamples asks for ${minimumSamples} requests, and nothing counts them; add requests: a query for their number`;
    remarks.push({ path: [], message });
  }
  const wants = (['maxOverStable', 'compare'] as const).find((key) => metric[key] !== undefined);
  if (wants !== undefined && !tellsRevisions(metric.query)) {
    const message = `${wants} needs a value of each revision, and the query says neither {{revision}} nor {{version}}; add one as a label`;
    remarks.push({ path: ['query'], message });
  }
  return remarks;
}

function templateRemarks(key: 'query' | 'requests', query: string): Remark[] {
  return strangePlaceholders(query).map((name) => {
    const known = listed(PLACEHOLDERS.map((one) => `{{${one}}}`));
    const what =
      name === '{{' || name === '}}'
        ? `${shown(name)} without its partner`
        : `unknown placeholder {{${name}}}${didYouMean(name, [...PLACEHOLDERS])}`;
    return { path: [key], message: `${what}; replaced here: ${known}` };
  });
}

function everyMetric(
  { metrics }: Analysis,
  remarksOn: (metric: Metric, name: string) => Remark[],
): Remark[] {
  return Object.entries(metrics).flatMap(([name, metric]) => remarksOn(metric, name));
}
