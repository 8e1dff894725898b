// Heartbeats (`canary records` to people): what Fairlead writes into a live datastore, stamped by the datastore's clock, so that a copy of it
// says by itself how old it is. They lie in a table or a file of their own, which is part of every backup and of no
// comparison: it changes all the time.

/** A table of Postgres, in the schema `public`; a file at the top of a folder of files. */
export const HEARTBEAT_TABLE = 'fairlead_canary';
export const HEARTBEAT_FILE = 'fairlead-canary.csv';

export interface HeartbeatRecord {
  /** A UUID, new when the table or file is made: records of another one say nothing of this one's age. */
  timeline: string;
  /** Counts from 1; the record lies in the slot `number mod keep`. */
  number: number;
  /** ISO 8601, by the datastore's clock: what was committed before is in every copy that has this record. */
  at: string;
  /** How far that clock was ahead of the worker's. */
  skewMs: number;
}
