// The port to dumps that are in no catalogue: a file or folder that somebody names, on the worker's machine. Implemented
// in datastores/named-files.ts. Every verb throws `Failure`.
import type { BoundPlace } from '../domain/recovery/binding.ts';
import type { CopyPlacement, CopyRef, DatastoreRef } from './backups.ts';
import type { RungResult } from '../domain/backup/ladder.ts';
import type { Waiting } from './waiting.ts';

export interface NamedFile {
  store: DatastoreRef;
  /** Absolute, or inside the system's folder. */
  file: string;
}

export interface NamedFilesPort {
  /**
   * Why what somebody else restored cannot take the place of the live datastore, in a sentence; undefined where nothing
   * speaks against it. `what` is a path with a `/` in it, or the name of a place beside the live data. Asked for a plan.
   */
  unadoptable(
    input: { store: DatastoreRef; what: string },
    waiting: Waiting,
  ): Promise<string | undefined>;
  /**
   * Takes a place beside the live data for a copy, as it is; answers what it is, in words. Discarded, the copy leaves it as it was.
   * `into` says where the datastore's own service makes it, where it is asked for one of its backups.
   * Throws Refused, NotFound, Unsupported.
   */
  adopt(
    input: { place: string; target: CopyRef; into?: CopyPlacement },
    waiting: Waiting,
  ): Promise<string>;
  /**
   * What is at the place where the datastore's own service was to make a copy, in a sentence; undefined where nothing is. No
   * discard removes it. Throws Refused, Unavailable.
   */
  left(
    input: { store: DatastoreRef; into: BoundPlace },
    waiting: Waiting,
  ): Promise<string | undefined>;
  /**
   * The first rung: it is there, not empty, of the kind's format, and its tool reads it to its end; answers with its
   * SHA-256. Throws CheckFailed and NotFound for a file that is none, Refused and Unsupported for what says nothing of it.
   */
  examine(input: NamedFile, waiting: Waiting): Promise<RungResult>;
  /** Loads it into a new copy, as `BackupsPort.restore` does. `sha256` is of what was loaded, null when an earlier attempt did. */
  restore(
    input: { file: string; target: CopyRef; into?: CopyPlacement },
    waiting: Waiting,
  ): Promise<{ sha256: string | null }>;
  /** When it was written last (ms). */
  writtenAt(input: NamedFile, waiting: Waiting): Promise<number>;
}
