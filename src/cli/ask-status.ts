// Asks a worker for the status of one run; without one, says what Temporal itself knows.
import { type WorkflowExecutionDescription, type WorkflowExecutionInfo } from '@temporalio/client';
import { isRecord, textAt } from '../domain/json.ts';
import type { OperationState } from '../domain/outcome.ts';
import type { OperationStatus } from '../domain/status.ts';
import { isOperationStatus } from './answers.ts';
import type { Temporal } from './connect.ts';
import type { RunName } from './ending.ts';
import { knownOutcome } from './outcome-code.ts';

export type StatusAnswer =
  | { from: 'worker'; status: OperationStatus }
  /** No worker answered in time, or Temporal did not. */
  | { from: 'nobody'; problem: string };

export async function askStatus(
  temporal: Temporal,
  run: RunName,
  timeoutMs: number,
): Promise<StatusAnswer> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  try {
    const answer: unknown = await temporal.client.withDeadline(Date.now() + timeoutMs, () =>
      handle.query('status'),
    );
    if (isOperationStatus(answer)) return { from: 'worker', status: answer };
    return { from: 'nobody', problem: 'the answer to the query "status" was no status' };
  } catch (error) {
    return { from: 'nobody', problem: problemOf(error) };
  }
}

/** The sentence inside Temporal's errors. */
export function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** From description, search attributes and memo: works while no worker is there. */
export function staleStatus(
  info: WorkflowExecutionInfo | WorkflowExecutionDescription,
): OperationStatus {
  const request = isRecord(info.memo) ? info.memo['request'] : undefined;
  const outcome = outcomeOf(info);
  const open = info.status.name === 'RUNNING' || info.status.name === 'PAUSED';
  return {
    schema: 'fairlead/status/v1',
    operation: attribute(info, 'FairleadOperation') ?? info.workflowId,
    runId: info.runId,
    kind: attribute(info, 'FairleadKind') ?? info.type,
    system: attribute(info, 'FairleadSystem') ?? textAt(request, 'system') ?? '',
    state: open ? stateOf(attribute(info, 'FairleadState')) : 'closed',
    gates: [],
    weights: [],
    undo: [],
    ...(open || outcome === undefined ? {} : { outcome }),
    stale: true,
    steps: [],
    verdicts: [],
  };
}

/** A keyword search attribute, if it is set. */
export function attribute(
  info: WorkflowExecutionInfo | WorkflowExecutionDescription,
  name: string,
) {
  const found = info.typedSearchAttributes.getAll().find((pair) => pair.key.name === name)?.value;
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function outcomeOf(info: WorkflowExecutionInfo | WorkflowExecutionDescription) {
  const said = attribute(info, 'FairleadOutcome');
  if (said !== undefined) return knownOutcome(said);
  return info.status.name === 'TERMINATED' || info.status.name === 'TIMED_OUT'
    ? 'interrupted'
    : undefined;
}

function stateOf(said: string | undefined): OperationState {
  const states: OperationState[] = ['waiting', 'paused', 'parked', 'undoing', 'closed'];
  return states.find((one) => one === said) ?? 'running';
}
