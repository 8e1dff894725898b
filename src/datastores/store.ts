// What a kind of datastore has to be able to do, so that datastores/backups.ts can make backups of it. A kind knows its
// tools and nothing of object stores, manifests, keys or encryption. Implemented in files/, firestore/, mongodb/,
// postgres/, redis/.
import type { DatastoreKind } from '../config/kinds.ts';
import type { Bytes } from '../ports/objects.ts';
import type { CopyAddress, CopyView, DatastoreRef, Fingerprint } from '../ports/backups.ts';
import type { DatastoreCapabilities } from '../domain/capabilities.ts';
import type { Room } from '../ports/exchanges.ts';
import type { QueriesPort } from '../ports/steps/queries.ts';
import type { Waiting } from '../ports/waiting.ts';
import type {
  BackupManifest,
  BackupObject,
  Definition,
  ExternalManifest,
  Locale,
  Part,
  StreamedManifest,
} from '../domain/backup/backup.ts';
import type { HeartbeatRecord } from '../domain/backup/heartbeat.ts';
import type { ServiceBackups } from '../domain/backup/service-backups.ts';
import { Failure } from '../domain/failure.ts';
import type { LivePlace } from '../domain/recovery/isolation.ts';
import type {
  Exchanged,
  ExchangePlan,
  Loss,
  WriteFence,
  WritePosition,
} from '../domain/recovery/exchange.ts';
import type { Quarantined } from '../domain/recovery/live/quarantined.ts';
import type { EpochToken } from '../domain/rollout/model.ts';
import type { DatastoreByHand } from '../domain/by-hand/by-hand.ts';
import type { Named } from './named-dump.ts';

/** Streams one object away, whole or not at all. `path` says which file of the source it is a copy of. */
export type Write = (name: string, body: Bytes, path?: string) => Promise<BackupObject>;

/** A file that is stored; `stamp` changes when the file does. */
export interface StoredFile {
  stamp: string;
  object: BackupObject;
  part: Part;
}

/** For kinds whose objects are files: what attempts before this one stored, and what this one did. */
export interface FileProgress {
  earlier(path: string, stamp: string): Promise<StoredFile | undefined>;
  stored(file: StoredFile): Promise<void>;
}

/** What one attempt at a backup writes to. */
export interface Into extends FileProgress {
  write: Write;
}

/** What a kind hands over when everything is written, or when its service has made an artefact of its own. */
export type Taken = Pick<
  BackupManifest,
  | 'source'
  | 'recoveryPoint'
  | 'tools'
  | 'contents'
  | 'canary'
  | 'liveBytes'
  | 'databases'
  | 'remarks'
> &
  (
    | Pick<StreamedManifest, 'artefact' | 'objects' | 'folders'>
    | Pick<ExternalManifest, 'artefact' | 'location' | 'bytes'>
  );

/** A backup that can be restored as `store`. */
export type Artefact = StreamedArtefact | ExternalArtefact;

/** A backup that is read back by the service that made it. */
export interface ExternalArtefact {
  manifest: ExternalManifest;
  store: DatastoreRef;
}

/** A backup whose objects Fairlead reads. */
export interface StreamedArtefact {
  manifest: StreamedManifest;
  store: DatastoreRef;
  /** Plain bytes; throws CheckFailed at their end when they are not what the manifest says. */
  read: (object: BackupObject, waiting: Waiting) => Bytes;
}

/** A folder for as long as `work` takes, removed with all that runs in it; after a crash a janitor finds it. */
export type Scratch = <T>(work: (folder: string) => Promise<T>) => Promise<T>;

/** Whether a datastore is bound to that very place today. */
export type IsLive = (store: DatastoreRef) => Promise<boolean>;

/**
 * What a kind does whose live datastore can be exchanged for a copy beside it: ports/exchanges.ts says what is promised.
 * `folder` is that of the copy.
 */
export interface StoreExchange {
  unable(store: DatastoreRef): Promise<string | undefined>;
  /** What the first exchange changes for good about where the data are; absent where that never is anything. */
  converts?: (store: DatastoreRef) => Promise<string | undefined>;
  /** Whether so many bytes have room beside the live data; absent where nobody can tell before it is tried. */
  room?: (store: DatastoreRef, bytes: number) => Promise<Room>;
  /**
   * Makes a place for a copy beside the live data and notes where, so that a `restore` into the folder goes there. Throws
   * Refused where the live data would have no room to grow.
   */
  begin(store: DatastoreRef, folder: string, bytes: number): Promise<void>;
  /** Removes what `begin` made, unless it is live by now; a copy apart from everything live has nothing of it. */
  release(folder: string, waiting: Waiting, isLive: IsLive): Promise<void>;
  writeFence(store: DatastoreRef, token: EpochToken, waiting: Waiting): Promise<WriteFence>;
  liftFence(store: DatastoreRef, token: EpochToken, waiting: Waiting): Promise<void>;
  writePosition(store: DatastoreRef, waiting: Waiting): Promise<WritePosition>;
  plan(store: DatastoreRef, folder: string, waiting: Waiting): Promise<ExchangePlan>;
  exchange(
    store: DatastoreRef,
    plan: ExchangePlan,
    token: EpochToken,
    waiting: Waiting,
  ): Promise<Exchanged>;
  loss(store: DatastoreRef, folder: string, quarantined: string, waiting: Waiting): Promise<Loss>;
  flush(store: DatastoreRef, token: EpochToken, waiting: Waiting): Promise<Exchanged>;
  /**
   * Another server, or folder, than the live one's, which is gone; absent where nothing is restored there as yet. `there` is the
   * datastore as it would be at that place.
   */
  elsewhere?: {
    /** That the live one answers still, in a sentence; undefined where it is gone. */
    answers(store: DatastoreRef): Promise<string | undefined>;
    unable(there: DatastoreRef): Promise<string | undefined>;
    /** As `begin` beside what is live. */
    begin(
      there: DatastoreRef,
      folder: string,
      bytes: number,
      locale: Locale | undefined,
    ): Promise<void>;
    /** The copy in a folder is found at its place from now on; twice is fine. */
    open(folder: string, waiting: Waiting): Promise<void>;
    /** What people have to do there before services are started, in sentences. */
    lacks(folder: string, waiting: Waiting): Promise<string[]>;
  };
  /**
   * Places beside the live data that somebody else restored; absent where a kind has none that a name would tell. `take` makes
   * one the copy in a folder, as it is, and answers what it is in words; `release` leaves it as it was. `there`: the datastore
   * as it will be at that place, which its own service may have to make first (domain/recovery/live/service-place.ts).
   */
  adopt?: {
    unable(store: DatastoreRef, place: string, waiting: Waiting): Promise<string | undefined>;
    take(
      store: DatastoreRef,
      folder: string,
      place: string,
      waiting: Waiting,
      there?: DatastoreRef,
    ): Promise<string>;
    /** What the service made of `there` and nobody here removes, in a sentence; absent where no service makes any. */
    left?: (there: DatastoreRef, waiting: Waiting) => Promise<string | undefined>;
  };
  /** Absent where nobody could tell what an exchange kept from what somebody else put there. */
  quarantine?: {
    list(store: DatastoreRef, waiting: Waiting): Promise<Quarantined[]>;
    remove(store: DatastoreRef, name: string, waiting: Waiting): Promise<void>;
  };
}

/** A stored object as a person finds it. */
export interface HandObject extends BackupObject {
  /** Absolute. */
  file: string;
  /** A command of a shell that prints its plain bytes. */
  read: string;
}

/** A backup that a person restores without Fairlead. */
export interface HandBackup {
  manifest: StreamedManifest;
  objects: HandObject[];
}

/**
 * A copy is a folder of its kind's own: with the data, or with a note of where they are. Nobody else looks inside, and
 * what runs in it is ended with it.
 */
export interface Store {
  /** What its settings.ts says that the kind can do. */
  capabilities: DatastoreCapabilities;
  /** Where the live datastore is reached. Throws NotFound. */
  place(store: DatastoreRef): Promise<LivePlace>;
  backup(store: DatastoreRef, into: Into, waiting: Waiting, scratch: Scratch): Promise<Taken>;
  /** What is wrong with a backup, in sentences, as far as its own tool can say; empty is fine. Reads it whole. */
  examine(artefact: Artefact, waiting: Waiting): Promise<string[]>;
  /** What a backup lacks that later ones have, as a sentence; undefined for nothing. */
  lacks?: (artefact: Artefact) => string | undefined;
  /** Makes a copy of it in an empty folder, with a server of its own if it takes one, and waits until that answers. */
  restore(artefact: Artefact, folder: string, waiting: Waiting): Promise<void>;
  /** Makes an empty one in an empty folder, with a server of its own if it takes one. */
  empty(store: DatastoreRef, folder: string, waiting: Waiting): Promise<void>;
  /** How the copy in a folder is reached. Throws NotReady when its server is gone: it is restored anew then. */
  address(folder: string, waiting: Waiting): Promise<CopyAddress>;
  /** Lets a service write to the copy in a folder. Absent where everybody may. */
  handOver?: (folder: string, waiting: Waiting) => Promise<void>;
  /** Tables, columns, constraints and the like of what is live. Absent where a kind has none that a service depends on. */
  definitions?: (store: DatastoreRef, waiting: Waiting) => Promise<Definition[]>;
  fingerprint(store: DatastoreRef, waiting: Waiting, scratch: Scratch): Promise<Fingerprint>;
  /** What the copy in a folder holds now. */
  fingerprintCopy(folder: string, waiting: Waiting): Promise<Fingerprint>;
  /** Definitions as the server of the copy in a folder prints them. Absent where a kind has none. */
  reprint?: (
    folder: string,
    definitions: readonly Definition[],
    waiting: Waiting,
  ) => Promise<Definition[]>;
  /** One value of a copy. Throws Unsupported where there is nothing to ask. */
  ask(folder: string, query: string, waiting: Waiting): Promise<string | null>;
  /**
   * What a dump is that somebody named, by an absolute path. Throws NotFound, CheckFailed (it is none), Refused,
   * Unsupported (it may be one), each with a sentence.
   */
  named(path: string, waiting: Waiting): Promise<Named>;
  /** What a person types to do the same without Fairlead; nothing is changed, no secret looked up. */
  byHand(store: DatastoreRef, backup: HandBackup | undefined): Promise<DatastoreByHand>;
  /** Absent where the live datastore of this kind cannot be exchanged yet, and nothing is restored beside it. */
  exchange?: StoreExchange;
  /** Absent where people cannot look into a copy, or it cannot be compared with what is live. */
  look?: {
    /** What the copy in a folder lacks of what is live now, and has beside that; in constant memory. */
    loss(store: DatastoreRef, folder: string, waiting: Waiting): Promise<Loss>;
    /** From now on nobody writes to the copy in a folder; doing it twice is fine. */
    open(store: DatastoreRef, folder: string, waiting: Waiting): Promise<CopyView>;
  };
  /** Backups that the datastore's own service makes; undefined where it makes none. Absent where no service does. */
  serviceBackups?: (store: DatastoreRef, waiting: Waiting) => Promise<ServiceBackups | undefined>;
  /** Absent where a live datastore of this kind answers no SQL. */
  queries?: QueriesPort;
  /** Absent where a kind takes no heartbeats (ports/heartbeats.ts). */
  heartbeats?: {
    write(store: DatastoreRef, waiting: Waiting): Promise<HeartbeatRecord>;
    /** The newest heartbeat in the copy in a folder; null without any. */
    newest(folder: string, waiting: Waiting): Promise<HeartbeatRecord | null>;
  };
}

/** Where a server is reached that holds a live datastore. */
export function addressOf(
  { datastore, settings }: DatastoreRef,
  defaults: { host: string; port: number },
): LivePlace {
  const { host, port } = { ...defaults, ...settings };
  return { datastore, kind: 'address', host, port };
}

/** Records in the ring of a datastore that takes any. */
export function keepOf({ datastore, settings }: DatastoreRef): number {
  const keep = settings.recoveryPoint?.canary?.keep;
  if (keep !== undefined) return keep;
  const message = `the system file asks for no canary records in ${datastore}; recoveryPoint.canary does`;
  throw new Failure('BadInput', message);
}

/** The adapter of each kind of datastore. */
export type Stores = Record<DatastoreKind, Store>;

/** Of a dump that had begun: what may be otherwise next time is told apart by its details, since all of the work is lost with it. */
export function begun(error: unknown): unknown {
  if (!(error instanceof Failure) || !error.retryable) return error;
  return new Failure(error.kind, error.message, { begun: true });
}
