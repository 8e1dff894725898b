// What the measurements of an analysis add up to, while it goes on and at its end.
import type { AnalysisState, PreparedAnalysis } from './analysis.ts';
import { comparedMetrics, compareSides, type Compared } from './comparison.ts';
import { seriesOf } from './measured.ts';
import { worst } from './verdict.ts';
import type { Finding, Verdict } from './verdict.ts';

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
    return { verdict: 'fail', reason: `${counts}, the last: ${latest.fail ?? ''}` };
  }
  if (state.inconclusives > inconclusives) {
    const counts = `${state.inconclusives} of ${total} measurements were inconclusive (${inconclusives} allowed)`;
    return { verdict: 'inconclusive', reason: `${counts}, the last: ${latest.inconclusive ?? ''}` };
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

/** What the analysis comes to if it ends now. */
export function conclude(prepared: PreparedAnalysis, state: AnalysisState): Finding {
  const { name } = prepared;
  const end = decided(prepared, state) ?? unjudged(state) ?? passed(prepared, state);
  const series = seriesOf(state.measured ?? [], prepared.analysis.metrics);
  const compared = comparison(prepared, state);
  return {
    name,
    ...(compared === undefined ? end : joined(end, compared)),
    samples: state.samples,
    ...(series.length > 0 && { series }),
    ...(compared !== undefined && { distributions: compared.distributions }),
  };
}

/** Nothing is compared where no stable revision has traffic, or where the revisions cannot be told apart. */
function comparison(
  { analysis, compares }: PreparedAnalysis,
  { compared, ranges }: AnalysisState,
): Compared | undefined {
  if (!compares) return undefined;
  const found = compareSides(analysis, compared);
  if (found === undefined || ranges?.error === undefined) return found;
  return { ...found, reason: `nothing could be compared: ${ranges.error}` };
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
  const counts = `${state.passes} of ${measurements(state)} measurements passed${enough}`;
  return { verdict: 'pass', reason: `${counts}, the last: ${state.latest.pass ?? ''}` };
}

/** No data never passes: not when nothing was measured, nor when the requests stopped half-way. */
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
