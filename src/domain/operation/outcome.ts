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

/** What became of an operation, as the rest of a sentence. */
export const OUTCOME_WORDS: Record<Outcome, string> = {
  succeeded: 'succeeded',
  nothingToDo: 'had nothing to do',
  planned: 'was only planned',
  rolledBack: 'failed and was rolled back',
  failed: 'failed',
  rejected: 'was rejected',
  expired: 'expired',
  aborted: 'was aborted',
  preempted: 'made way for another operation',
  refused: 'was refused',
  inconclusive: 'was inconclusive',
  interrupted: 'was cut off',
};

export function isOutcome(text: string): text is Outcome {
  return Object.hasOwn(OUTCOME_WORDS, text);
}
