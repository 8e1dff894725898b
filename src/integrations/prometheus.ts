// Asks a Prometheus server by its HTTP API: the metrics port of analyses with `source: prometheus`.
import type { MetricsPort, QueryInput, QueryServer } from '../ports/metrics.ts';
import type { Waiting } from '../ports/waiting.ts';
import { Failure } from '../domain/failure.ts';
import {
  PROMETHEUS_URL,
  QUERY_TIMEOUT_MS,
  STALE_AFTER_MS,
} from '../domain/analysis/query-analysis.ts';
import type { QueryAnswer } from '../domain/analysis/query-answer.ts';
import { fetchText } from './bounded-fetch.ts';
import { parseAnswer } from './prometheus-answer.ts';
import { secretValue, type SecretSources } from './secret-value.ts';

const MAX_BYTES = 16 * 1024 * 1024;

export function createPrometheusMetrics(sources: SecretSources): Pick<MetricsPort, 'query'> {
  return {
    async query(input, waiting) {
      const headers = await headersOf(input, sources);
      const ask = (expression: string) => send({ ...input, expression }, headers, waiting);
      const answer = await ask(input.expression);
      if (typeof input.at !== 'number' || !isSelector(input.expression)) return answer;
      return withRealTime(answer, () => ask(`timestamp(${input.expression})`));
    },
  };
}

/** An instant answer carries the time that was asked for; when the sample was taken has to be asked. */
async function withRealTime(
  answer: QueryAnswer,
  askTime: () => Promise<QueryAnswer>,
): Promise<QueryAnswer> {
  const [only, ...others] = answer.series;
  const value = only?.points.at(-1)?.[1];
  if (only === undefined || value === undefined || others.length > 0) return answer;
  const seconds = (await askTime()).series[0]?.points.at(-1)?.[1];
  if (seconds === undefined) return answer;
  const point: [number, number] = [Math.round(seconds * 1000), value];
  return { ...answer, series: [{ ...only, points: [point] }] };
}

/** A metric alone, perhaps with labels: nothing is worked out of it. */
function isSelector(expression: string): boolean {
  return /^\s*(?:[A-Za-z_:][\w:]*\s*)?(?:\{(?:[^"'{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*\}\s*)?$/.test(
    expression,
  );
}

async function send(
  { server, expression, at }: QueryInput,
  headers: Record<string, string>,
  { signal }: Waiting,
): Promise<QueryAnswer> {
  const base = (server.url ?? PROMETHEUS_URL).replace(/\/+$/, '');
  const timeoutMs = server.timeout ?? QUERY_TIMEOUT_MS;
  const asked = typeof at === 'number' ? 'instant' : 'range';
  const parameters = new URLSearchParams({
    query: expression,
    timeout: `${timeoutMs}ms`,
    // Known to newer servers; older ones look back as far as they were told at their start.
    lookback_delta: `${server.staleAfter ?? STALE_AFTER_MS}ms`,
    ...timesOf(at),
  });
  const path = asked === 'instant' ? 'query' : 'query_range';
  const what = `asking Prometheus at ${base} for ${JSON.stringify(shortened(expression))}`;
  const answer = await fetchText({
    url: `${base}/api/v1/${path}?${parameters.toString()}`,
    headers,
    timeoutMs,
    maxBytes: MAX_BYTES,
    signal,
  });
  if ('problem' in answer) {
    throw new Failure(
      'Unavailable',
      `${what}: ${answer.problem}; it should answer at /api/v1/${path}`,
    );
  }
  const parsed = parseAnswer(answer.text, asked);
  if ('answer' in parsed) return parsed.answer;
  if ('unusable' in parsed) {
    throw new Failure(
      'Unavailable',
      `${what}: it answered ${answer.status}, ${parsed.unusable}; is this the address of a Prometheus server?`,
    );
  }
  throw refusal(what, answer.status, parsed);
}

/** Only a query that cannot be read will never be; everything else may be different next time. */
function refusal(
  what: string,
  status: number,
  { errorType, error }: { errorType: string; error: string },
): Failure {
  if (errorType === 'bad_data') {
    return new Failure('BadInput', `${what}: ${error}; mend the query`);
  }
  return new Failure('Unavailable', `${what}: it answered ${status} (${errorType}): ${error}`);
}

function timesOf(at: QueryInput['at']): Record<string, string> {
  if (typeof at === 'number') return { time: String(at / 1000) };
  const { from, to, stepMs } = at;
  return { start: String(from / 1000), end: String(to / 1000), step: String(stepMs / 1000) };
}

async function headersOf(
  { server, directory }: QueryInput,
  sources: SecretSources,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = { accept: 'application/json' };
  for (const [name, setting] of Object.entries(server.headers ?? {})) {
    headers[name] = typeof setting === 'object' ? await secretOf(setting) : String(setting);
  }
  if (server.bearerToken !== undefined) {
    headers['authorization'] = `Bearer ${await secretOf(server.bearerToken)}`;
  }
  return headers;

  async function secretOf(reference: NonNullable<QueryServer['bearerToken']>): Promise<string> {
    const found = await secretValue(reference, directory, sources);
    if ('secret' in found) return found.secret;
    throw new Failure('BadInput', `asking Prometheus needs ${found.problem}`);
  }
}

const SHOWN = 200;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}
