// What the measurements of an analysis add up to, while it goes on and at its end.
import type { AnalysisState, PreparedAnalysis } from './analysis.ts';
import { seriesOf } from './measured.ts';
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
    const counts = `${state.consecutiveErrors} scrapes in a row failed (${consecutiveErrors} allowed)`;
    return { verdict: 'inconclusive', reason: `${counts}, the last: ${latest.error ?? ''}` };
  }
  return undefined;
}

/** What the analysis comes to if it ends now. */
export function conclude(prepared: PreparedAnalysis, state: AnalysisState): Finding {
  const { name } = prepared;
  const end = decided(prepared, state) ?? unjudged(state) ?? passed(state);
  const series = seriesOf(state.measured ?? [], prepared.analysis.metrics);
  return { name, ...end, samples: state.samples, ...(series.length > 0 && { series }) };
}

function passed(state: AnalysisState): { verdict: Verdict; reason: string } {
  const counts = `${state.passes} of ${measurements(state)} measurements passed`;
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
