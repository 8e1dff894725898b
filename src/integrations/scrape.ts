// Reads a Prometheus text endpoint: the metrics port of analyses with `source: scrape`.
import type { MetricsPort } from '../ports/metrics.ts';
import { Failure } from '../domain/failure.ts';
import { parsePrometheusText, type Exposition } from '../domain/analysis/prometheus-text.ts';
import { fetchText, type FetchAnswer } from './bounded-fetch.ts';

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
      if (isCutOff(answer)) throw unavailable(url, 'its answer was cut off in the middle');
      return parse(url, answer.text);
    },
  };
}

/** Of a number that was cut off the rest is a number too. OpenMetrics says where it ends; the older format ends a line. */
function isCutOff({ text, headers, wholeBy }: Extract<FetchAnswer, { text: string }>): boolean {
  const type = headers.get('content-type') ?? '';
  if (type.startsWith('application/openmetrics-text')) return !/^# EOF\s*$/m.test(text.slice(-16));
  return wholeBy === 'nothing' && text !== '' && !text.endsWith('\n');
}

function parse(url: string, text: string): Exposition {
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
