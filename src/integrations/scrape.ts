// Reads a Prometheus text endpoint: the metrics port of analyses with `source: scrape`.
import type { MetricsPort } from '../activities/ports.ts';
import { Failure } from '../domain/failure.ts';
import { parsePrometheusText } from '../domain/prometheus-text.ts';
import type { Sample } from '../domain/prometheus-text.ts';
import { fetchText } from './bounded-fetch.ts';

const MAX_BYTES = 16 * 1024 * 1024;

export interface ScrapeOptions {
  timeoutMs: number;
  /** Takes secrets out: of the whole of an answer, before any of it is cut. */
  redact: (text: string) => string;
}

export function createScrapeMetrics({
  timeoutMs,
  redact,
}: ScrapeOptions): Pick<MetricsPort, 'scrape'> {
  return {
    async scrape(url, { signal }) {
      const answer = await fetchText({
        url,
        headers: { accept: 'text/plain;version=0.0.4' },
        timeoutMs,
        maxBytes: MAX_BYTES,
        signal,
      });
      if ('problem' in answer) throw unavailable(url, answer.problem);
      if (answer.status !== 200) {
        const body = redact(answer.text).trim().slice(0, 200);
        throw unavailable(url, `it answered ${answer.status}${body === '' ? '' : ` (${body})`}`);
      }
      return parse(url, answer.text);
    },
  };
}

function parse(url: string, text: string): Sample[] {
  try {
    return parsePrometheusText(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.kind, `${url}: ${error.message}`);
  }
}

function unavailable(url: string, what: string): Failure {
  return new Failure(
    'Unavailable',
    `reading metrics from ${url}: ${what}; it should answer 200 with the Prometheus text format`,
  );
}
