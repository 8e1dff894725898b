// The ports to backups and what they are made of. `objects` is a dumb store of bytes; `backups` knows datastores,
// manifests and copies. Implemented in integrations/objects-folder.ts and datastores/. Every verb throws `Failure`.
import type { Datastore } from '../config/datastores.ts';
import type {
  BackupManifest,
  BackupMark,
  CatalogueEntry,
  Contents,
  RecoveryPoint,
} from '../domain/backup.ts';
import type { LivePlace } from '../domain/fence.ts';
import type { RungResult } from '../domain/ladder.ts';
import type { RunRef, Waiting } from './ports.ts';

export type Bytes = AsyncIterable<Uint8Array>;

export interface ObjectInfo {
  /** Parts of letters, digits, `.`, `_`, `-`, joined by `/`; none begins with a dot. */
  key: string;
  size: number;
  /** Milliseconds since 1970. */
  modifiedAt: number;
  /** Changes with the content: what a removal expects. */
  etag: string;
}

/** Reads and adds; what is there stays as it is. */
export interface ObjectsPort {
  /**
   * Stores what `body` yields, whole or not at all, in constant memory. A key that is taken is refused (Refused)
   * and stays as it is: nothing is ever overwritten. A body that throws leaves nothing, and so does a cancel.
   */
  put(
    input: { key: string; body: Bytes },
    waiting: Waiting,
  ): Promise<ObjectInfo & { sha256: string }>;
  /** Throws NotFound. */
  get(key: string, waiting: Waiting): Promise<{ info: ObjectInfo; body: Bytes }>;
  /** Every object whose key begins with `prefix`, in the order of keys (by their bytes). */
  list(prefix: string): Promise<ObjectInfo[]>;
}

/** Retention's own identity: who writes backups has no such port. */
export interface ObjectRemovalPort {
  /** Removes what still is as `etag` says (else WorldChanged); what is gone is fine. */
  remove(input: { key: string; etag: string }): Promise<void>;
  /** Removes what uploads left that were cut off before `before` (ms); answers how many. */
  sweep(before: number): Promise<number>;
}

/** A datastore as its system file declares it. */
export interface DatastoreRef {
  system: string;
  datastore: string;
  /** Absolute folder that paths and files of secrets are relative to. */
  directory: string;
  settings: Datastore;
}

/** A copy apart from everything live, named for the operation (and attempt) that made it. */
export interface CopyRef {
  /** A file name: letters, digits, `.`, `_`, `-`. */
  copy: string;
  store: DatastoreRef;
  /** The run that it is made for; a janitor discards what belongs to one that is not open any more. */
  owner?: RunRef;
}

/** How a copy is reached; a secret is the file that holds it. */
export type CopyAddress =
  | { kind: 'files'; directory: string }
  | {
      kind: 'postgres';
      host: string;
      port: number;
      database: string;
      user: string;
      passwordFile: string;
    }
  | { kind: 'redis'; host: string; port: number; passwordFile: string };

export interface CopyState {
  copy: string;
  /** The backup it is made from; or `file:` and a path, or `empty:` and a datastore. */
  backup: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  state: 'loading' | 'ready';
  owner?: RunRef;
}

export interface BackupsPort {
  /**
   * Takes a backup under `id`; asked again for one that is complete it answers that one's manifest. An attempt that
   * was cut off leaves an entry that is `incomplete`; the next one writes beside it, and takes over what it stored of a
   * folder of files. `owner` has what is needed for it for a while.
   */
  backup(
    input: { store: DatastoreRef; id: string; systemDigest: string; owner?: RunRef },
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
   * Loads a backup into a new copy, and waits until it can be asked. The same copy of the same backup again is
   * answered as it is, or begun anew when it was cut off; a name that holds anything else is refused.
   */
  restore(input: { id: string; target: CopyRef }, waiting: Waiting): Promise<CopyAddress>;
  /**
   * Makes an empty copy: a server of its kind, or a folder, that holds nothing. Again the same one is answered as it is,
   * whatever was written to it; a name that holds anything else is refused.
   */
  empty(target: CopyRef, waiting: Waiting): Promise<CopyAddress>;
  /**
   * Gives a copy to a service, which may write to it from now on: it is compared with nothing any more. Throws Refused
   * when it is not there, NotReady when it is not loaded or its server is gone.
   */
  handOver(target: Pick<CopyRef, 'copy' | 'store'>, waiting: Waiting): Promise<CopyAddress>;
  /**
   * What the live datastore, or a copy, holds now; a table or a file too much or too few shows. `owner` has what is needed
   * for it for a while.
   */
  fingerprint(
    target: DatastoreRef | CopyRef,
    waiting: Waiting,
    owner?: RunRef,
  ): Promise<Fingerprint>;
  /** Where the live datastore is reached: a folder with all its generations. Throws NotFound. */
  place(store: DatastoreRef): Promise<LivePlace>;
  /** Bytes that are free where copies go. */
  room(): Promise<number>;
  /** One value of a copy, for invariants and the watermark. Reads only; throws CheckFailed, Unsupported. */
  ask(input: { target: CopyRef; query: string }, waiting: Waiting): Promise<string | null>;
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
}
