// The port to heartbeats (domain/backup/heartbeat.ts): written into live datastores that ask for it, read from copies.
// Implemented in datastores/heartbeats.ts. Every verb throws `Failure`.
import type { HeartbeatRecord } from '../domain/backup/heartbeat.ts';
import type { CopyRef, DatastoreRef } from './backups.ts';
import type { Waiting } from './waiting.ts';

export interface HeartbeatPort {
  /**
   * Adds one record to the ring of a live datastore, and makes the table or file when it is not there. Throws Refused
   * when something else has that name or Fairlead lacks the rights, Unsupported for a kind that takes none.
   */
  write(store: DatastoreRef, waiting: Waiting): Promise<HeartbeatRecord>;
  /** The newest record that a copy holds; null without any. */
  newest(target: CopyRef, waiting: Waiting): Promise<HeartbeatRecord | null>;
}
