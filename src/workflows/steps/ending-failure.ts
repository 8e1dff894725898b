// The failure that a workflow ends with: a sentence, and no stack with paths.
import { ApplicationFailure } from '@temporalio/common';

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
