// Is a system recoverable, as far as anybody can show? Proven by a drill that passed, is not too old and stood on what
// there is now, and by good backups that are new enough. Pure; asked by `fairlead health --detailed` and checkRecovery.
import { defaultBackup, ofAnotherClock, passedOver } from '../backup/anomaly.ts';
import { failedMark, lastMark, type CatalogueEntry } from '../backup/backup.ts';
import type { DrillRecord, Engine, Shape } from './drill-record.ts';
import { span } from '../text/markdown.ts';
import type { Outcome } from '../operation/outcome.ts';
import type { Verdict } from '../analysis/verdict.ts';

export interface Recoverability {
  schema: 'fairlead/recoverability/v1';
  system: string;
  state: 'proven' | 'unproven';
  /** Sentences, with numbers; empty when proven. */
  why: string[];
  /** The reasons by codes that do not change from hour to hour: `neverDrilled`, `stale/orders`. */
  reasons: { code: string; text: string }[];
  lastDrill: LastDrill | null;
  /** Primary ones, by name. */
  datastores: DatastoreState[];
}

export interface LastDrill {
  operation: string;
  runId: string;
  outcome: Outcome;
  verdict: Verdict | null;
  endedAt: string;
  ageMs: number;
  rtoMs: number | null;
  rpoMs: number | null;
}

export interface DatastoreState {
  datastore: string;
  rpoMs: number;
  /** The newest that a restore would take by itself: complete, not odd, not found bad. */
  newestBackup: NewestBackup | null;
}

interface NewestBackup {
  id: string;
  /** Everything committed before is in it (ISO 8601). */
  pointAt: string;
  ageMs: number;
  stale: boolean;
  verifiedAt: string | null;
}

export interface RecoveryFacts {
  system: string;
  /** ms. */
  now: number;
  /** A drill that is older proves nothing any more (ms). */
  every: number;
  /** Newest first. */
  drills: readonly DrillRecord[];
  shape: Shape;
  engine: Engine;
  datastores: readonly {
    datastore: string;
    rpoMs: number;
    entries: readonly CatalogueEntry[];
    /** Why a recovery could not put a backup in its place, as a sentence; absent where nothing is known against it. */
    unable?: string;
  }[];
}

/** Ended before they could show anything, whatever it was: the drill before them still counts. */
const SAYS_NOTHING: ReadonlySet<Outcome> = new Set(['refused', 'preempted', 'aborted', 'planned']);

type Reason = Recoverability['reasons'][number];

/** `null` for a system without primary datastores: there is nothing to recover. */
export function judgeRecoverability(facts: RecoveryFacts): Recoverability | null {
  if (facts.datastores.length === 0) return null;
  const drill = facts.drills.find(saysSomething);
  const datastores = facts.datastores.map((one) => stateOf(one, facts.now));
  const reasons = [
    ...(drill === undefined ? [NEVER] : drillReasons(drill, facts)),
    ...facts.datastores.flatMap((one, index) => [
      ...backupReasons(datastores[index], one.entries, facts.now),
      ...unableReason(one),
    ]),
  ];
  return {
    schema: 'fairlead/recoverability/v1',
    system: facts.system,
    state: reasons.length === 0 ? 'proven' : 'unproven',
    why: reasons.map(({ text }) => text),
    reasons,
    lastDrill: drill === undefined ? null : lastDrillOf(drill, facts.now),
    datastores,
  };
}

/** Whether a drill began: one without a plan, because a service was not there or a folder was away, never did. */
function saysSomething({ outcome, backups }: DrillRecord): boolean {
  return !SAYS_NOTHING.has(outcome) && !(outcome === 'failed' && backups.length === 0);
}

const NEVER: Reason = { code: 'neverDrilled', text: 'no drill was ever made' };

function drillReasons(drill: DrillRecord, facts: RecoveryFacts): Reason[] {
  const { operation, outcome, verdict, reason, endedAt } = drill;
  const age = ageOf(endedAt, facts.now);
  const passed = outcome === 'succeeded' && verdict === 'pass';
  const failed = verdict === 'fail' ? 'failed' : `ended without a pass (${verdict ?? outcome})`;
  return [
    ...(passed
      ? []
      : [{ code: 'drillDidNotPass', text: `the last drill, ${operation}, ${failed}: ${reason}` }]),
    ...(age > facts.every
      ? [
          {
            code: 'drillTooOld',
            text: `the last drill was ${span(age)} ago; one proves something for ${span(facts.every)}`,
          },
        ]
      : []),
    ...changes(drill.shape, facts.shape).map(({ part, how }) => ({
      code: `planChanged/${part}`,
      text: `${part} of the system file ${how} since the last drill`,
    })),
    ...engineChanges(drill.engine, facts.engine),
  ];
}

function engineChanges(then: Engine, now: Engine): Reason[] {
  // What no backup was made with now is a missing backup, and said as that.
  return changes(then, now)
    .filter(({ part }) => now[part] !== undefined)
    .map(({ part }) => ({
      code: `engineChanged/${part}`,
      text: `${part} is ${now[part] ?? 'gone'}; the last drill was made with ${then[part] ?? 'none'}`,
    }));
}

function changes(
  then: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): { part: string; how: string }[] {
  const parts = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
  return parts.flatMap((part) => {
    if (then[part] === now[part]) return [];
    if (then[part] === undefined) return [{ part, how: 'is new' }];
    return [{ part, how: now[part] === undefined ? 'was taken away' : 'was changed' }];
  });
}

/** However good backups and drill are: on the day, `recover` would refuse. */
function unableReason({ datastore, unable }: RecoveryFacts['datastores'][number]): Reason[] {
  if (unable === undefined) return [];
  return [
    {
      code: `cannotExchange/${datastore}`,
      text: `no recovery could put a backup in its place: ${unable}`,
    },
  ];
}

function stateOf(
  { datastore, rpoMs, entries }: RecoveryFacts['datastores'][number],
  now: number,
): DatastoreState {
  const backup = defaultBackup(entries, now);
  if (backup === undefined) return { datastore, rpoMs, newestBackup: null };
  const pointAt = backup.manifest.recoveryPoint.notBefore;
  const ageMs = ageOf(pointAt, now);
  const verifiedAt = lastMark(backup.marks, 'verified');
  const newestBackup = { id: backup.id, pointAt, ageMs, stale: ageMs > rpoMs, verifiedAt };
  return { datastore, rpoMs, newestBackup };
}

function backupReasons(
  state: DatastoreState | undefined,
  entries: readonly CatalogueEntry[],
  now: number,
): Reason[] {
  if (state === undefined) return [];
  const { datastore, rpoMs, newestBackup } = state;
  const [newer] = passedOver(entries, now);
  const hint = newer === undefined ? '' : `; not taken by itself: ${newer}`;
  const future = fromTheFuture(datastore, newestBackup?.id, entries, now);
  if (newestBackup === null) {
    return [
      { code: `noBackup/${datastore}`, text: `${datastore} has no good backup${hint}` },
      ...future,
    ];
  }
  const { id, ageMs, stale } = newestBackup;
  const bad = [...foundBad(datastore, id, entries), ...future];
  if (!stale) return bad;
  const text = `the newest good backup of ${datastore}, ${id}, goes back ${span(ageMs)}, more than its rpo of ${span(rpoMs)}${hint}`;
  return [...bad, { code: `stale/${datastore}`, text }];
}

/** A backup whose time is another clock's is passed over: that it is there is said. */
function fromTheFuture(
  datastore: string,
  standsOn: string | undefined,
  entries: readonly CatalogueEntry[],
  now: number,
): Reason[] {
  const [first] = [...ofAnotherClock(entries, now)].filter(([id]) => id > (standsOn ?? ''));
  if (first === undefined) return [];
  const [id, why] = first;
  const text = `the backup ${id} of ${datastore} is passed over: ${why} This stands on ${standsOn ?? 'no backup'}`;
  return [{ code: `fromTheFuture/${datastore}`, text }];
}

/** A backup newer than the one that would be restored: what was found wrong with it may be wrong with the next one too. */
function foundBad(datastore: string, good: string, entries: readonly CatalogueEntry[]): Reason[] {
  const bad = entries
    .filter((entry) => entry.state === 'complete')
    .toSorted((one, other) => (one.id < other.id ? 1 : -1))
    .find(({ id, marks }) => id > good && failedMark(marks) !== undefined);
  if (bad === undefined) return [];
  const { by = '', reason = '' } = failedMark(bad.marks) ?? {};
  const text = `a newer backup of ${datastore} than the one that would be restored, ${bad.id}, was found bad by ${by}: ${reason}`;
  return [{ code: `foundBad/${datastore}`, text }];
}

function lastDrillOf(drill: DrillRecord, now: number): LastDrill {
  const { operation, runId, outcome, verdict, endedAt, rtoMs, rpoMs } = drill;
  const ageMs = ageOf(endedAt, now);
  return { operation, runId, outcome, verdict, endedAt, ageMs, rtoMs, rpoMs };
}

/** Milliseconds since a moment, at least 0: another machine's clock may be ahead. */
function ageOf(at: string, now: number): number {
  return Math.max(0, now - Date.parse(at));
}
