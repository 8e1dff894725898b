// The ways an operation ends: in reports, search attributes and exit codes.

/** How an operation ended. */
export type Outcome =
  | 'succeeded'
  | 'nothingToDo'
  | 'planned'
  | 'rolledBack'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'aborted'
  | 'preempted'
  | 'refused'
  | 'inconclusive'
  | 'interrupted';

/** What users get at the end: the side from before, the new one, some of both, nothing; or nobody could see. */
export type Serving = 'old' | 'new' | 'mixed' | 'none' | 'unknown';

export type OperationState = 'running' | 'waiting' | 'paused' | 'parked' | 'undoing' | 'closed';

/** These close the Temporal workflow as Completed; everything else fails it with the outcome as type. */
export const COMPLETES: ReadonlySet<Outcome> = new Set(['succeeded', 'nothingToDo', 'planned']);
