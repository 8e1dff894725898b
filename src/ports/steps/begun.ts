// The port to what was begun and cannot be seen from outside. Implemented in integrations/begun.ts. Every verb throws `Failure`.
import type { Waiting } from '../waiting.ts';

/** A change that is about to be made: which run (the first of its chain), which step, which of its changes. */
export interface BegunChange {
  runId: string;
  step: string;
  sequence: number;
}

/** Notes of changes that were begun, kept beside the records. */
export interface BegunPort {
  /** Notes it before it is made; false when it was noted before. Throws Unavailable. */
  note(change: BegunChange, waiting: Waiting): Promise<boolean>;
}
