// What a kind of datastore has to be able to do, so that datastores/backups.ts can make backups of it. A kind knows its
// tools and nothing of object stores, manifests, keys or encryption. Implemented in files/, postgres/, redis/.
import type { Bytes, CopyAddress, DatastoreRef, Fingerprint } from '../activities/ports-data.ts';
import type { Waiting } from '../activities/ports.ts';
import type { BackupManifest, BackupObject, Part } from '../domain/backup.ts';
import type { CanaryRecord } from '../domain/canary.ts';
import { Failure } from '../domain/failure.ts';
import type { LivePlace } from '../domain/fence.ts';
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

/** Where one attempt at a backup goes. */
export interface Into extends FileProgress {
  write: Write;
}

/** What a kind hands over when everything is written. */
export type Taken = Pick<
  BackupManifest,
  'source' | 'recoveryPoint' | 'tools' | 'objects' | 'contents' | 'canary'
>;

/** A backup that can be read. */
export interface Artefact {
  manifest: BackupManifest;
  /** What it is restored as. */
  store: DatastoreRef;
  /** Plain bytes; throws CheckFailed at their end when they are not what the manifest says. */
  read: (object: BackupObject, waiting: Waiting) => Bytes;
}

/** A folder for as long as `work` takes, removed with all that runs in it; after a crash a janitor finds it. */
export type Scratch = <T>(work: (folder: string) => Promise<T>) => Promise<T>;

export interface Store {
  /** Where the live one is reached. Throws NotFound. */
  place(store: DatastoreRef): Promise<LivePlace>;
  backup(store: DatastoreRef, into: Into, waiting: Waiting, scratch: Scratch): Promise<Taken>;
  /** What is wrong with it, as far as its own tool can say; empty is fine. Reads it whole. */
  examine(artefact: Artefact, waiting: Waiting): Promise<string[]>;
  /** Loads it into an empty folder, with a server of its own if it takes one, and waits until that answers. */
  restore(artefact: Artefact, folder: string, waiting: Waiting): Promise<void>;
  /** Makes an empty one in an empty folder, with a server of its own if it takes one. */
  empty(store: DatastoreRef, folder: string, waiting: Waiting): Promise<void>;
  /** How the copy in a folder is reached. Throws NotReady when its server is gone: it is restored anew then. */
  address(folder: string, waiting: Waiting): Promise<CopyAddress>;
  /** Lets a service write to the copy in a folder. Absent where everybody may. */
  handOver?: (folder: string, waiting: Waiting) => Promise<void>;
  fingerprint(store: DatastoreRef, waiting: Waiting, scratch: Scratch): Promise<Fingerprint>;
  /** Of a copy. */
  fingerprintCopy(folder: string, waiting: Waiting): Promise<Fingerprint>;
  /** One value of a copy. Throws Unsupported where there is nothing to ask. */
  ask(folder: string, query: string, waiting: Waiting): Promise<string | null>;
  /**
   * What a dump is that somebody named, by an absolute path. Throws NotFound, CheckFailed (it is none), Refused,
   * Unsupported (it may be one), each with a sentence.
   */
  named(path: string, waiting: Waiting): Promise<Named>;
  /** Absent where a kind takes no canary records: see ports-canary.ts. */
  canary?: {
    write(store: DatastoreRef, waiting: Waiting): Promise<CanaryRecord>;
    /** In the folder of a copy. */
    newest(folder: string, waiting: Waiting): Promise<CanaryRecord | null>;
  };
}

/** Records in the ring of a datastore that takes any. */
export function keepOf({ datastore, settings }: DatastoreRef): number {
  const keep = settings.recoveryPoint?.canary?.keep;
  if (keep !== undefined) return keep;
  const message = `the system file asks for no canary records in ${datastore}; recoveryPoint.canary does`;
  throw new Failure('BadInput', message);
}
