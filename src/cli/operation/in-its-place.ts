// The run that goes on where one was ended through Temporal: a Reset makes one, continue-as-new does, and somebody may start
// the same again.
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { canonicalJson } from '../../domain/digest.ts';
import { isRecord } from '../../domain/json.ts';
import { describeValue } from '../../domain/text/describe-value.ts';
import type { Temporal } from '../temporal/connect.ts';
import type { RunName } from './ending.ts';

export type Fields = Record<string, unknown>;

/** A run under the same workflow id that began after another one. */
export interface Successor {
  run: RunName;
  /** True when it does what the ended one was asked for; else it is another operation that took the name. */
  goesOn: boolean;
}

/** The newest run under the workflow id of a run that was ended through Temporal; undefined when that is still this one. */
export async function successorOf(
  { client }: Temporal,
  { operation, workflowId, runId }: RunName,
): Promise<Successor | undefined> {
  const newest = await client.workflow.getHandle(workflowId).describe();
  if (newest.runId === runId) return undefined;
  const run = { operation, workflowId, runId: newest.runId };
  const ended = await client.workflow.getHandle(workflowId, runId).describe();
  if (firstRunOf(newest) === firstRunOf(ended)) {
    return { run, goesOn: true };
  }
  const asked = requestOf(ended);
  const goesOn =
    newest.type === ended.type &&
    Object.keys(asked).length > 0 &&
    differences(asked, requestOf(newest)).length === 0;
  return { run, goesOn };
}

/** A Reset and continue-as-new keep it. */
function firstRunOf({ raw, runId }: WorkflowExecutionDescription): string {
  const first = raw.workflowExecutionInfo?.firstRunId ?? '';
  return first === '' ? runId : first;
}

/** How two requests differ, in sentences; empty when both ask for the same. */
export function differences(running: Fields, asked: Fields): string[] {
  const fields = [...new Set([...Object.keys(running), ...Object.keys(asked)])].toSorted();
  return fields
    .filter((field) => field !== 'reason' && field !== 'requestedBy')
    .filter((field) => text(running[field]) !== text(asked[field]))
    .map(
      (field) =>
        `${field} is ${describeValue(running[field])} there and ${describeValue(asked[field])} here`,
    );
}

function text(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value);
}

export function requestOf(running: WorkflowExecutionDescription): Fields {
  const request = running.memo?.['request'];
  return isRecord(request) ? request : {};
}
