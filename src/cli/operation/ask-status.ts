// Asks a worker for the status of one run; without one, says what Temporal itself knows.
import {
  QueryNotRegisteredError,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  type WorkflowHandle,
} from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { gateWatchSeen } from '../../domain/analysis/gate-watch.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import { isOpen } from '../../domain/operation/operation.ts';
import type { OperationState } from '../../domain/operation/outcome.ts';
import { pendingWork } from '../../domain/operation/pending.ts';
import type { OperationStatus } from '../../domain/operation/status.ts';
import { isOperationStatus } from '../temporal/answers.ts';
import type { Temporal } from '../temporal/connect.ts';
import { endingOfError, endingOfResult, type Ending, type RunName } from './ending.ts';
import { knownOutcome } from './outcome-code.ts';

/** For how a run ended, which Temporal has at hand. */
const END_MS = 10_000;

export type StatusAnswer =
  | { from: 'worker'; status: OperationStatus }
  /** No worker answered in time, or Temporal did not. `hasNone`: the run ended before it had a status. */
  | { from: 'nobody'; problem: string; hasNone?: boolean };

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
    if (isOperationStatus(answer))
      return { from: 'worker', status: await withPending(handle, answer, temporal) };
    return { from: 'nobody', problem: 'the answer to the query "status" was no status' };
  } catch (error) {
    return { from: 'nobody', problem: problemOf(error), hasNone: answersNothing(error) };
  }
}

/** The status of a run; what Temporal knows of it where no worker answers. */
export async function askRun(
  temporal: Temporal,
  run: RunName & { open: boolean; info: WorkflowExecutionInfo },
  timeoutMs: number,
): Promise<OperationStatus> {
  const known = staleStatus(run.info);
  const answer = await askStatus(temporal, run, timeoutMs);
  if (answer.from === 'worker') {
    return run.open ? answer.status : endedStatus(answer.status, known.outcome);
  }
  const note = run.open ? undefined : (await endOfClosed(temporal, run))?.message;
  return {
    ...known,
    ...(note !== undefined && { note }),
    stale: answer.hasNone !== true || note === undefined,
  };
}

/** How a run that is over ended, which Temporal keeps; undefined where it does not answer. */
export async function endOfClosed(temporal: Temporal, run: RunName): Promise<Ending | undefined> {
  const { workflow } = temporal.client;
  const handle = workflow.getHandle(run.workflowId, run.runId, { followRuns: false });
  try {
    const result = temporal.client.withDeadline(Date.now() + END_MS, () => handle.result());
    return endingOfResult(run, await result);
  } catch (error) {
    return endingOfError(run, error);
  }
}

/** Whether a run has no queries at all: what makes no sense is refused before its workflow begins to answer. */
export function answersNothing(error: unknown): boolean {
  return error instanceof QueryNotRegisteredError;
}

/** The status of a run that is over. A workflow that was terminated never got to close its own: what it would undo stays. */
export function endedStatus(
  status: OperationStatus,
  outcome: OperationStatus['outcome'],
): OperationStatus {
  if (status.state === 'closed') return status;
  const leftovers = status.undo.map((one) => `not undone: ${one}`);
  return {
    ...status,
    state: 'closed',
    gates: [],
    undo: [],
    ...(outcome !== undefined && { outcome }),
    ...(leftovers.length > 0 && { leftovers }),
  };
}

/** The plan of a run; undefined when no worker answered. */
export async function askPlan(temporal: Temporal, run: RunName): Promise<unknown> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  try {
    return await temporal.client.withDeadline(Date.now() + 10_000, () => handle.query('plan'));
  } catch {
    return undefined;
  }
}

/** Ids of the steps of a plan, and of those after which it asks for an approval; none of an answer that is no plan. */
export function planIds(plan: unknown): { steps: string[]; gates: string[] } {
  const steps: unknown[] = isRecord(plan) && Array.isArray(plan['steps']) ? plan['steps'] : [];
  const idsOf = (some: unknown[]): string[] => some.flatMap((step) => textAt(step, 'id') ?? []);
  return {
    steps: idsOf(steps),
    gates: idsOf(steps.filter((step) => textAt(step, 'gate') !== undefined)),
  };
}

/** With what runs now and what the gate watch saw, which are known to Temporal alone: the heartbeats of activities say it. */
async function withPending(
  handle: WorkflowHandle,
  status: OperationStatus,
  { client }: Temporal,
): Promise<OperationStatus> {
  const isRunning = ['running', 'undoing'].includes(status.state);
  if (status.watch === undefined && !isRunning) return status;
  const { payloadConverter } = client.options.loadedDataConverter;
  const decode = (payload: Payload): unknown => payloadConverter.fromPayload(payload);
  const { pendingActivities } = (await handle.describe()).raw;
  const seen = gateWatchSeen(pendingActivities ?? [], decode, Date.now());
  const pending = pendingWork(pendingActivities ?? [], decode, Date.now());
  return {
    ...status,
    ...(pending.length > 0 && { pending }),
    ...(seen !== undefined &&
      status.watch !== undefined && { watch: { ...seen, step: status.watch.step } }),
  };
}

/** What an error of Temporal's client says, with its cause. */
export function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** A status made of what Temporal itself keeps (description, search attributes, memo): needs no worker. */
export function staleStatus(
  info: WorkflowExecutionInfo | WorkflowExecutionDescription,
): OperationStatus {
  const request = isRecord(info.memo) ? info.memo['request'] : undefined;
  const outcome = outcomeOf(info);
  const open = isOpen(info);
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
