// What the measurements of an analysis add up to, while it goes on and at its end.
import type { PreparedAnalysis } from './analysis.ts';
import type { AnalysisState } from './analysis-state.ts';
import { comparedMetrics, compareSides, type Compared } from './comparison.ts';
import { seriesOf } from './measured.ts';
import type { Finding, MetricReads } from './finding.ts';
import { minimumOf } from './measurement.ts';
import { worst, type Verdict } from './verdict.ts';

/** The verdict that nothing to come can change; `undefined` while it is open. */
export function decided(
  { analysis }: PreparedAnalysis,
  state: AnalysisState,
): Pick<Finding, 'verdict' | 'reason'> | undefined {
  const { failures, inconclusives, consecutiveErrors } = analysis.limits;
  const { latest } = state;
  const total = measurements(state);
  if (state.failures > failures) {
    const counts = `${state.failures} of ${total} measurements failed (${failures} allowed)`;
    return { verdict: 'fail', reason: `${latest.fail ?? ''}; ${counts}` };
  }
  if (state.inconclusives > inconclusives) {
    const counts = `${state.inconclusives} of ${total} measurements were inconclusive (${inconclusives} allowed)`;
    return { verdict: 'inconclusive', reason: `${latest.inconclusive ?? ''}; ${counts}` };
  }
  if (state.consecutiveErrors > consecutiveErrors) {
    const what = analysis.source === 'scrape' ? 'scrapes' : 'queries';
    const counts = `${state.consecutiveErrors} ${what} in a row failed (${consecutiveErrors} allowed)`;
    return { verdict: 'inconclusive', reason: `${counts}, the last: ${latest.error ?? ''}` };
  }
  if (state.hopeless !== undefined) return { verdict: 'inconclusive', reason: state.hopeless };
  return undefined;
}

/**
 * Enough measurements in a row have passed for the bake to end early, if `limits.successes` says so. A comparison
 * needs the whole bake: looked at again and again until it suits, it would mean nothing.
 */
export function hasSucceeded({ analysis }: PreparedAnalysis, state: AnalysisState): boolean {
  const { successes } = analysis.limits;
  if (successes === undefined || comparedMetrics(analysis).length > 0) return false;
  return (state.streak ?? 0) >= successes;
}

/** The finding of an analysis that ends now. */
export function conclude(prepared: PreparedAnalysis, state: AnalysisState): Finding {
  const { name } = prepared;
  const end = decided(prepared, state) ?? unjudged(state) ?? passed(prepared, state);
  const series = seriesOf(state.measured ?? [], prepared.analysis.metrics);
  const compared = comparison(prepared, state);
  return {
    name,
    ...(compared === undefined ? end : joined(end, compared)),
    samples: state.samples,
    reads: readsOf(prepared, state),
    ...(series.length > 0 && { series }),
    ...(compared !== undefined && { distributions: compared.distributions }),
  };
}

/** The comparison at the end of a bake; undefined where no stable revision has traffic, or where the two revisions cannot be told apart. */
function comparison(
  { analysis, compares }: PreparedAnalysis,
  { compared, ranges }: AnalysisState,
): Compared | undefined {
  if (!compares) return undefined;
  const found = compareSides(analysis, compared);
  if (found === undefined || ranges?.error === undefined) return found;
  return { ...found, reason: `nothing could be compared: ${ranges.error}` };
}

function readsOf({ analysis }: PreparedAnalysis, state: AnalysisState): MetricReads[] {
  const worked = workedReads(analysis, state);
  return Object.keys(analysis.metrics).map((metric) => {
    const { [metric]: noData = 0 } = state.noData;
    const requests = state.requests[metric] ?? (analysis.source === 'scrape' ? 0 : undefined);
    const known = requests === undefined ? {} : { requests };
    return { metric, ok: worked - noData, noData, failed: state.errors, ...known };
  });
}

/** Where a server is asked, the first round sends nothing (`startQueries`). */
function workedReads({ source }: PreparedAnalysis['analysis'], { scrapes }: AnalysisState): number {
  return source === 'scrape' ? scrapes : Math.max(0, scrapes - 1);
}

type End = Pick<Finding, 'verdict' | 'reason'>;

function joined(end: End, compared: Compared): End {
  const verdict = worst([end.verdict, compared.verdict]);
  const telling = [end, compared].filter((one) => one.verdict === verdict);
  return { verdict, reason: telling.map(({ reason }) => reason).join(' | ') };
}

function passed(
  prepared: PreparedAnalysis,
  state: AnalysisState,
): { verdict: Verdict; reason: string } {
  const { successes } = prepared.analysis.limits;
  const enough = hasSucceeded(prepared, state)
    ? ` (${state.streak ?? 0} in a row, ${successes ?? 0} end a bake early)`
    : '';
  const { source } = prepared.analysis;
  const over =
    source === 'scrape'
      ? ` over ${state.samples} requests (${minimumOf(prepared.analysis)} or more each)`
      : '';
  const counts = `${state.passes} of ${measurements(state)} measurements passed${enough}${over}`;
  const last = `the last: ${state.latest.pass ?? ''}`;
  return { verdict: 'pass', reason: `${counts}, ${last}${failedReads(prepared, state)}` };
}

/** What a pass did not see. */
function failedReads({ analysis }: PreparedAnalysis, state: AnalysisState): string {
  if (state.errors === 0) return '';
  const all = state.errors + workedReads(analysis, state);
  return `; ${state.errors} of ${all} reads failed, the last: ${state.latest.error ?? ''}`;
}

/** Why an analysis without enough data does not pass: nothing was measured, or the requests stopped half-way; undefined when there was data. */
function unjudged(state: AnalysisState): { verdict: Verdict; reason: string } | undefined {
  const { latest } = state;
  const verdict = 'inconclusive';
  const open = state.consecutiveErrors > 0 ? (latest.error ?? latest.open) : latest.open;
  if (state.passes === 0) {
    const why = latest.fail ?? latest.inconclusive ?? open ?? 'there were not two scrapes';
    return { verdict, reason: `no measurement passed: ${why}` };
  }
  const silent = state.lastAt - (state.windowAt ?? state.startedAt);
  const whole = state.lastAt - state.startedAt;
  if (silent * 2 <= whole) return undefined;
  const share = `the last ${silent / 1000} of ${whole / 1000} s could not be judged`;
  return { verdict, reason: `${share}: ${open ?? 'no scrape worked'}` };
}

function measurements(state: AnalysisState): number {
  return state.passes + state.failures + state.inconclusives;
}
