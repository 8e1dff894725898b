// The gate watch: while people are waited for, bakes are repeated, each judged anew with limits of its own. What it knows
// travels in the heartbeat of its activity; status and health read it there. Plain JSON, and the sentences that say it.
import { nextBake, type BakeProgress } from './bake-progress.ts';
import type { Finding } from './finding.ts';
import { isRecord } from '../json.ts';
import { spanOf } from '../text/time-span.ts';
import type { Verdict } from './verdict.ts';

/** The activity that watches, as Temporal's lists of pending activities name it. */
export const GATE_WATCH = 'watchWhileWaiting';

/** The task queue of gate watches: they last as long as people take, and must not hold the slots of what changes services. */
export function watchQueueOf(taskQueue: string): string {
  return `${taskQueue}${WATCH_SUFFIX}`;
}

export const WATCH_SUFFIX = '-watch';

/** A heartbeat that is older (ms) says that nobody looks at the moment. */
const OBSERVED_WITHIN_MS = 15_000;
/** A watch that no worker has begun (ms): before, one is about to. */
const BEGUN_WITHIN_MS = 10_000;
const SCHEMA = 'fairlead/gate-watch/v1';

/** `samples` is absent in the heartbeats of earlier releases. */
export type ShortFinding = Pick<Finding, 'name' | 'verdict' | 'reason'> &
  Partial<Pick<Finding, 'samples'>>;

/** A whole bake that was judged. */
export interface JudgedBake {
  /** When its verdict was given (ms). */
  at: number;
  verdict: Verdict;
  findings: ShortFinding[];
}

/** What a gate watch knows so far, as its heartbeat carries it. */
export interface GateWatchProgress {
  schema: typeof SCHEMA;
  /** The step whose bake is repeated. */
  step: string;
  /** When the first bake began (ms). */
  since: number;
  /** How many bakes were judged. */
  bakes: number;
  judged: JudgedBake | null;
  /** The bake that goes on now, or comes next: what it counts from is in it. */
  bake: BakeProgress | null;
  /** Present while nothing can be looked at: since when (ms), and why. */
  blind?: { since: number; reason: string };
}

/** What a gate watch ended with: cancelled, or on its first fail, whose findings are whole. */
export interface GateWatchEnd {
  since: number;
  bakes: number;
  judged: JudgedBake | null;
  failed?: Finding[];
  /** Nobody has looked since then (ms), and why. */
  unobserved?: { since: number; reason: string };
  /** The bake that was going on: a later watch of the step counts on from it. */
  bake?: BakeProgress;
}

/** `after`: where the last bake of the step left off. */
export function startGateWatch(
  step: string,
  now: number,
  after: BakeProgress | null,
): GateWatchProgress {
  return { schema: SCHEMA, step, since: now, bakes: 0, judged: null, bake: after };
}

/** A heartbeat of another release counts as none: the watch begins anew. */
export function isGateWatchProgress(value: unknown): value is GateWatchProgress {
  return isRecord(value) && value['schema'] === SCHEMA && typeof value['since'] === 'number';
}

interface Judged {
  verdict: Verdict;
  findings: readonly Finding[];
  progress: BakeProgress;
}

export function judgedOnce(
  progress: GateWatchProgress,
  now: number,
  { verdict, findings, progress: bake }: Judged,
): GateWatchProgress {
  const { blind: _, ...rest } = progress;
  const judged = { at: now, verdict, findings: findings.map(shortened) };
  return { ...rest, bakes: progress.bakes + 1, judged, bake: nextBake(bake, now) };
}

export function sawNothingAt(
  progress: GateWatchProgress,
  now: number,
  reason: string,
): GateWatchProgress {
  const bake = progress.bake && nextBake(progress.bake, now);
  return { ...progress, bake, blind: { since: progress.blind?.since ?? now, reason } };
}

export function endOfWatch({ since, bakes, judged, blind, bake }: GateWatchProgress): GateWatchEnd {
  return {
    ...{ since, bakes, judged },
    ...(blind !== undefined && { unobserved: blind }),
    ...(bake !== null && { bake: nextBake(bake, bake.lastAt) }),
  };
}

/** The end of a watch whose worker was lost, by its last heartbeat; undefined where that says nothing. */
export function endOfLostWatch(beat: unknown, reason: string): GateWatchEnd | undefined {
  const progress = isRecord(beat) ? beat['progress'] : undefined;
  if (!isRecord(beat) || !isGateWatchProgress(progress)) return undefined;
  const { lastAt } = beat;
  const since = typeof lastAt === 'number' ? lastAt : progress.since;
  return endOfWatch({ ...progress, blind: progress.blind ?? { since, reason } });
}

function shortened({ name, verdict, reason, samples }: Finding): ShortFinding {
  return { name, verdict, reason, samples };
}

/** A gate watch as status shows it. Times are ISO 8601. */
export interface GateWatchStatus {
  /** The step whose bake is repeated. */
  step: string;
  since: string;
  /** The last bake that was judged. */
  judged?: { at: string; bakes: number; verdict: Verdict; findings: ShortFinding[] };
  /** Nobody looks at the moment. */
  notObserved?: { since: string; reason: string };
}

/** A time as Temporal describes it. */
export type Timestamp = { seconds?: { toString(): string } | null; nanos?: number | null } | null;

/** A pending activity as Temporal describes it. */
export interface PendingActivity<Payload> {
  activityType?: { name?: string | null } | null;
  heartbeatDetails?: { payloads?: Payload[] | null } | null;
  attempt?: number | null;
  scheduledTime?: Timestamp;
  /** When its attempt began. */
  lastStartedTime?: Timestamp;
  lastFailure?: { message?: string | null } | null;
}

/** What Temporal knows at `now` (ms) of the gate watch among the pending activities of a run; undefined where there is none. */
export function gateWatchSeen<Payload>(
  pending: readonly PendingActivity<Payload>[],
  decode: (payload: Payload) => unknown,
  now: number,
): GateWatchStatus | undefined {
  const found = pending.find(({ activityType }) => activityType?.name === GATE_WATCH);
  if (found === undefined) return undefined;
  const [payload] = found.heartbeatDetails?.payloads ?? [];
  const beat = payload === undefined ? undefined : decode(payload);
  const progress = isRecord(beat) ? beat['progress'] : undefined;
  if (!isRecord(beat) || !isGateWatchProgress(progress)) return notBegun(found, now);
  const { step, since, judged, bakes } = progress;
  const blind = blindIn(progress, beat['lastAt'], now);
  return {
    step,
    since: isoOf(since),
    ...(judged !== null && { judged: { ...judged, at: isoOf(judged.at), bakes } }),
    ...(blind !== undefined && { notObserved: { ...blind, since: isoOf(blind.since) } }),
  };
}

function blindIn(
  { since, blind, bake }: GateWatchProgress,
  beaten: unknown,
  now: number,
): GateWatchProgress['blind'] {
  const lastAt = typeof beaten === 'number' ? beaten : since;
  if (now - lastAt <= OBSERVED_WITHIN_MS) return blind ?? bake?.sight.blind;
  const reason = 'its worker does not beat any more, and no other one has taken it up';
  return { since: lastAt, reason };
}

function notBegun(
  { lastFailure, scheduledTime }: PendingActivity<unknown>,
  now: number,
): GateWatchStatus {
  const failed = lastFailure?.message ?? '';
  const scheduled = Number(scheduledTime?.seconds?.toString() ?? now / 1000) * 1000;
  const since = isoOf(scheduled);
  if (failed === '' && now - scheduled <= BEGUN_WITHIN_MS) return { step: '', since };
  const reason =
    failed === ''
      ? 'no worker has begun to look yet'
      : `looking failed and is tried again: ${failed}`;
  return { step: '', since, notObserved: { since, reason } };
}

/** `last judged 40 s ago: pass, errors: error-ratio 0.001 …`; or that nobody looks, since when and why. Nothing before the first verdict. */
export function gateWatchLines({ judged, notObserved }: GateWatchStatus, now: number): string[] {
  const blind =
    notObserved === undefined
      ? []
      : [`not observed since ${notObserved.since}: ${notObserved.reason}`];
  if (judged !== undefined) {
    return [`last judged ${ago(Date.parse(judged.at), now)}: ${inWords(judged)}`, ...blind];
  }
  return blind;
}

/** What the last word of a watch adds to the answer of whoever decided; empty where there was no watch. */
export function lastWordOf(end: GateWatchEnd, now: number): string {
  const { judged, unobserved, failed } = end;
  if (failed !== undefined) return inWords({ verdict: 'fail', findings: failed });
  const blind =
    unobserved === undefined
      ? ''
      : `not observed since ${isoOf(unobserved.since)} (${unobserved.reason})`;
  if (judged === null)
    return blind || `not judged anew in the ${spanOf(now - end.since)} it waited`;
  const last = `last judged ${ago(judged.at, now)}: ${inWords(judged)}`;
  return blind === '' ? last : `${last}; ${blind}`;
}

/** `pass, errors: 3 of 3 measurements passed …`; of what did not pass only that. */
export function inWords({
  verdict,
  findings,
}: {
  verdict: Verdict;
  findings: readonly ShortFinding[];
}): string {
  const worse = findings.filter((one) => one.verdict !== 'pass');
  const said = (worse.length > 0 ? worse : findings).map(
    ({ name, reason }) => `${name}: ${reason}`,
  );
  return [verdict, ...said].join(', ');
}

function ago(at: number, now: number): string {
  return `${spanOf(Math.max(0, now - at))} ago`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
