// When a bake is over, what is due in it, and what it comes to.
import type { Check } from '../../config/system.ts';
import type { PreparedAnalysis } from './analysis.ts';
import { conclude, decided, hasSucceeded } from './analysis-verdict.ts';
import type { BakeProgress } from './bake-progress.ts';
import { awaitsRange, rangeWanted } from './query-analysis.ts';
import type { Finding } from './finding.ts';
import { isUnused } from './standing-alone.ts';
import { worst, type Verdict } from './verdict.ts';

/** What a bake waits for and judges by. */
export interface BakePlan {
  /** Milliseconds of observed time. */
  ms: number;
  analyses: PreparedAnalysis[];
  checks: Check[];
  /** No other revision has users: too few requests are told, and are no verdict. */
  alone?: boolean;
  /** Sentences that are told with the verdict, and judge nothing. */
  told: string[];
}

export interface BakeEnd {
  ended: 'complete' | 'decided';
  verdict: Verdict;
  findings: Finding[];
}

const CHECK_EVERY_MS = 2000;
/** More misses in a row than this end the bake. */
const MISSES_ALLOWED = 3;
/** No answer from the platform for longer than this ends the bake. */
const BLIND_ALLOWED_MS = 30_000;
const GAP_WORTH_TELLING_MS = 10_000;

export function dueAnalyses(plan: BakePlan, progress: BakeProgress): PreparedAnalysis[] {
  return plan.analyses.filter((one) => analysisDueIn(plan, progress, one) <= 0);
}

/** Analyses whose comparison needs the whole bake, once its time is up. */
export function dueRanges(
  plan: BakePlan,
  progress: BakeProgress,
): { prepared: PreparedAnalysis; range: { from: number; to: number; stepMs: number } }[] {
  if (progress.observedMs < plan.ms) return [];
  return plan.analyses.flatMap((prepared) => {
    const state = progress.analyses[prepared.name];
    const range = state && rangeWanted(prepared, state, progress.lastAt);
    return range === undefined ? [] : [{ prepared, range }];
  });
}

export function dueChecks(plan: BakePlan, progress: BakeProgress): Check[] {
  return plan.checks.filter((one) => checkDueIn(progress, one) <= 0);
}

/** Milliseconds until there is something to do, at most `atMost`. */
export function nextDueIn(plan: BakePlan, progress: BakeProgress, atMost: number): number {
  const left = plan.ms - progress.observedMs;
  const times = [
    ...plan.analyses.map((one) => analysisDueIn(plan, progress, one)),
    ...plan.checks.map((one) => checkDueIn(progress, one)),
    ...(left > 0 ? [left] : []),
  ];
  return Math.max(1, Math.min(atMost, ...times));
}

function analysisDueIn(
  plan: BakePlan,
  progress: BakeProgress,
  { name, analysis }: PreparedAnalysis,
): number {
  const state = progress.analyses[name];
  if (state === undefined) return 0;
  // The end of a bake is measured too, unless it comes right after another measurement.
  const last = progress.observedMs >= plan.ms && state.scrapes > 1;
  return state.lastAt + analysis.interval / (last ? 2 : 1) - progress.lastAt;
}

function checkDueIn(progress: BakeProgress, { name }: Check): number {
  const tally = progress.checks[name];
  return tally === undefined ? 0 : tally.ranAt + CHECK_EVERY_MS - progress.lastAt;
}

/**
 * `undefined` while the bake goes on. It does not end on an open question (see `isOpen`), nor before
 * a round that began when the time was up, so that what is due at the end was done.
 */
export function bakeEnd(
  plan: BakePlan,
  progress: BakeProgress,
  timeUp: boolean,
): BakeEnd | undefined {
  const { sight } = progress;
  const early =
    sight.lost !== undefined ||
    isBlindTooLong(progress) ||
    plan.analyses.some((one) => analysisDecided(one, progress)) ||
    Object.values(progress.checks).some((tally) => tally.misses > MISSES_ALLOWED);
  if (early) return { ended: 'decided', ...conclusion(plan, progress) };
  if (isOpen(plan, progress)) return undefined;
  // What was seen in its last round may have made it begin anew.
  if (timeUp && progress.observedMs >= plan.ms)
    return { ended: 'complete', ...conclusion(plan, progress) };
  return hasPassedEarly(plan, progress)
    ? { ended: 'decided', ...conclusion(plan, progress) }
    : undefined;
}

/** All that judges has had its successes: without an analysis, or with one that wants the whole time, never. */
function hasPassedEarly({ analyses }: BakePlan, progress: BakeProgress): boolean {
  if (analyses.length === 0) return false;
  return analyses.every((one) => {
    const state = progress.analyses[one.name];
    return state !== undefined && hasSucceeded(one, state);
  });
}

/** Not measured once, nothing to compare yet, a check that did not pass last time, a platform that does not answer. */
function isOpen(plan: BakePlan, progress: BakeProgress): boolean {
  return (
    progress.sight.blind !== undefined ||
    plan.analyses.some((one) => isUnmeasured(one, progress)) ||
    plan.checks.some(({ name }) => progress.checks[name]?.misses !== 0)
  );
}

function isUnmeasured(one: PreparedAnalysis, { analyses }: BakeProgress): boolean {
  const state = analyses[one.name];
  return state === undefined || state.scrapes < 2 || awaitsRange(one, state);
}

/** What the bake comes to if it ends now. Waiting alone passes, with no finding: it is no check. */
export function conclusion(
  plan: BakePlan,
  progress: BakeProgress,
): { verdict: Verdict; findings: Finding[] } {
  const findings = [
    ...sightFindings(progress),
    ...plan.analyses.map((one) => analysisFinding(one, plan, progress)),
    ...plan.checks.map(({ name }) => checkFinding(name, progress)),
    ...gapFindings(progress),
    ...plan.told.map((reason) => toldFinding('not asked', reason)),
  ];
  const verdict = findings.length === 0 ? 'pass' : worst(findings.map((one) => one.verdict));
  return { verdict, findings };
}

function analysisDecided(prepared: PreparedAnalysis, { analyses }: BakeProgress): boolean {
  const state = analyses[prepared.name];
  return state !== undefined && decided(prepared, state) !== undefined;
}

function analysisFinding(
  prepared: PreparedAnalysis,
  { alone }: BakePlan,
  { analyses }: BakeProgress,
): Finding {
  const { name } = prepared;
  const state = analyses[name];
  if (state === undefined) {
    return { name, verdict: 'inconclusive', reason: 'nothing was measured', samples: 0 };
  }
  const found = conclude(prepared, state);
  if (alone !== true || found.verdict !== 'inconclusive' || !isUnused(state)) return found;
  const told = toldFinding('not judged', `analysis ${name}: ${found.reason}`);
  return { ...found, ...told };
}

function checkFinding(name: string, { checks, lastAt }: BakeProgress): Finding {
  const tally = checks[name];
  if (tally === undefined) {
    return { name, verdict: 'inconclusive', reason: 'the check was not run', samples: 0 };
  }
  const { runs: samples, misses, latest } = tally;
  if (misses === 0) {
    const ago = `the last ${(lastAt - tally.ranAt) / 1000} s before the end`;
    return { name, verdict: 'pass', reason: `${samples} runs, ${ago}: ${latest}`, samples };
  }
  const reason = `the last ${misses} of ${samples} runs did not pass (${MISSES_ALLOWED} in a row allowed): ${latest}`;
  const failed = tally.refused && misses > MISSES_ALLOWED;
  return { name, verdict: failed ? 'fail' : 'inconclusive', reason, samples };
}

function isBlindTooLong({ sight, lastAt }: BakeProgress): boolean {
  return sight.blind !== undefined && lastAt - sight.blind.since > BLIND_ALLOWED_MS;
}

function sightFindings({ sight, lastAt }: BakeProgress): Finding[] {
  const name = 'replicas';
  if (sight.lost !== undefined) {
    return [{ name, verdict: 'fail', reason: sight.lost, samples: 0 }];
  }
  if (sight.blind !== undefined) {
    const { since, reason } = sight.blind;
    const seconds = (lastAt - since) / 1000;
    const sentence = `the platform has not said for ${seconds} s how the revision is: ${reason}`;
    return [{ name, verdict: 'inconclusive', reason: sentence, samples: 0 }];
  }
  if (sight.crashes === 0) return [];
  const ago = `the last ${(lastAt - sight.lookedAt) / 1000} s before the end`;
  const anew = sight.anew === true ? ', after which the bake began anew' : '';
  const reason = `${sight.crashes} exits of replicas that nobody asked for${anew}; at each of ${sight.looks} looks, ${ago}, one was ready`;
  return [{ name, verdict: 'pass', reason, samples: sight.looks }];
}

/** Told, and no more: what was not observed was not counted either. */
function gapFindings({ gapMs }: BakeProgress): Finding[] {
  if (gapMs <= GAP_WORTH_TELLING_MS) return [];
  const reason = `nobody looked for up to ${gapMs / 1000} s; that time is not counted as observed`;
  return [toldFinding('gap', reason)];
}

/** Stands on nothing, and so passes without judging anything: see `hasJudged`. */
function toldFinding(name: string, reason: string): Finding {
  return { name, verdict: 'pass', reason, samples: 0 };
}
