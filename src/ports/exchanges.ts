// The port to recovering a live datastore: keep writers out, show that nobody writes, put a copy in its place, say what
// is lost by that. Every change carries the epoch token of its operation, which the store compares in the same breath as
// it changes anything: a worker that was frozen and wakes up changes nothing. Implemented in datastores/exchanges.ts.
// Every verb throws `Failure`: Superseded for an older token, Unsupported where `unable` says why.
import type {
  Exchanged,
  ExchangePlan,
  Loss,
  WriteFence,
  WritePosition,
} from '../domain/recovery/exchange.ts';
import type { Quarantined } from '../domain/recovery/live/quarantined.ts';
import type { EpochToken } from '../domain/rollout/model.ts';
import type { BoundPlace } from '../domain/recovery/binding.ts';
import type { CopyRef, DatastoreRef } from './backups.ts';
import type { Waiting } from './waiting.ts';

/** A copy that was restored `beside` its live datastore. */
export type BesideCopy = Pick<CopyRef, 'copy' | 'store'>;

/** `short`: there is none, as a sentence. */
export type Room = { short: string } | { known: boolean };

export interface ExchangesPort {
  /** Why the live datastore cannot be exchanged, with what to do; undefined when it can. Asked when a plan is made. */
  unable(store: DatastoreRef): Promise<string | undefined>;
  /** What the first exchange changes for good about where the data are, as a sentence; undefined where nothing. */
  converts(store: DatastoreRef): Promise<string | undefined>;
  /** Whether so many bytes can be restored beside the live datastore: why not, or whether anybody could look. */
  room(store: DatastoreRef, bytes: number): Promise<Room>;
  /** Keeps writers out of the live datastore, and readers too: nothing is found under its name. Fenced twice is fine. */
  writeFence(
    input: { store: DatastoreRef; token: EpochToken },
    waiting: Waiting,
  ): Promise<WriteFence>;
  /** What is live now, the old one or what was exchanged for it, is found under its name; one that is not fenced is fine. */
  liftFence(input: { store: DatastoreRef; token: EpochToken }, waiting: Waiting): Promise<void>;
  /** Taken twice, it shows whether somebody writes (judgeQuiet). */
  writePosition(store: DatastoreRef, waiting: Waiting): Promise<WritePosition>;
  /** What `exchange` would do as things are now. Throws BadInput for a copy that is not beside the live datastore. */
  exchangePlan(target: BesideCopy, waiting: Waiting): Promise<ExchangePlan>;
  /**
   * Puts the copy in the live datastore's place, at once. The write fence stays until `liftFence`: nobody finds the copy
   * before it was proved. Done already is fine. `since` (ISO 8601) is for the record of a binding, which cannot be put without.
   * Throws WorldChanged with `{expected, found}` when something else is live than `plan.from`.
   */
  exchange(
    input: { store: DatastoreRef; plan: ExchangePlan; token: EpochToken; since?: string },
    waiting: Waiting,
  ): Promise<Exchanged>;
  /** What the copy lacks of the quarantined data, and has beside them; in constant memory. Before or after an exchange. */
  lossAgainst(input: { target: BesideCopy; quarantined: string }, waiting: Waiting): Promise<Loss>;
  /** Whether the live datastore answers still, and why it cannot be restored at that place: sentences, where there are any. */
  lost(input: {
    store: DatastoreRef;
    place: BoundPlace;
  }): Promise<{ answers?: string; unable?: string }>;
  /**
   * The copy that was restored at another place is the live datastore from now on: a record says so. Done already is fine.
   * Throws Superseded where a newer one binds it, WorldChanged where another one has this epoch.
   */
  bind(
    input: { target: BesideCopy; place: BoundPlace; token: EpochToken; since: string },
    waiting: Waiting,
  ): Promise<void>;
  /** What people have to do at that place before services are started, in sentences. */
  lacking(target: BesideCopy, waiting: Waiting): Promise<string[]>;
  /** What exchanges kept that is not live, in no order; empty too where a kind keeps nothing that can be told apart. */
  quarantined(store: DatastoreRef, waiting: Waiting): Promise<Quarantined[]>;
  /** Removes one of these; gone already is fine. Throws Refused for whatever else, and while somebody uses it. */
  removeQuarantined(input: { store: DatastoreRef; name: string }, waiting: Waiting): Promise<void>;
  /** Puts an empty one in the place of a derived datastore; done already is fine. Throws Refused for a primary one. */
  flush(input: { store: DatastoreRef; token: EpochToken }, waiting: Waiting): Promise<Exchanged>;
}
