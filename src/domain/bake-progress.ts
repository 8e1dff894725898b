// What a bake knows so far, as plain JSON: it travels in heartbeats, and the next attempt goes on with it.
import type { AnalysisState } from './analysis.ts';
import type { RevisionState } from './model.ts';
import type { Verdict } from './verdict.ts';

const SCHEMA = 'fairlead/bake/v1';

/** Longer between two looks than this, and nobody was looking: a gap, no observed time. */
const LONGEST_STEP_MS = 2000;

export interface CheckTally {
  ranAt: number;
  runs: number;
  /** Runs in a row that did not pass. */
  misses: number;
  /** One of those ran and said no. */
  refused: boolean;
  latest: string;
}

/** How the judged revision's replicas look. */
export interface Sight {
  /** Exits before the bake; `null` until the revision was seen. */
  crashesBefore: number | null;
  crashes: number;
  /** Why the bake has failed: gone, crashing, or nothing ready. */
  lost?: string;
  /** The platform has not answered since. */
  blind?: { since: number; reason: string };
}

export interface BakeProgress {
  schema: typeof SCHEMA;
  observedMs: number;
  lastAt: number;
  /** The longest time that nobody looked. */
  gapMs: number;
  analyses: Record<string, AnalysisState>;
  checks: Record<string, CheckTally>;
  sight: Sight;
}

export function startBake(now: number): BakeProgress {
  return {
    schema: SCHEMA,
    observedMs: 0,
    lastAt: now,
    gapMs: 0,
    analyses: {},
    checks: {},
    sight: { crashesBefore: null, crashes: 0 },
  };
}

/** A heartbeat of another release counts as none: the bake begins anew. */
export function isBakeProgress(value: unknown): value is BakeProgress {
  return (
    typeof value === 'object' && value !== null && 'schema' in value && value.schema === SCHEMA
  );
}

/** Goes on where an earlier attempt stopped; the time between is a gap, however short. */
export function resumeBake(previous: BakeProgress, now: number): BakeProgress {
  const gap = Math.max(0, now - previous.lastAt);
  return { ...previous, lastAt: now, gapMs: Math.max(previous.gapMs, gap) };
}

/** Held on purpose until now: that nobody looked meanwhile is no gap. */
export function heldBake(progress: BakeProgress, now: number): BakeProgress {
  return { ...progress, lastAt: now };
}

export function passTime(progress: BakeProgress, now: number): BakeProgress {
  const step = Math.max(0, now - progress.lastAt);
  if (step > LONGEST_STEP_MS) return resumeBake(progress, now);
  return { ...progress, observedMs: progress.observedMs + step, lastAt: now };
}

export function sawRevisions(
  progress: BakeProgress,
  revision: string,
  revisions: RevisionState[],
): BakeProgress {
  const state = revisions.find(({ spec }) => spec.id === revision);
  const { crashesBefore, crashes } = progress.sight;
  if (state === undefined) {
    const lost = `revision ${revision} is gone: somebody removed it while it was judged`;
    return { ...progress, sight: { crashesBefore, crashes, lost } };
  }
  const before = crashesBefore ?? state.crashes;
  const lost = lostBy(state);
  const sight = { crashesBefore: before, crashes: Math.max(0, state.crashes - before) };
  return { ...progress, sight: lost === undefined ? sight : { ...sight, lost } };
}

export function sawNothing(progress: BakeProgress, now: number, reason: string): BakeProgress {
  const blind = { since: progress.sight.blind?.since ?? now, reason };
  return { ...progress, sight: { ...progress.sight, blind } };
}

function lostBy(state: RevisionState): string | undefined {
  const { version, id } = state.spec;
  const why = state.problem === undefined ? '' : `: ${state.problem}`;
  if (state.condition === 'crashLoop') {
    return `version ${version} (${id}) keeps crashing, ${state.crashes} exits so far${why}`;
  }
  if (state.ready > 0) return undefined;
  return `version ${version} (${id}) has none of its ${state.desired} replicas ready${why}`;
}

export function ranCheck(
  progress: BakeProgress,
  name: string,
  ranAt: number,
  { verdict, reason }: { verdict: Verdict; reason: string },
): BakeProgress {
  const before = progress.checks[name];
  const passed = verdict === 'pass';
  const tally: CheckTally = {
    ranAt,
    runs: (before?.runs ?? 0) + 1,
    misses: passed ? 0 : (before?.misses ?? 0) + 1,
    refused: !passed && (verdict === 'fail' || before?.refused === true),
    latest: reason,
  };
  return { ...progress, checks: { ...progress.checks, [name]: tally } };
}
