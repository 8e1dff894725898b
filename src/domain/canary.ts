// Canary records: what Fairlead writes into a live datastore, stamped by the datastore's clock, so that a copy of it
// says by itself how old it is. They lie in a table or a file of their own, which is part of every backup and of no
// comparison: it changes all the time.

/** A table of Postgres, in the schema `public`; a file at the top of a folder of files. */
export const CANARY_NAME = 'fairlead_canary';
export const CANARY_FILE = 'fairlead-canary.csv';

export interface CanaryRecord {
  /** A UUID, new when the table or file is made: records of another one say nothing of this one's age. */
  timeline: string;
  /** Counts from 1; the record lies in the slot `number mod keep`. */
  number: number;
  /** By the datastore's clock, ISO 8601: what was committed before is wherever this record is. */
  at: string;
  /** How far that clock was ahead of the worker's. */
  skewMs: number;
}
