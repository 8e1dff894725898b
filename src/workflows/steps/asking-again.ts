// What was started to ask again (start-later.ts), where it has not come to what it is for.
import { workflowInfo } from '@temporalio/workflow';
import type { Outcome } from '../../domain/operation/outcome.ts';

/** `later`: Temporal begins it again; `never`: this was the last time. Undefined for an end, and for what does not ask again. */
export function askingAgain(outcome: Outcome): 'later' | 'never' | undefined {
  const { attempt, retryPolicy: { maximumAttempts } = {} } = workflowInfo();
  const isOver = !['refused', 'preempted', 'failed'].includes(outcome);
  if (isOver || maximumAttempts === undefined) return undefined;
  return attempt < maximumAttempts ? 'later' : 'never';
}
