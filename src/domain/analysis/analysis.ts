// Judges a revision from scrapes, one after the other: windows of requests become measurements, and measurements become a
// verdict (analysis-verdict.ts). The state is plain JSON, so that a retried attempt goes on with it.
import type { Analysis } from '../../config/system.ts';
import {
  addedUp,
  counted,
  failed,
  onceMore,
  startAnalysis,
  type AnalysisState,
  type WindowReading,
} from './analysis-state.ts';
import { advance, type Tally, type Term } from './counters.ts';
import { Failure } from '../failure.ts';
import { judgeMetric, minimumOf, termsOf, type Counted } from './measurement.ts';
import { wantsStable } from './metric-limits.ts';
import type { Exposition } from './prometheus-text.ts';
import type { ServiceRef } from '../rollout/model.ts';
import { versionIn } from './query-template.ts';

export interface Subject {
  /** Whose revisions are judged: no sample of another system or service is asked about. */
  service?: ServiceRef;
  revision: string;
  /** The id of the stable revision; absent when it gets no traffic, since there is nothing to compare with then. */
  stable?: string;
  /** True when the judged revision has no traffic, and the requests on its preview address are judged. */
  preview?: boolean;
}

/** An analysis with its selectors parsed; each attempt of the activity makes it anew. */
export interface PreparedAnalysis {
  name: string;
  analysis: Analysis;
  subject: Subject;
  /** True when a metric needs samples of the stable revision. */
  compares: boolean;
  metrics: { name: string; judged: Term[]; stable: Term[] }[];
}

export type Scrape =
  { at: number; judged: Exposition; stable?: Exposition } | { at: number; error: string };

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
  const labels = (revision: string, probe = 'false') =>
    own
      ? { added: {}, known: {} }
      : {
          added: { revision, probe },
          known: { ...namesOf(subject), version: versionIn(revision) },
        };
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

function namesOf({ service }: Subject): Record<string, string> {
  return service === undefined ? {} : { system: service.system, service: service.service };
}

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
    noData: onceMore(state.noData, (name) => tallies[name]?.judged.missing !== undefined, tallies),
    uneven: isUneven(tallies),
  };
  if (state.windowAt === null) return { ...seen, windowAt: scrape.at };
  // Two scrapes in one millisecond make no rate.
  if (scrape.at <= state.windowAt) return seen;
  return counted(prepared, seen, measure(prepared, tallies, scrape.at));
}

function isUneven(tallies: AnalysisState['tallies']): boolean {
  const all = Object.values(tallies).map(({ judged }) => judged);
  const counts = all.some(({ grown }) => Object.values(grown).some((count) => count > 0));
  return counts && all.some(({ missing }) => missing !== undefined);
}

/**
 * What a bake counts from, by two reads before it: the `first` before room is made for a revision, the `second` right before
 * it gets its share. A rate is by time and begins with the second; shares and quantiles count all since the first.
 */
export function baselineOf(
  prepared: PreparedAnalysis,
  first: Scrape,
  second: Scrape,
): AnalysisState {
  const early = observe(prepared, startAnalysis(second.at), first);
  const late = observe(prepared, startAnalysis(second.at), second);
  const tallies = Object.entries(prepared.analysis.metrics).flatMap(([name, { rate }]) => {
    const tally = (rate === undefined ? early.tallies[name] : undefined) ?? late.tallies[name];
    return tally === undefined ? [] : [[name, tally] as const];
  });
  const errors = early.errors + late.errors;
  return { ...late, errors, tallies: Object.fromEntries(tallies) };
}

function tally(
  prepared: PreparedAnalysis,
  state: AnalysisState,
  { at, judged: read, stable: other }: Exclude<Scrape, { error: string }>,
): AnalysisState['tallies'] {
  const entries = prepared.metrics.map((metric) => {
    const before = state.tallies[metric.name];
    const judged = advance(before?.judged, metric.judged, { at, read });
    if (!prepared.compares || other === undefined) return [metric.name, { judged }] as const;
    const stable = advance(before?.stable, metric.stable, { at, read: other });
    return [metric.name, { judged, stable }] as const;
  });
  return Object.fromEntries(entries);
}

function measure(
  { analysis }: PreparedAnalysis,
  tallies: AnalysisState['tallies'],
  at: number,
): WindowReading {
  const readings = Object.entries(analysis.metrics).map(([name, metric]) => {
    const { judged, stable } = tallies[name] ?? {};
    const window = {
      judged: countedIn(judged, at),
      ...(stable !== undefined && { stable: countedIn(stable, at) }),
      minimumSamples: minimumOf(analysis),
      indistinct: analysis.url !== undefined,
    };
    return { metric: name, ...judgeMetric(name, metric, window) };
  });
  return addedUp(readings);
}

function countedIn(tally: Tally | undefined, at: number): Counted {
  const { since = at, grown = {}, missing } = tally ?? {};
  return { grown, seconds: (at - since) / 1000, ...(missing !== undefined && { missing }) };
}
