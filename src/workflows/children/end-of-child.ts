// What a child workflow's end says of the operation that it was.
import {
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
} from '@temporalio/common';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { isRecord, textAt } from '../../domain/json.ts';
import type { ChildEnd } from '../../domain/operation/child.ts';
import { isOutcome, type Outcome } from '../../domain/operation/outcome.ts';

type Handle = ChildWorkflowHandle<(input: unknown) => Promise<unknown>>;

/** Never throws: whatever ended it is its outcome. */
export async function endOfChild(handle: Handle, operation: string): Promise<ChildEnd> {
  const { workflowId, firstExecutionRunId: runId } = handle;
  const known = { operation, workflowId, runId };
  try {
    const summary = await handle.result();
    const outcome = outcomeIn(textAt(summary, 'outcome')) ?? 'succeeded';
    return {
      ...known,
      outcome,
      message: textAt(summary, 'message') ?? '',
      leftovers: leftIn(summary),
    };
  } catch (error) {
    const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
    return { ...known, ...failedBy(cause) };
  }
}

function failedBy(cause: unknown): Pick<ChildEnd, 'outcome' | 'message' | 'leftovers'> {
  if (cause instanceof ApplicationFailure) {
    const [summary] = cause.details ?? [];
    const outcome = outcomeIn(cause.type ?? undefined) ?? 'failed';
    return { outcome, message: cause.message, leftovers: leftIn(summary) };
  }
  if (cause instanceof CancelledFailure) {
    return { outcome: 'aborted', message: 'cancelled through Temporal', leftovers: [] };
  }
  const how = cause instanceof TerminatedFailure ? 'terminated' : 'ended';
  const message = `it was ${how} through Temporal: nothing of it was taken back, and nobody closed its record`;
  return { outcome: 'interrupted', message, leftovers: [] };
}

function outcomeIn(text: string | undefined): Outcome | undefined {
  return text !== undefined && isOutcome(text) ? text : undefined;
}

function leftIn(summary: unknown): string[] {
  const left = isRecord(summary) ? summary['leftovers'] : undefined;
  return Array.isArray(left) ? left.filter((one) => typeof one === 'string') : [];
}
