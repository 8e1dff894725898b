// The port to questions and statements in SQL for a live datastore. Implemented in datastores/queries.ts. Every verb throws `Failure`.
import type { DatastoreRef } from '../backups.ts';
import type { StepQuery } from '../../config/steps/runbook-schema.ts';
import type { Waiting } from '../waiting.ts';

export interface QueryInput {
  store: DatastoreRef;
  query: StepQuery;
  timeoutMs: number;
}

/** Rows as texts, those that came first. */
export interface QueryRows {
  columns: string[];
  rows: (string | null)[][];
  /** There are more rows than these. */
  more: boolean;
}

/** SQL on live datastores. */
export interface QueriesPort {
  /** Asks in a transaction that writes nothing, with a limit on its time and on the wait for a lock. Throws CheckFailed with what the server says, Unavailable, BadInput, and Unsupported where the kind answers no SQL. */
  look(input: QueryInput, waiting: Waiting): Promise<QueryRows>;
  /** Carries one statement out; answers how many rows it changed. Throws the same. */
  change(input: QueryInput, waiting: Waiting): Promise<{ rows: number }>;
}
