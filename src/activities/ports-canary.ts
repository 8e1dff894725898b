// The port to canary records (domain/canary.ts): written into live datastores that ask for it, read from copies.
// Implemented in datastores/canaries.ts. Every verb throws `Failure`.
import type { CanaryRecord } from '../domain/canary.ts';
import type { CopyRef, DatastoreRef } from './ports-data.ts';
import type { Waiting } from './ports.ts';

export interface CanaryPort {
  /**
   * Adds one record to the ring of a live datastore, and makes the table or file when it is not there. Throws Refused
   * when something else has that name or Fairlead lacks the rights, Unsupported for a kind that takes none.
   */
  write(store: DatastoreRef, waiting: Waiting): Promise<CanaryRecord>;
  /** The newest record that a copy holds; null without any. */
  newest(target: CopyRef, waiting: Waiting): Promise<CanaryRecord | null>;
}
