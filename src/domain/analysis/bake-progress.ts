// What a bake knows so far, as plain JSON: it travels in heartbeats, and the next attempt goes on with it.
import { countingOn, notAheadOf, type AnalysisState } from './analysis-state.ts';
import type { RevisionState } from '../rollout/model.ts';
import type { Verdict } from './verdict.ts';

const SCHEMA = 'fairlead/bake/v2';

/** Two looks that lie further apart (ms) leave a gap: the time between them is not observed time. */
const LONGEST_STEP_MS = 2000;

export interface CheckTally {
  ranAt: number;
  runs: number;
  /** Runs of the check in a row that did not pass. */
  misses: number;
  /** True when at least one of the missed runs was carried out and said no. */
  refused: boolean;
  latest: string;
}

/** The judged revision's replicas as the bake saw them last. */
export interface Sight {
  /** Crashes counted before the bake; `null` until the revision was seen. */
  crashesBefore: number | null;
  crashes: number;
  /** How often the replicas were looked at, and when last (ms). */
  looks: number;
  lookedAt: number;
  /** True once the bake began anew because all replicas had died, and may have been away together where nobody looked. */
  anew?: true;
  /** Why the bake has failed: gone, crashing, nothing ready, or all of them dead a second time. */
  lost?: string;
  /** Present while the platform does not answer: since when (ms), and why. */
  blind?: { since: number; reason: string };
}

export interface BakeProgress {
  schema: typeof SCHEMA;
  observedMs: number;
  lastAt: number;
  /** The longest gap between two looks (ms). */
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
    sight: { crashesBefore: null, crashes: 0, looks: 0, lookedAt: now },
  };
}

/** A heartbeat of another release counts as none: the bake begins anew. */
export function isBakeProgress(value: unknown): value is BakeProgress {
  return (
    typeof value === 'object' && value !== null && 'schema' in value && value.schema === SCHEMA
  );
}

/** The progress of an earlier attempt, taken up at `now` (ms): the time between the two attempts is a gap, however short. A bake in which nobody has looked yet begins now. */
export function resumeBake(previous: BakeProgress, now: number): BakeProgress {
  const isNew = previous.sight.looks === 0;
  const gap = isNew ? 0 : Math.max(0, now - previous.lastAt);
  // Another worker's clock may be ahead of this one.
  const analyses = ofEach(previous.analyses, (state) => ({
    ...notAheadOf(state, now),
    ...(isNew && { startedAt: now }),
  }));
  const checks = Object.fromEntries(
    Object.entries(previous.checks).map(([name, tally]) => {
      return [name, { ...tally, ranAt: Math.min(tally.ranAt, now) }] as const;
    }),
  );
  return { ...previous, lastAt: now, gapMs: Math.max(previous.gapMs, gap), analyses, checks };
}

/** The start of the bake that comes after this one: judged anew, it counts on from what was read last. */
export function nextBake({ analyses, sight }: BakeProgress, now: number): BakeProgress {
  const begun = startBake(now);
  const { crashesBefore, crashes } = sight;
  return {
    ...begun,
    analyses: ofEach(analyses, (state) => countingOn(state, now)),
    sight: {
      ...begun.sight,
      crashesBefore: crashesBefore === null ? null : crashesBefore + crashes,
    },
  };
}

function ofEach(
  analyses: BakeProgress['analyses'],
  change: (state: AnalysisState) => AnalysisState,
): BakeProgress['analyses'] {
  return Object.fromEntries(
    Object.entries(analyses).map(([name, state]) => [name, change(state)] as const),
  );
}

/** The progress of a bake that a pause held until `now` (ms): the pause is no gap. */
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
  { at, revisions }: { at: number; revisions: RevisionState[] },
): BakeProgress {
  const state = revisions.find(({ spec }) => spec.id === revision);
  const { crashesBefore, crashes } = progress.sight;
  const seen = { looks: progress.sight.looks + 1, lookedAt: at };
  if (state === undefined) {
    const lost = `revision ${revision} is gone: somebody removed it while it was judged`;
    return { ...progress, sight: { crashesBefore, crashes, ...seen, lost } };
  }
  const before = crashesBefore ?? state.crashes;
  const exits = Math.max(0, state.crashes - before);
  const allDied = state.desired > 0 && exits - crashes >= state.desired;
  const hadDied = progress.sight.anew === true;
  const sight = {
    crashesBefore: before,
    crashes: exits,
    ...seen,
    ...(hadDied && ({ anew: true } as const)),
  };
  const lost = lostBy(state) ?? (allDied && hadDied ? diedAgain(state) : undefined);
  if (lost !== undefined) return { ...progress, sight: { ...sight, lost } };
  return allDied ? begunAnew({ ...progress, sight }, at) : { ...progress, sight };
}

/** Nobody saw that one of the replicas stayed ready: the time before is not counted, nor what was measured in it. */
function begunAnew(progress: BakeProgress, now: number): BakeProgress {
  const { crashesBefore, crashes } = progress.sight;
  const { sight, ...begun } = nextBake(progress, now);
  return { ...begun, sight: { ...sight, crashesBefore, crashes, looks: 1, anew: true } };
}

function diedAgain({ spec: { version, id }, desired, problem }: RevisionState): string {
  const why = problem === undefined ? '' : `: ${problem}`;
  return `all ${desired} replicas of version ${version} (${id}) ended a second time while it was judged${why}`;
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
