// The failure that a workflow ends with: a sentence, and no stack with paths.
import { ApplicationFailure } from '@temporalio/common';

/** `type` is the outcome; `details` are a summary, and what is behind it. */
export function endingFailure(
  type: string,
  message: string,
  details: unknown[] = [],
): ApplicationFailure {
  const failure = ApplicationFailure.create({ type, message, nonRetryable: true, details });
  failure.stack = '';
  return failure;
}
