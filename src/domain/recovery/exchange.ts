// Exchanging a live datastore for a copy that was restored beside it, as plain data: the write fence before it, the proof
// that nobody writes, the plan, and what users lose by it. Measured by datastores/, through ports/exchanges.ts.
import type { Finding } from '../analysis/finding.ts';
import { numberOf } from '../text/amounts.ts';

/** The live datastore is kept from writers, and from readers under its own name. */
export interface WriteFence {
  /** The epoch of the operation that raised it. */
  epoch: number;
  /** What holds the data that were live: a generation, a database; still there, and never live again by itself. */
  quarantined: string;
  /** Why writers who are not stopped get in all the same, as a sentence; absent where nobody does. */
  open?: string;
}

/** A moment of a datastore that is to be at rest. */
export interface WritePosition {
  /** Changes whenever somebody writes to it. */
  position: string;
  /** Whoever could write at this moment, one sentence each. */
  writers: string[];
  /** What could not be looked at, as a sentence; absent where all could. */
  unseen?: string;
  /** ms, by the worker's clock. */
  at: number;
}

export type ExchangePlan =
  /** `gen-3` and `gen-4` of a folder; `root`: the folder that both lie in, absolute. */
  | { kind: 'generation'; from: string; to: string; root?: string }
  /**
   * Databases of one server; `from` is called `quarantine` afterwards, with the number of the operation for `EPOCH`. `notes`
   * say what becomes of slots and the like, and where the copy is otherwise beside its rows.
   */
  | { kind: 'rename'; from: string; to: string; quarantine: string; notes?: string[] }
  /** Numbers of one server are swapped; named by what they hold. */
  | { kind: 'swap'; from: string; to: string }
  /** Databases of one server; the record of where the datastore is moves, and services are bound to it anew. */
  | { kind: 'binding'; from: string; to: string };

export interface Exchanged {
  live: string;
  quarantined: string;
}

/** Where a copy is made; `why` says why apart from everything live, and not beside what it is to be compared with. */
export type CopyPlace = { into: 'beside' } | { into: 'scratch'; why: string };

/** What the copy and the quarantined data do not have in common, key by key; files have their paths for keys. */
export interface Loss {
  /** Keys written since the backup: users lose them. */
  onlyThere: LossCount;
  /** Keys removed since the backup: they come back. */
  onlyHere: LossCount;
  /** Keys that both sides have with other content: they go back to what they were. */
  changed: LossCount;
}

export interface LossCount {
  count: number;
  /** SHA-256 (hex) over the keys and both contents: the list can be made again, and compared. */
  digest: string;
  /** The first of them, in words. */
  shown: string[];
}

/** The kinds of difference: the name of its finding, and what people are told. */
const DIFFERENCES = [
  ['onlyThere', 'only live', 'only in what is live, written since the backup'],
  ['onlyHere', 'only in the backup', 'only in the backup, removed since'],
  ['changed', 'other content', 'in both, with other content'],
] as const satisfies readonly (readonly [keyof Loss, name: string, what: string])[];

/** What a live datastore and a copy do not have in common, a finding a kind: none of them says that anything is wrong. */
export function lossFindings(loss: Loss): Finding[] {
  return DIFFERENCES.map(([kind, name, what]) => {
    const { count, digest } = loss[kind];
    const reason = `${numberOf(count)} ${what}${firstOf(loss[kind])}${count === 0 ? otherwiseLost(kind, loss) : ` (sha256 ${digest})`}`;
    return { name, verdict: 'pass', reason, samples: count, got: String(count) };
  });
}

/** None that only what is live has does not mean that nothing is lost. */
function otherwiseLost(kind: keyof Loss, { changed: { count } }: Loss): string {
  if (kind !== 'onlyThere' || count === 0) return '';
  return `, but what was written since into ${numberOf(count)} that both have is lost too (see "other content")`;
}

/** The same for the sentence that an operation ends with. */
export function lossWords(loss: Loss): string {
  const told = DIFFERENCES.flatMap(([kind, , what]) =>
    loss[kind].count === 0 ? [] : [`${numberOf(loss[kind].count)} ${what}${firstOf(loss[kind])}`],
  );
  return told.length === 0 ? 'what is live holds the same' : told.join('; ');
}

/** What an exchange does, for people. */
export function exchangeWords(plan: ExchangePlan): string {
  const { from, to } = plan;
  const isRename = plan.kind === 'rename';
  const kept = isRename ? `${from} is kept as ${quarantinedAs(plan)}` : `${from} is kept`;
  const notes = isRename ? (plan.notes ?? []) : [];
  return [`${to} takes the place of ${from}`, kept, ...notes].join('; ');
}

/** What people find the data under that were live, once they are exchanged. */
export function quarantinedAs(plan: ExchangePlan): string {
  return plan.kind === 'rename' ? plan.quarantine : plan.from;
}

const TOLD = 5;

/** The first of a list, after a colon; empty where nothing is shown. */
function firstOf({ shown }: LossCount): string {
  if (shown.length === 0) return '';
  return `: ${shown.slice(0, TOLD).join(', ')}${shown.length > TOLD ? ' and more' : ''}`;
}

/** Two positions are taken this far apart at least: a writer that does something every second shows. */
export const QUIET_MS = 2_000;

/** Whether two positions of a fenced datastore show that nobody writes to it. */
export function judgeQuiet(
  datastore: string,
  before: WritePosition,
  after: WritePosition,
): Finding {
  const about = { name: `write fence ${datastore}`, samples: 2, expected: 'nobody writes' };
  const apart = after.at - before.at;
  const writers = [...new Set([...before.writers, ...after.writers])];
  const unseen = after.unseen === undefined ? '' : `; ${after.unseen}`;
  if (before.position !== after.position) {
    const reason = `${datastore} changed within ${apart} ms although it is fenced: somebody writes to it${writers.length === 0 ? '' : ` (${writers.join('; ')})`}`;
    return { ...about, verdict: 'fail', reason, got: 'it changed' };
  }
  if (writers.length > 0) {
    const reason = `${datastore} did not change, and can be written to: ${writers.join('; ')}`;
    return { ...about, verdict: 'fail', reason, got: `${writers.length} writers` };
  }
  if (apart < QUIET_MS) {
    const reason = `${datastore} was looked at twice within ${apart} ms, and ${QUIET_MS} ms are needed to say that nobody writes`;
    return { ...about, verdict: 'inconclusive', reason, got: `${apart} ms` };
  }
  const reason = `${datastore} did not change within ${apart} ms, and nobody holds it open for writing${unseen}`;
  return { ...about, verdict: 'pass', reason, got: 'nobody writes' };
}

/** What stays of the words for a place when it is renamed: a database keeps its number, `shop (oid 16636)`. */
export function lasting(place: string): string {
  return /\(oid \d+\)$/.exec(place)?.[0] ?? place;
}

/** Whether what is live after an exchange is the copy that was approved, by what was read of it then. */
export function judgeExchanged(
  datastore: string,
  approved: { plan: ExchangePlan; loss: Loss },
  found: { live: string; loss: Loss },
): Finding {
  const about = { name: `live ${datastore}`, expected: approved.plan.to, got: found.live };
  const samples = DIFFERENCES.reduce((sum, [kind]) => sum + found.loss[kind].count, 0);
  if (lasting(found.live) !== lasting(approved.plan.to)) {
    const reason = `${found.live} is live, and not ${approved.plan.to}, which was approved`;
    return { ...about, samples, verdict: 'fail', reason };
  }
  const others = DIFFERENCES.filter(
    ([kind]) =>
      found.loss[kind].count !== approved.loss[kind].count ||
      found.loss[kind].digest !== approved.loss[kind].digest,
  );
  if (others.length > 0) {
    const told = others.map(
      ([kind, , what]) =>
        `${numberOf(found.loss[kind].count)} ${what}, and ${numberOf(approved.loss[kind].count)} when it was approved`,
    );
    const reason = `the live ${datastore} is not what was approved: ${told.join('; ')}; did a service write to it by itself?`;
    return { ...about, samples, verdict: 'fail', reason };
  }
  const reason = `the live ${datastore} is ${found.live}, and differs from what is in quarantine as it was approved: same counts, same hashes`;
  return { ...about, samples, verdict: 'pass', reason };
}
