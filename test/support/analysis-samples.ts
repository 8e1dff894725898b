// Requests as the platform's metrics would show them, for tests of analyses.
import type { z } from 'zod';
import { analysisSchema } from '../../src/config/analysis.ts';
import type { Analysis } from '../../src/config/system.ts';
import {
  observe,
  prepareAnalysis,
  type PreparedAnalysis,
  type Scrape,
} from '../../src/domain/analysis/analysis.ts';
import { startAnalysis, type AnalysisState } from '../../src/domain/analysis/analysis-state.ts';
import { conclude } from '../../src/domain/analysis/analysis-verdict.ts';
import type { Exposition, Sample } from '../../src/domain/analysis/prometheus-text.ts';
import type { Finding } from '../../src/domain/analysis/finding.ts';
import type { MetricsPort } from '../../src/ports/metrics.ts';
import { exposed } from './memory/memory-metrics.ts';
import type { Verdict } from '../../src/domain/analysis/verdict.ts';

export type AnalysisFile = z.input<typeof analysisSchema>;

/** An analysis as a system file would give it, with every default filled in. */
export function analysisOf(file: AnalysisFile): Analysis {
  return analysisSchema.parse(file);
}

export const ERRORS = {
  ratio: { of: 'fairlead_requests_total{code=~"5.."}', to: 'fairlead_requests_total' },
};

export interface Counts {
  ok?: number;
  errors?: number;
  /** Observations up to each bound, e.g. `{'0.1': 3, '+Inf': 4}`. */
  buckets?: Record<string, number>;
}

/** One revision's counters; a count of 0 errors has no series, as with a real client. */
export function samplesOf(revision: string, counts: Counts, probe = 'false'): Sample[] {
  const labels = { system: 's', service: 'api', revision, version: 'v', probe };
  const requests = (code: string, value = 0): Sample[] =>
    value === 0 ? [] : [{ name: 'fairlead_requests_total', labels: { ...labels, code }, value }];
  const buckets = Object.entries(counts.buckets ?? {}).map(([le, value]) => ({
    name: 'fairlead_request_duration_seconds_bucket',
    labels: { ...labels, le },
    value,
  }));
  return [...requests('200', counts.ok), ...requests('500', counts.errors), ...buckets];
}

export const LATENCY = { quantile: { q: 0.9, of: 'fairlead_request_duration_seconds' } };

/** An analysis of one metric, `errors`, for which one request is enough. */
export function scraped(
  metric: AnalysisFile['metrics'][string],
  more: Partial<AnalysisFile> = {},
): AnalysisFile {
  return { source: 'scrape', minimumSamples: 1, metrics: { errors: metric }, ...more };
}

/** A source that exposes what `samples` gives at the time of the scrape. */
export function scraping(samples: () => Sample[]): MetricsPort {
  return {
    scrape: async () => exposed(samples()),
    query: () => Promise.reject(new Error('there is no Prometheus')),
  };
}

/** What one scrape saw of the judged and the stable revision, a second after the one before. */
export interface Moment {
  at?: number;
  new?: Counts;
  old?: Counts;
  error?: string;
}

/** What an analysis should come to. */
export interface AnalysisCase {
  name: string;
  file: AnalysisFile;
  moments: Moment[];
  stable?: string;
  verdict: Verdict;
  says: RegExp;
  samples: number;
}

/** Samples of a source of one's own, and the one metric that it declares. */
export function declaring(metric: string, samples: Sample[]): Exposition {
  return { samples, declared: new Set([metric]) };
}

export function prepare(file: AnalysisFile, stable?: string): PreparedAnalysis {
  const service = { system: 'shop', service: 'api' };
  const subject = { service, revision: 'new', ...(stable !== undefined && { stable }) };
  return prepareAnalysis('errors', analysisOf(file), subject);
}

export function scrapeOf(moment: Moment, index: number): Scrape {
  const at = moment.at ?? index * 1000;
  if (moment.error !== undefined) return { at, error: moment.error };
  const samples = [...samplesOf('new', moment.new ?? {}), ...samplesOf('old', moment.old ?? {})];
  return { at, judged: exposed(samples), stable: exposed(samples) };
}

export function run(file: AnalysisFile, moments: Moment[], stable?: string): AnalysisState {
  return moments
    .map(scrapeOf)
    .reduce((state, scrape) => observe(prepare(file, stable), state, scrape), startAnalysis(0));
}

export function judge(file: AnalysisFile, moments: Moment[], stable?: string): Finding {
  return conclude(prepare(file, stable), run(file, moments, stable));
}
