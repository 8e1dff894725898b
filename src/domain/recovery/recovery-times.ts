// How long a recovery took until the service could be used, by phase, with the waiting for people apart: against the
// most that it may take (RTO). Cleaning up a drill is no part of it, nor is looking at production.
import type { EvidenceEntry } from '../record/evidence.ts';
import { merge, overlap, type Interval } from '../time/intervals.ts';
import type { Plan, PlanStep } from '../operation/plan.ts';
import { spanOf } from '../text/time-span.ts';
import type { Finding } from '../analysis/finding.ts';

export type RecoveryPhase = 'isolation' | 'restore' | 'verification' | 'service' | 'clean-up';

export interface PhaseTime {
  phase: RecoveryPhase;
  startedAt: string;
  endedAt: string | null;
  waitedForPeopleMs: number;
}

/**
 * In the order in which they begin. A phase holds all between its first step and its last: looking at production too,
 * as reports that were written tell it.
 */
export function recoveryPhases(
  entries: readonly EvidenceEntry[],
  waits: readonly Interval[],
  plan: Plan,
): PhaseTime[] {
  const phases = new Map<RecoveryPhase, { startedAt: string; endedAt: string | null }>();
  for (const entry of entries) {
    if (entry.type !== 'step') continue;
    const step = plan.steps.find(({ id }) => id === entry.id);
    const phase = step === undefined ? undefined : phaseOf(step);
    if (phase === undefined) continue;
    const known = phases.get(phase) ?? { startedAt: entry.at, endedAt: null };
    const endedAt = entry.status === 'started' ? null : entry.at;
    phases.set(phase, { ...known, endedAt });
  }
  return [...phases].map(([phase, { startedAt, endedAt }]) => ({
    phase,
    startedAt,
    endedAt,
    waitedForPeopleMs: overlap(waits, startedAt, endedAt ?? entries.at(-1)?.at),
  }));
}

/** When a drill looked at production (its steps `inventory`, `production`), which no recovery does. */
export function looksAtProduction(entries: readonly EvidenceEntry[], plan: Plan): Interval[] {
  const looking = plan.steps.filter(({ action: { kind } }) => LOOKS.has(kind)).map(({ id }) => id);
  const steps = entries.filter((entry) => entry.type === 'step');
  return steps.flatMap((entry, index) => {
    if (entry.status !== 'started' || !looking.includes(entry.id)) return [];
    const next = steps.slice(index + 1).find(({ id }) => id === entry.id) ?? entries.at(-1);
    return [{ from: Date.parse(entry.at), to: Date.parse((next ?? entry).at) }];
  });
}

const LOOKS: ReadonlySet<string> = new Set(['inventory', 'production']);

/**
 * From the start of the operation until its last golden query was answered as it should be (ms), without `apart`, in
 * order and without overlaps: people, and what no recovery does. Null when it never was.
 */
export function recoveryTime(
  entries: readonly EvidenceEntry[],
  apart: readonly Interval[],
  plan: Plan,
): number | null {
  const began = entries[0]?.at ?? null;
  const last = plan.steps.findLast(({ action }) => action.kind === 'usable')?.id;
  const usable = entries.findLast(
    (entry) => entry.type === 'step' && entry.id === last && entry.status === 'done',
  )?.at;
  if (began === null || usable === undefined) return null;
  return Date.parse(usable) - Date.parse(began) - overlap(apart, began, usable);
}

/** Against the most that a recovery may take. */
export function judgeRto(
  entries: readonly EvidenceEntry[],
  waits: readonly Interval[],
  { plan, rtoMs, looks }: { plan: Plan; rtoMs: number; looks: readonly Interval[] },
): Finding {
  const about = { name: 'rto', samples: 1, expected: `at most ${spanOf(rtoMs)}` };
  const apart = merge([...waits, ...looks]);
  const took = recoveryTime(entries, apart, plan);
  if (took === null) {
    const reason = 'how long it takes was not measured: the service on the copy was never usable';
    return { ...about, verdict: 'inconclusive', reason, got: 'not measured' };
  }
  const phases = recoveryPhases(entries, waits, plan).filter(({ phase }) => phase !== 'clean-up');
  const shares = phases.map((one) => `${one.phase} ${spanOf(ownTime(one, apart))}`);
  const waited = phases.reduce((sum, one) => sum + one.waitedForPeopleMs, 0);
  const looked = phases.reduce(
    (sum, { startedAt, endedAt }) => sum + overlap(looks, startedAt, endedAt),
    0,
  );
  const besides = [
    ...(looked === 0 ? [] : [`${spanOf(looked)} of looking at production`]),
    ...(waited === 0 ? [] : [`${spanOf(waited)} of waiting for people`]),
  ];
  const uncounted = besides.length === 0 ? '' : `, and ${besides.join(' and ')}`;
  const told = `usable again after ${spanOf(took)} (${shares.join(', ')}${uncounted})`;
  const got = spanOf(took);
  return took > rtoMs
    ? { ...about, verdict: 'fail', reason: `${told}, more than the RTO of ${spanOf(rtoMs)}`, got }
    : { ...about, verdict: 'pass', reason: `${told}, within the RTO of ${spanOf(rtoMs)}`, got };
}

function ownTime({ startedAt, endedAt }: PhaseTime, apart: readonly Interval[]): number {
  if (endedAt === null) return 0;
  return Date.parse(endedAt) - Date.parse(startedAt) - overlap(apart, startedAt, endedAt);
}

function phaseOf({ action }: PlanStep): RecoveryPhase | undefined {
  switch (action.kind) {
    case 'lookBothWays':
    case 'inventory':
      return action.kind === 'inventory' && action.when === 'after' ? 'clean-up' : 'isolation';
    case 'isolate':
    case 'fence':
      return 'isolation';
    case 'rung':
      return action.rung === 'artefact' || action.rung === 'loads' ? 'restore' : 'verification';
    case 'empty':
      return 'restore';
    case 'bind':
    case 'start':
    case 'warm':
    case 'usable':
      return 'service';
    case 'close':
    case 'discard':
      return 'clean-up';
    default:
      return undefined;
  }
}
