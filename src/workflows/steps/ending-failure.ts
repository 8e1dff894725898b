// The failure that a workflow ends with, which is a sentence and no stack with paths; and whether Temporal begins the workflow
// again after it, as what was started to ask again (children/start-later.ts).
import { ApplicationFailure } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import type { Outcome } from '../../domain/operation/outcome.ts';

/** `type` is the outcome; `details` are a summary, and what is behind it; `again`: Temporal may begin the workflow again. */
export function endingFailure(
  type: string,
  message: string,
  details: unknown[] = [],
  again = false,
): ApplicationFailure {
  const failure = ApplicationFailure.create({ type, message, nonRetryable: !again, details });
  failure.stack = '';
  return failure;
}

/** `later`: Temporal begins it again; `never`: this was the last time. Undefined for an end, and for what does not ask again. */
export function askingAgain(outcome: Outcome): 'later' | 'never' | undefined {
  const { attempt, retryPolicy: { maximumAttempts } = {} } = workflowInfo();
  const isOver = !['refused', 'preempted', 'failed'].includes(outcome);
  if (isOver || maximumAttempts === undefined) return undefined;
  return attempt < maximumAttempts ? 'later' : 'never';
}
