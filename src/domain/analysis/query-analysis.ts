// Judges a revision by what a Prometheus server answers: each interval is one measurement, and the whole bake
// is what a comparison looks at. Counts and limits are those of every analysis (analysis.ts).
import type { Metric } from '../../config/system.ts';
import type { PreparedAnalysis } from './analysis.ts';
import {
  failed,
  startAnalysis,
  type AnalysisState,
  addedUp,
  counted,
  onceMore,
} from './analysis-state.ts';
import { comparedMetrics, keptOf, MOST_SAMPLES, type Sides } from './comparison.ts';
import { answered } from './measured.ts';
import { minimumOf, type Reading } from './measurement.ts';
import {
  absolute,
  alone,
  overStable,
  show,
  unable,
  wantsStable,
  type Limit,
} from './metric-limits.ts';
import type { Single } from './query-answer.ts';
import { tellsRevisions } from './query-template.ts';
import { worst } from './verdict.ts';

/** The server that is asked when an analysis names none. */
export const PROMETHEUS_URL = 'http://127.0.0.1:9090';
export const QUERY_TIMEOUT_MS = 5000;
export const STALE_AFTER_MS = 120_000;

/** The server's answer for one revision and one metric. */
export interface SideAnswer {
  value: Single;
  /** The number of requests that the value stands on, when the metric asks for it. */
  requests?: Single;
}

export type Asked =
  | { at: number; answers: Record<string, { judged: SideAnswer; stable?: SideAnswer }> }
  | { at: number; error: string; hopeless: boolean };

/** The state at the start of a bake. No query is sent then: its answer would tell of the time before the bake. */
export function startQueries(at: number): AnalysisState {
  return { ...startAnalysis(at), windowAt: at, scrapes: 1 };
}

export function observeAnswers(
  prepared: PreparedAnalysis,
  state: AnalysisState,
  asked: Asked,
): AnalysisState {
  const { at } = asked;
  if ('error' in asked) {
    const after = failed(state, at, asked.error);
    return asked.hopeless ? { ...after, hopeless: asked.error } : after;
  }
  const problem = problemIn(asked.answers);
  if (problem !== undefined) return failed(state, at, problem);
  const { answers } = asked;
  const lacks = (name: string): boolean => answers[name]?.judged.value.kind !== 'value';
  const seen = {
    ...state,
    lastAt: at,
    scrapes: state.scrapes + 1,
    consecutiveErrors: 0,
    noData: onceMore(state.noData, lacks, answers),
    uneven:
      Object.keys(answers).some(lacks) &&
      Object.values(answers).some(({ judged }) => (countOf(judged) ?? 0) > 0),
  };
  const minimum = minimumOf(prepared.analysis);
  const { metrics } = prepared.analysis;
  const readings = Object.entries(metrics).flatMap(([name, metric]) => {
    const sides = answers[name];
    if (sides === undefined) return [];
    return [{ metric: name, ...judgeAnswers(name, metric, sides, minimum) }];
  });
  return counted(prepared, seen, addedUp(readings));
}

type Sided = { judged: SideAnswer; stable?: SideAnswer };

function problemIn(answers: Record<string, Sided>): string | undefined {
  for (const [name, { judged, stable }] of Object.entries(answers)) {
    for (const one of [judged.value, judged.requests, stable?.value, stable?.requests]) {
      if (one?.kind === 'problem') return `${name}: ${one.why}`;
    }
  }
  return undefined;
}

function judgeAnswers(name: string, metric: Metric, sides: Sided, minimum: number): Reading {
  const { judged } = sides;
  const requests = countOf(judged);
  const samples = requests ?? 1;
  const measured = {
    judged: answeredBy(judged),
    ...(sides.stable !== undefined && { stable: answeredBy(sides.stable) }),
  };
  const wanting = lacking(judged, minimum);
  if (wanting !== undefined) {
    const { why, waits } = wanting;
    const reason = `${name}: ${why}`;
    return { ready: !waits, verdict: 'inconclusive', reason, samples: 0, measured };
  }
  const value = { value: judged.value.kind === 'value' ? judged.value.value : NaN, beyond: false };
  const limits = [...absolute(metric, value), ...compared(metric, value.value, sides, minimum)];
  const verdict = worst(limits.map((limit) => limit.verdict));
  const said = limits.map((limit) => limit.reason).join('; ') || 'it has no limit that applies';
  const from = requests === undefined ? '' : ` (${show(requests)} requests)`;
  return {
    ready: verdict !== 'inconclusive' || !limits.some((limit) => limit.waits === true),
    verdict,
    reason: `${name} ${show(value.value)}${from}: ${said}`,
    samples,
    measured,
  };
}

function countOf({ requests }: SideAnswer): number | undefined {
  if (requests === undefined) return undefined;
  return requests.kind === 'value' ? requests.value : 0;
}

function answeredBy(side: SideAnswer): Reading['measured']['judged'] {
  const value = side.value.kind === 'value' ? side.value.value : NaN;
  return answered(value, countOf(side));
}

/** Why a side has no value to judge, and whether the next answer may have one (`waits`); undefined when it has one. */
function lacking(side: SideAnswer, minimum: number): { why: string; waits: boolean } | undefined {
  const requests = countOf(side);
  if (requests !== undefined && requests < minimum) {
    return { why: `no data (${show(requests)} of the ${minimum} requests needed)`, waits: true };
  }
  if (side.value.kind === 'value') return undefined;
  return { why: side.value.why, waits: side.value.kind === 'none' };
}

function compared(metric: Metric, value: number, { stable }: Sided, minimum: number): Limit[] {
  if (!wantsStable(metric)) return [];
  if (!tellsRevisions(metric.query ?? '')) {
    return [unable('its query does not tell the revisions apart')];
  }
  if (stable === undefined) return alone(metric);
  const wanting = lacking(stable, minimum);
  if (wanting !== undefined) {
    const { why, waits } = wanting;
    return [{ ...unable(`the stable revision: ${why}`), waits }];
  }
  const other = { value: stable.value.kind === 'value' ? stable.value.value : NaN, beyond: false };
  return overStable(metric, { value, beyond: false }, other, '');
}

/** The queries over the whole bake that have to be asked at its end; undefined when none is due. */
export function rangeWanted(
  prepared: PreparedAnalysis,
  state: AnalysisState,
  now: number,
): { from: number; to: number; stepMs: number } | undefined {
  const { interval } = prepared.analysis;
  const { ranges } = state;
  if (!awaitsRange(prepared, state)) return undefined;
  if (ranges !== undefined && now - ranges.lastAt < interval) return undefined;
  const stepMs = Math.max(interval, Math.ceil((now - state.startedAt) / MOST_SAMPLES));
  return { from: state.startedAt + stepMs, to: Math.max(now, state.startedAt + stepMs), stepMs };
}

/** True while the values of the whole bake are wanted, not there yet, and not given up. */
export function awaitsRange(
  { analysis, subject }: PreparedAnalysis,
  { ranges }: AnalysisState,
): boolean {
  if (analysis.source !== 'prometheus' || subject.stable === undefined) return false;
  if (comparedMetrics(analysis).length === 0 || ranges?.done === true) return false;
  return (ranges?.tries ?? 0) <= analysis.limits.consecutiveErrors;
}

/** The values of both revisions by metric, or why there are none. */
export type Ranges =
  | { at: number; values: Record<string, { judged: number[]; stable: number[] }> }
  | { at: number; error: string };

export function observeRanges(state: AnalysisState, found: Ranges): AnalysisState {
  const tries = (state.ranges?.tries ?? 0) + 1;
  if ('error' in found) {
    return { ...state, ranges: { lastAt: found.at, tries, done: false, error: found.error } };
  }
  const compared: Record<string, Sides> = Object.fromEntries(
    Object.entries(found.values).map(([metric, { judged, stable }]) => [
      metric,
      { judged: keptOf(judged), stable: keptOf(stable) },
    ]),
  );
  return { ...state, compared, ranges: { lastAt: found.at, tries, done: true } };
}
