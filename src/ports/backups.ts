// The port to backups and to copies made of them: it knows datastores and manifests. Implemented in datastores/. Every
// verb throws `Failure`. A copy is known by its name and its store; where it lies is its kind's own affair.
import type {
  BackupManifest,
  BackupMark,
  CatalogueEntry,
  Contents,
  Definition,
  RecoveryPoint,
  Served,
} from '../domain/backup/backup.ts';
import type { ServiceBackups } from '../domain/backup/service-backups.ts';
import type { Datastore } from '../config/datastores.ts';
import type { DatastoreCapabilities } from '../domain/capabilities.ts';
import type { BoundPlace } from '../domain/recovery/binding.ts';
import type { CopyPlace, Loss } from '../domain/recovery/exchange.ts';
import type { LivePlace } from '../domain/recovery/isolation.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import type { RungResult } from '../domain/backup/ladder.ts';
import type { Waiting } from './waiting.ts';

/** A datastore as its system file declares it. */
export interface DatastoreRef {
  system: string;
  datastore: string;
  /** Absolute folder that paths and files of secrets are relative to. */
  directory: string;
  settings: Datastore;
}

/**
 * `scratch`: apart from everything live, with a server of its own if it takes one. `beside`: next to the live data, where
 * the live datastore can be exchanged for it (ports/exchanges.ts); nobody reads it before. `elsewhere`: at another place than
 * the live datastore, which is gone, and will be bound to that.
 */
export type CopyPlacement = 'scratch' | 'beside' | { elsewhere: BoundPlace };

/** A copy, named for the operation (and attempt) that made it. */
export interface CopyRef {
  /** A file name: letters, digits, `.`, `_`, `-`. */
  copy: string;
  store: DatastoreRef;
  /** The run that it is made for; a janitor discards what belongs to one that is not open any more. */
  owner?: RunRef;
}

export interface CopyState {
  copy: string;
  /** The backup it is made from; or `file:` and a path, or `empty:` and a datastore. */
  backup: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  state: 'loading' | 'ready';
  /** The machine that it lies on (machine/machine-id.ts). */
  machine: string;
  owner?: RunRef;
  /** What is wrong with the copy's own record, as a sentence: then backup and owner are not known. */
  problem?: string;
  /** Until when people want to have it (ms), whatever becomes of its run. */
  keptUntil?: number;
}

/** A copy as people see it. */
export interface CopyView {
  /** A folder; or a server and a database. */
  where: string;
  /** Commands to paste. */
  look: string[];
}

export interface BackupsPort {
  /** What the kind of a datastore can do. */
  capabilities(store: DatastoreRef): DatastoreCapabilities;
  /**
   * Takes a backup under `id`; asked again for one that is complete it answers that one's manifest. An attempt that
   * was cut off leaves an entry that is `incomplete`; the next one writes beside it, and takes over what it stored of a
   * folder of files. `owner` has what is needed for it for a while.
   */
  backup(
    input: {
      store: DatastoreRef;
      id: string;
      systemDigest: string;
      served?: Served;
      owner?: RunRef;
    },
    waiting: Waiting,
  ): Promise<BackupManifest>;
  /** Everything under one datastore, oldest first. Needs nothing but the object store. */
  list(input: { system: string; datastore: string }, waiting: Waiting): Promise<CatalogueEntry[]>;
  /** Throws NotFound. */
  read(id: string, waiting: Waiting): Promise<CatalogueEntry>;
  /** Adds a mark beside the manifest; the same one twice is fine. */
  mark(id: string, mark: BackupMark, waiting: Waiting): Promise<void>;
  /** The first rung: every object read whole, its checksum, and what the tool says of it. */
  examine(input: { store: DatastoreRef; id: string }, waiting: Waiting): Promise<RungResult>;
  /**
   * Loads a backup into a new copy, and waits until it can be asked. The same copy of the same backup again is left as
   * it is, or begun anew when it was cut off; a name that holds anything else is refused. Throws Unsupported where the
   * kind cannot restore such an artefact, or not `into` that.
   */
  restore(
    input: { id: string; target: CopyRef; into: CopyPlacement },
    waiting: Waiting,
  ): Promise<void>;
  /**
   * Makes an empty copy: a server of its kind, or a folder, that holds nothing. Again the same one is left as it is,
   * whatever was written to it; a name that holds anything else is refused.
   */
  empty(target: CopyRef, waiting: Waiting): Promise<void>;
  /**
   * Gives a copy to a service, which may write to it from now on: it is compared with nothing any more. The address is
   * for whoever binds it. Throws Refused when it is not there, NotReady when it is not loaded or its server is gone.
   */
  handOver(target: Pick<CopyRef, 'copy' | 'store'>, waiting: Waiting): Promise<CopyAddress>;
  /** What the live datastore is made of beside its rows; empty where its kind has nothing of that. */
  definitions(store: DatastoreRef, waiting: Waiting): Promise<Definition[]>;
  /**
   * What the live datastore, or a copy, holds now; a table or a file too much or too few shows. `owner` has what is needed
   * for it for a while.
   */
  fingerprint(
    target: DatastoreRef | CopyRef,
    waiting: Waiting,
    owner?: RunRef,
  ): Promise<Fingerprint>;
  /** Definitions of elsewhere as the server of a copy prints them: so they can be compared with the copy's own. */
  reprint(
    input: { target: CopyRef; definitions: readonly Definition[] },
    waiting: Waiting,
  ): Promise<Definition[]>;
  /** What the datastore's own service makes of backups; undefined where there is no such service. Throws Refused, Unavailable. */
  serviceBackups(store: DatastoreRef, waiting: Waiting): Promise<ServiceBackups | undefined>;
  /** Where the live datastore is reached: a folder with all its generations. Throws NotFound. */
  place(store: DatastoreRef): Promise<LivePlace>;
  /** Bytes that are free where copies go. */
  room(): Promise<number>;
  /** One value of a copy, for invariants and the watermark. Reads only; throws CheckFailed, Unsupported. */
  ask(input: { target: CopyRef; query: string }, waiting: Waiting): Promise<string | null>;
  /**
   * Where a copy goes that people are to look into: beside what is live, or apart from it with why. Throws Unsupported
   * where the kind has nothing to show.
   */
  placeForCopy(store: DatastoreRef, waiting: Waiting): Promise<CopyPlace>;
  /** What a copy lacks of what is live now, and has beside that; in constant memory. Throws Unsupported. */
  lossAgainstLive(target: CopyRef, waiting: Waiting): Promise<Loss>;
  /** Makes a copy read-only, and leaves it to people until then (ms); a janitor discards it afterwards. Throws Unsupported. */
  keep(input: { target: CopyRef; until: number }, waiting: Waiting): Promise<CopyView>;
  /** Ends what runs on a copy and removes it; one that is not there is fine. */
  discard(copy: string, waiting: Waiting): Promise<void>;
  /** Copies that are there, whoever made them: what a janitor looks at. */
  copies(): Promise<CopyState[]>;
}

export interface Fingerprint {
  contents: Contents;
  at: RecoveryPoint;
}

/** Removes backups: of another identity than the port that makes them. */
export interface BackupRemovalPort {
  /** A backup loses its manifest first, so that what is left of it is no backup. Answers what was removed. */
  remove(id: string, waiting: Waiting): Promise<{ objects: number; bytes: number }>;
  /**
   * Removes what attempts at one backup left: of a complete one all that its manifest does not name; of one that is not,
   * the dumps of attempts that cannot become the backup any more, which those before now cannot after this. To be called
   * before an attempt begins, and after the last one. Answers what was removed.
   */
  removeLeft(id: string, waiting: Waiting): Promise<{ objects: number; bytes: number }>;
}

/** How a copy is reached. `of` is the kind of its datastore, for people. */
export type CopyAddress =
  | { kind: 'folder'; of: string; directory: string }
  | {
      kind: 'address';
      of: string;
      host: string;
      port: number;
      login: CopyLogin;
      /** The pid of a server of the copy's own whose network leads nowhere: what it reaches can be asked. */
      server?: number;
    };

/** `fields`: what a service logs in with (`user`, `database`); the password is in the file. */
export interface CopyLogin {
  fields: Readonly<Record<string, string>>;
  passwordFile: string;
}
