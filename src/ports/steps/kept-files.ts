// The port to files that a runbook of steps keeps as evidence. Implemented in integrations/steps/kept-files.ts. Every verb throws `Failure`.
import type { Waiting } from '../waiting.ts';

export interface ToKeep {
  /** Of the system; absolute. */
  directory: string;
  /** A folder below it, reached through no link. */
  folder: string;
  /** Of the run that keeps it. */
  runId: string;
  step: string;
}

export interface KeptFile {
  /** Below the folder. */
  file: string;
  bytes: number;
  sha256: string;
  /** Where it lies, when another state of it was kept before. */
  key?: string;
}

/** What was kept, and the object that lists it. */
export interface KeptFiles {
  files: KeptFile[];
  list: { key: string; sha256: string };
}

/** Files in the object store, whole and as they were. */
export interface KeptFilesPort {
  /**
   * Every file of a folder, and a list of them with their SHA-256. What an attempt before has stored stays, and another state of
   * a file goes beside it. Throws
   * NotFound for a folder that is not there, BadInput for one outside, Refused and Unsupported for links, Unavailable.
   */
  keep(what: ToKeep, waiting: Waiting): Promise<KeptFiles>;
}
