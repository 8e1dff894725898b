// Judges a revision from scrapes, one after the other: windows of requests become measurements, and
// measurements become a verdict. The state is plain JSON, so that a retried attempt goes on with it.
import type { Analysis } from '../config/system.ts';
import { gathered, type Sides } from './comparison.ts';
import { advance, nextWindow } from './counters.ts';
import type { Tally, Term } from './counters.ts';
import { Failure } from './failure.ts';
import { remember, type Measured } from './measured.ts';
import { judgeMetric, termsOf } from './measurement.ts';
import { wantsStable } from './metric-limits.ts';
import type { Reading } from './measurement.ts';
import type { Sample } from './prometheus-text.ts';
import { worst } from './verdict.ts';

export interface Subject {
  revision: string;
  /** Left out when it gets no traffic: there is nothing to compare with then. */
  stable?: string;
  /** The judged revision has no traffic: what is asked on its preview address is judged. */
  preview?: boolean;
}

/** An analysis with its selectors read; made anew by each attempt. */
export interface PreparedAnalysis {
  name: string;
  analysis: Analysis;
  subject: Subject;
  /** Samples of the stable revision are wanted. */
  compares: boolean;
  metrics: { name: string; judged: Term[]; stable: Term[] }[];
}

export type Scrape =
  { at: number; samples: Sample[]; stable?: Sample[] } | { at: number; error: string };

export interface AnalysisState {
  startedAt: number;
  /** When the last scrape was tried. */
  lastAt: number;
  /** Where the present window began; `null` until a scrape worked. */
  windowAt: number | null;
  scrapes: number;
  tallies: Record<string, { judged: Tally; stable?: Tally }>;
  passes: number;
  failures: number;
  inconclusives: number;
  errors: number;
  consecutiveErrors: number;
  /** Requests of the windows that were judged. */
  samples: number;
  /** The sentence of the last measurement, and of the last one of each kind that did not pass. */
  latest: { pass?: string; fail?: string; inconclusive?: string; error?: string; open?: string };
  /** The windows that were judged; a heartbeat of an earlier release has none. */
  measured?: Measured[];
  /** Measurements in a row that passed; a heartbeat of an earlier release has none of what follows. */
  streak?: number;
  /** What is compared at the end, by metric. */
  compared?: Record<string, Sides>;
  /** How it is with the values of the whole bake, when they are asked for at its end. */
  ranges?: { lastAt: number; tries: number; done: boolean; error?: string };
  /** Why trying again is of no use. */
  hopeless?: string;
}

/** Throws `Failure('BadInput', ...)` for a selector that cannot be read. */
export function prepareAnalysis(
  name: string,
  analysis: Analysis,
  subject: Subject,
): PreparedAnalysis {
  const { stable } = subject;
  const metrics = Object.entries(analysis.metrics);
  const wanted = stable !== undefined && metrics.some(([, metric]) => wantsStable(metric));
  if (analysis.source === 'prometheus') {
    return { name, analysis, subject, compares: wanted, metrics: [] };
  }
  const own = analysis.url !== undefined;
  const labels = (revision: string, probe = 'false'): Record<string, string> =>
    own ? {} : { revision, probe };
  return {
    name,
    analysis,
    subject,
    compares: !own && wanted,
    metrics: metrics.map(([metric, settings]) => ({
      name: metric,
      judged: termsOf(settings, labels(subject.revision, String(subject.preview ?? false))),
      stable: stable === undefined ? [] : termsOf(settings, labels(stable)),
    })),
  };
}

export function startAnalysis(at: number): AnalysisState {
  return {
    startedAt: at,
    lastAt: at,
    windowAt: null,
    scrapes: 0,
    tallies: {},
    passes: 0,
    failures: 0,
    inconclusives: 0,
    errors: 0,
    consecutiveErrors: 0,
    samples: 0,
    latest: {},
  };
}

/** What the metrics of one window add up to, and what each of them measured. */
export type WindowReading = Omit<Reading, 'measured'> & { rows: Omit<Measured, 'at'>[] };

/** The state after one more scrape. A window without enough requests stays open and grows. */
export function observe(
  prepared: PreparedAnalysis,
  state: AnalysisState,
  scrape: Scrape,
): AnalysisState {
  if ('error' in scrape) return failed(state, scrape.at, scrape.error);
  if (prepared.compares && scrape.stable === undefined) {
    return failed(state, scrape.at, 'there were no metrics of the stable revision to compare with');
  }
  let tallies: AnalysisState['tallies'];
  try {
    tallies = tally(prepared, state, scrape);
  } catch (error) {
    if (error instanceof Failure) return failed(state, scrape.at, error.message);
    throw error;
  }
  const seen = {
    ...state,
    tallies,
    lastAt: scrape.at,
    scrapes: state.scrapes + 1,
    consecutiveErrors: 0,
  };
  if (state.windowAt === null) return { ...seen, windowAt: scrape.at };
  // Two scrapes in one millisecond make no rate.
  if (scrape.at <= state.windowAt) return seen;
  return counted(prepared, seen, measure(prepared, tallies, scrape.at - state.windowAt));
}

export function failed(state: AnalysisState, at: number, error: string): AnalysisState {
  return {
    ...state,
    lastAt: at,
    errors: state.errors + 1,
    consecutiveErrors: state.consecutiveErrors + 1,
    streak: 0,
    latest: { ...state.latest, error },
  };
}

function tally(
  prepared: PreparedAnalysis,
  state: AnalysisState,
  scrape: { samples: Sample[]; stable?: Sample[] },
): AnalysisState['tallies'] {
  const entries = prepared.metrics.map((metric) => {
    const before = state.tallies[metric.name];
    const judged = advance(before?.judged, metric.judged, scrape.samples);
    if (!prepared.compares || scrape.stable === undefined)
      return [metric.name, { judged }] as const;
    const stable = advance(before?.stable, metric.stable, scrape.stable);
    return [metric.name, { judged, stable }] as const;
  });
  return Object.fromEntries(entries);
}

function measure(
  prepared: PreparedAnalysis,
  tallies: AnalysisState['tallies'],
  ms: number,
): WindowReading {
  const { analysis } = prepared;
  const readings = Object.entries(analysis.metrics).map(([name, metric]) => {
    const grown = tallies[name];
    const window = {
      judged: grown?.judged.grown ?? {},
      ...(grown?.stable === undefined ? {} : { stable: grown.stable.grown }),
      seconds: ms / 1000,
      minimumSamples: analysis.minimumSamples,
      indistinct: analysis.url !== undefined,
    };
    return { metric: name, ...judgeMetric(name, metric, window) };
  });
  return addedUp(readings);
}

/** One window's verdict out of those of its metrics. */
export function addedUp(readings: (Reading & { metric: string })[]): WindowReading {
  const verdict = worst(readings.map((reading) => reading.verdict));
  const telling = readings.filter((reading) => reading.verdict === verdict);
  return {
    // A failure is not put off because another metric still waits for requests.
    ready: verdict === 'fail' || readings.every((reading) => reading.ready),
    verdict,
    reason: telling.map((reading) => reading.reason).join(' | '),
    samples: Math.min(...readings.map((reading) => reading.samples)),
    rows: readings.map(({ metric, measured: { judged, stable } }) => ({
      metric,
      judged,
      ...(stable !== undefined && { stable }),
    })),
  };
}

/** The state with the window that ends at its `lastAt`. */
export function counted(
  { analysis }: PreparedAnalysis,
  state: AnalysisState,
  { ready, verdict, reason, samples, rows }: WindowReading,
): AnalysisState {
  if (!ready) return { ...state, latest: { ...state.latest, open: reason } };
  const windows = Object.entries(state.tallies).map(([name, { judged, stable }]) => {
    const next = { judged: nextWindow(judged) };
    return [name, stable === undefined ? next : { ...next, stable: nextWindow(stable) }] as const;
  });
  const compared = gathered(analysis, state.compared, rows);
  return {
    ...state,
    windowAt: state.lastAt,
    tallies: Object.fromEntries(windows),
    passes: state.passes + (verdict === 'pass' ? 1 : 0),
    failures: state.failures + (verdict === 'fail' ? 1 : 0),
    inconclusives: state.inconclusives + (verdict === 'inconclusive' ? 1 : 0),
    streak: verdict === 'pass' ? (state.streak ?? 0) + 1 : 0,
    samples: state.samples + samples,
    measured: remember(
      state.measured ?? [],
      rows.map((row) => ({ at: state.lastAt, ...row })),
    ),
    ...(compared !== undefined && { compared }),
    latest: { ...state.latest, [verdict]: reason },
  };
}
