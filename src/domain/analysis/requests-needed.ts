// How many requests it takes until one that failed is within the limit of a metric: of fewer, a single one is over it. Pure.
import type { Analysis, Metric } from '../../config/system.ts';
import { minimumOf } from './measurement.ts';

export interface RequestsNeeded {
  analysis: string;
  metric: string;
  /** The share that may fail. */
  max: number;
  /** With one failed request among so many, and not among fewer, the metric passes. */
  requests: number;
  /** From how many requests on a window is judged. */
  minimumSamples: number;
}

/** The requests that each metric takes which is a share of them, as far as the system file tells that. */
export function requestsNeeded(analyses: Readonly<Record<string, Analysis>>): RequestsNeeded[] {
  return Object.entries(analyses).flatMap(([analysis, config]) =>
    Object.entries(config.metrics).flatMap(([metric, one]) => {
      const { max } = one;
      if (max === undefined || max <= 0 || max >= 1 || !isShare(one)) return [];
      const requests = Math.ceil(1 / max);
      return [{ analysis, metric, max, requests, minimumSamples: minimumOf(config) }];
    }),
  );
}

/** A query is one when it divides, and its requests are counted. */
function isShare({ ratio, query, requests }: Metric): boolean {
  if (ratio !== undefined) return true;
  return requests !== undefined && query !== undefined && /\)\s*\/\s*\w/.test(query);
}

export function neededWords({
  analysis,
  metric,
  max,
  requests,
  minimumSamples,
}: RequestsNeeded): string {
  const said = `${analysis}/${metric} passes at max ${max} with one failed request among ${requests} and more`;
  if (minimumSamples >= requests) return `${said}, and is judged from ${minimumSamples} on`;
  return `${said}; it is judged from ${minimumSamples} on, and one among fewer than ${requests} is too much: minimumSamples: ${requests} waits for them`;
}
