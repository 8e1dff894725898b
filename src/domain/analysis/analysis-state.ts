// The state of an analysis, as plain JSON, and how it changes: by a window that was judged, or by a read that failed.
import type { Analysis } from '../../config/system.ts';
import { gathered, type Sides } from './comparison.ts';
import { nextWindow, type Tally } from './counters.ts';
import { remember, type Measured } from './measured.ts';
import type { Reading } from './measurement.ts';
import { worst } from './verdict.ts';

export interface AnalysisState {
  startedAt: number;
  /** When the last scrape was tried (ms). */
  lastAt: number;
  /** When the present window began (ms); `null` until a scrape worked. */
  windowAt: number | null;
  /** Scrapes that worked. */
  scrapes: number;
  tallies: Record<string, { judged: Tally; stable?: Tally }>;
  passes: number;
  failures: number;
  inconclusives: number;
  /** Scrapes that failed. */
  errors: number;
  consecutiveErrors: number;
  /** Requests of the windows that were judged. */
  samples: number;
  /** Requests of those windows by metric, where they are counted. */
  requests: Record<string, number>;
  /** Scrapes that worked and had no number for a metric. */
  noData: Record<string, number>;
  /** At the newest read a metric had no number while another had counted requests: it is not for want of users. */
  uneven?: boolean;
  /** The sentence of the last measurement, and of the last one of each kind that did not pass. */
  latest: { pass?: string; fail?: string; inconclusive?: string; error?: string; open?: string };
  /** The measurements of the windows that were judged. */
  measured?: Measured[];
  /** Measurements in a row that passed. */
  streak?: number;
  /** The samples of both revisions that the comparison at the end needs, by metric. */
  compared?: Record<string, Sides>;
  /** How asking for the values of the whole bake goes, where a server is asked for them at its end. */
  ranges?: { lastAt: number; tries: number; done: boolean; error?: string };
  /** Why the analysis is given up: trying again cannot help. */
  hopeless?: string;
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
    requests: {},
    noData: {},
    latest: {},
  };
}

/**
 * The state at the start of the next bake, `at` (ms): nothing is judged yet, and what was counted and not judged, and what
 * comes between the two bakes, is counted there.
 */
export function countingOn(
  { lastAt, windowAt, tallies }: AnalysisState,
  at: number,
): AnalysisState {
  if (windowAt === null) return startAnalysis(at);
  return { ...startAnalysis(at), lastAt, windowAt, tallies, scrapes: 1 };
}

/** The state with none of its times after `now` (ms): what is due by a clock that is ahead would never come. */
export function notAheadOf(state: AnalysisState, now: number): AnalysisState {
  const ahead = state.lastAt - now;
  if (ahead <= 0) return state;
  const tallies = Object.fromEntries(
    Object.entries(state.tallies).map(([name, { judged, stable }]) => {
      const shifted = { judged: { ...judged, since: judged.since - ahead } };
      if (stable === undefined) return [name, shifted] as const;
      return [name, { ...shifted, stable: { ...stable, since: stable.since - ahead } }] as const;
    }),
  );
  return {
    ...state,
    startedAt: state.startedAt - ahead,
    lastAt: now,
    windowAt: state.windowAt === null ? null : state.windowAt - ahead,
    tallies,
  };
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

/** The verdict of one window, and the measurement of each of its metrics. */
export interface WindowReading extends Omit<Reading, 'measured'> {
  rows: Omit<Measured, 'at'>[];
  /** Metrics whose own window goes on. */
  waiting: string[];
}

/** The verdict of a window, worked out of the readings of its metrics. */
export function addedUp(readings: (Reading & { metric: string })[]): WindowReading {
  const verdict = worst(readings.map((reading) => reading.verdict));
  const telling = readings.filter((reading) => reading.verdict === verdict);
  return {
    // A failure is not put off because another metric still waits for requests.
    ready: verdict === 'fail' || readings.every((reading) => reading.ready),
    verdict,
    reason: telling.map((reading) => reading.reason).join(' | '),
    samples: Math.min(...readings.map((reading) => reading.samples)),
    rows: readings
      .filter((one) => one.ready || verdict !== 'fail')
      .map(({ metric, measured }) => ({ metric, ...measured })),
    waiting: readings.filter((one) => !one.ready).map(({ metric }) => metric),
  };
}

/** The state after the window that ends at `state.lastAt` was counted. */
export function counted(
  { analysis }: { analysis: Analysis },
  state: AnalysisState,
  { ready, verdict, reason, samples, rows, waiting }: WindowReading,
): AnalysisState {
  if (!ready) return { ...state, latest: { ...state.latest, open: reason } };
  const compared = gathered(analysis, state.compared, rows);
  return {
    ...state,
    windowAt: state.lastAt,
    tallies: nextTallies(state, waiting),
    passes: state.passes + (verdict === 'pass' ? 1 : 0),
    failures: state.failures + (verdict === 'fail' ? 1 : 0),
    inconclusives: state.inconclusives + (verdict === 'inconclusive' ? 1 : 0),
    streak: verdict === 'pass' ? (state.streak ?? 0) + 1 : 0,
    samples: state.samples + samples,
    requests: requestsAfter(state.requests, rows),
    measured: remember(
      state.measured ?? [],
      rows.map((row) => ({ at: state.lastAt, ...row })),
    ),
    ...(compared !== undefined && { compared }),
    latest: { ...state.latest, [verdict]: reason },
  };
}

/** The windows after one was judged: what still waits for requests loses none of those it has. */
function nextTallies(
  { tallies, lastAt: at }: AnalysisState,
  waiting: readonly string[],
): AnalysisState['tallies'] {
  const windows = Object.entries(tallies).map(([name, before]) => {
    const { judged, stable } = before;
    if (waiting.includes(name)) return [name, before] as const;
    const next = { judged: nextWindow(judged, at) };
    if (stable === undefined) return [name, next] as const;
    return [name, { ...next, stable: nextWindow(stable, at) }] as const;
  });
  return Object.fromEntries(windows);
}

function requestsAfter(
  before: AnalysisState['requests'],
  rows: WindowReading['rows'],
): AnalysisState['requests'] {
  const more = rows.flatMap(({ metric, judged: { requests } }) =>
    requests === undefined ? [] : [[metric, (before[metric] ?? 0) + requests] as const],
  );
  return { ...before, ...Object.fromEntries(more) };
}

/** The counts, one higher for each of `names` that `counts`. */
export function onceMore(
  before: Record<string, number>,
  counts: (name: string) => boolean,
  names: Readonly<Record<string, unknown>>,
): Record<string, number> {
  const more = Object.keys(names).filter(counts);
  return { ...before, ...Object.fromEntries(more.map((name) => [name, (before[name] ?? 0) + 1])) };
}
