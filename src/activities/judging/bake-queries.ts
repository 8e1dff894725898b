// Asks a Prometheus server for what an analysis needs: one value of each metric, or all of them over the bake.
import type { PreparedAnalysis } from '../../domain/analysis/analysis.ts';
import { comparedMetrics } from '../../domain/analysis/comparison.ts';
import { Failure } from '../../domain/failure.ts';
import { wantsStable } from '../../domain/analysis/metric-limits.ts';
import {
  STALE_AFTER_MS,
  type Asked,
  type Ranges,
  type SideAnswer,
} from '../../domain/analysis/query-analysis.ts';
import { rangeOf, singleOf, type QueryAnswer } from '../../domain/analysis/query-answer.ts';
import { filledQuery, versionIn } from '../../domain/analysis/query-template.ts';
import type { BakeInput, BakePorts } from './bake-input.ts';
import type { QueryInput } from '../../ports/metrics.ts';
import type { Waiting } from '../../ports/waiting.ts';

type Ask = (query: string, revision: string, at: QueryInput['at']) => Promise<QueryAnswer>;

/** Every metric of both revisions at one moment. */
export async function askValues(
  { metrics: port, clock }: BakePorts,
  input: BakeInput,
  prepared: PreparedAnalysis,
  waiting: Waiting,
): Promise<Asked> {
  const { analysis, compares } = prepared;
  const ask = asker(port, input, prepared, waiting);
  const at = clock.now();
  const staleAfter = analysis.staleAfter ?? STALE_AFTER_MS;
  const single = async (query: string, revision: string) =>
    singleOf(await ask(query, revision, at), at, staleAfter);
  const side = async (metric: (typeof analysis.metrics)[string], revision: string) => {
    const [value, requests] = await Promise.all([
      single(metric.query ?? '', revision),
      metric.requests === undefined ? undefined : single(metric.requests, revision),
    ]);
    const answer: SideAnswer = { value, ...(requests !== undefined && { requests }) };
    return answer;
  };
  const all = Object.entries(analysis.metrics).map(async ([name, metric]) => {
    const other = compares && wantsStable(metric) ? input.stable : undefined;
    const [judged, stable] = await Promise.all([
      side(metric, input.revision),
      other === undefined ? undefined : side(metric, other),
    ]);
    return [name, { judged, ...(stable !== undefined && { stable }) }] as const;
  });
  try {
    return { at, answers: Object.fromEntries(await Promise.all(all)) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { at: clock.now(), error: error.message, hopeless: error.kind === 'BadInput' };
  }
}

/** Every metric that is compared, of both revisions, over the whole bake. */
export async function askRanges(
  { metrics: port, clock }: BakePorts,
  input: BakeInput,
  prepared: PreparedAnalysis,
  range: { from: number; to: number; stepMs: number },
  waiting: Waiting,
): Promise<Ranges> {
  const ask = asker(port, input, prepared, waiting);
  const values = async (name: string, revision: string): Promise<number[]> => {
    const query = prepared.analysis.metrics[name]?.query ?? '';
    const found = rangeOf(await ask(query, revision, range));
    if (typeof found === 'string') throw new Failure('Unavailable', `${name}: ${found}`);
    return found;
  };
  const stable = input.stable ?? '';
  const all = comparedMetrics(prepared.analysis).map(async (name) => {
    const [judged, control] = await Promise.all([
      values(name, input.revision),
      values(name, stable),
    ]);
    return [name, { judged, stable: control }] as const;
  });
  try {
    return { at: clock.now(), values: Object.fromEntries(await Promise.all(all)) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { at: clock.now(), error: error.message };
  }
}

function asker(
  port: BakePorts['metrics'],
  { service, directory }: BakeInput,
  { analysis }: PreparedAnalysis,
  waiting: Waiting,
): Ask {
  return (template, revision, at) => {
    const { system, service: name } = service;
    const version = versionIn(revision);
    const expression = filledQuery(template, { system, service: name, revision, version });
    return port.query({ server: analysis, directory, expression, at }, waiting);
  };
}
