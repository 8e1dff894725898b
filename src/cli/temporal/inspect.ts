// Asks a worker about the world, and gives back what it answers: by an activity that no workflow surrounds, where the
// server has those, so that the list of workflows shows operations and no questions; else by the workflow `inspectSystem`.
import { randomUUID } from 'node:crypto';
import {
  ActivityExecutionFailedError,
  ApplicationFailure,
  isGrpcDeadlineError,
  WorkflowFailedError,
} from '@temporalio/client';
import { failureKind } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import { hasWorker, noWorker, type Temporal } from './connect.ts';
import { kindOf } from '../operation/ending.ts';
import { EXIT, ExitError } from '../exit.ts';
import { exitCodeOfKind } from '../operation/outcome-code.ts';

const ANSWER_MS = 30_000;
/** A worker that polls takes a question at once. */
const TAKEN_WITHIN_MS = 2_000;
/** The workflow's and the activity's name. */
const QUESTION = 'inspectSystem';

export interface InspectRequest {
  /** Without it, every system that the worker knows; only with `schedules`. */
  system?: string;
  report?: { workflowId: string; runId: string };
  backups?: true;
  schedules?: true;
  recovery?: true;
  scheduled?: true;
  runbooks?: true;
  start?: { type: string; request: Record<string, unknown> };
  commands?: { type: string; request: Record<string, unknown> };
  logs?: { service: string; position: unknown };
  diff?: { service: string };
  windows?: { at?: string };
  incident?: string;
}

/** Exit 5 when no worker answers, else that of what the worker says is wrong. */
export async function inspect(temporal: Temporal, request: InspectRequest): Promise<unknown> {
  const id = `inspect/${request.system ?? 'all'}/${randomUUID()}`;
  const ask = (await hasStandaloneActivities(temporal)) ? askActivity : askWorkflow;
  try {
    return await ask(temporal, id, request);
  } catch (error) {
    throw asExit(temporal, request, error);
  }
}

/** False too where the server does not let this client ask. */
async function hasStandaloneActivities({ client, namespace }: Temporal): Promise<boolean> {
  try {
    const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace });
    return namespaceInfo?.capabilities?.standaloneActivities === true;
  } catch {
    return false;
  }
}

async function askActivity(
  temporal: Temporal,
  id: string,
  request: InspectRequest,
): Promise<unknown> {
  const { client, taskQueue } = temporal;
  const deadline = Date.now() + TAKEN_WITHIN_MS + ANSWER_MS;
  const ask = () =>
    client.activity.execute<unknown>(QUESTION, {
      ...{ id, taskQueue, args: [request] },
      scheduleToStartTimeout: TAKEN_WITHIN_MS,
      startToCloseTimeout: ANSWER_MS,
      retry: { maximumAttempts: 1 },
    });
  try {
    const answer = await client.withDeadline(deadline, ask);
    return isRecord(answer) ? answer['value'] : undefined;
  } catch (error) {
    // What the worker says is wrong is the answer. Else there is no worker, or it is being started anew: the workflow waits.
    if (error instanceof ActivityExecutionFailedError && error.cause instanceof ApplicationFailure)
      throw error;
    return askWorkflow(temporal, id, request);
  }
}

async function askWorkflow(
  temporal: Temporal,
  workflowId: string,
  request: InspectRequest,
): Promise<unknown> {
  const { client, taskQueue } = temporal;
  if (!(await hasWorker(temporal))) throw new ExitError(EXIT.noAnswer, noWorker(temporal));
  const handle = await client.workflow.start(QUESTION, {
    ...{ workflowId, taskQueue, args: [request] },
    workflowTaskTimeout: '5s',
    workflowExecutionTimeout: ANSWER_MS,
  });
  return await client.withDeadline(Date.now() + ANSWER_MS, () => handle.result());
}

function asExit({ taskQueue }: Temporal, { system }: InspectRequest, error: unknown): unknown {
  const failed =
    error instanceof WorkflowFailedError || error instanceof ActivityExecutionFailedError;
  if (failed && error.cause instanceof ApplicationFailure) {
    const kind = kindOf(error.cause) ?? failureKind(error.cause.type) ?? 'Broken';
    return new ExitError(exitCodeOfKind(kind), error.cause.message);
  }
  if (!failed && !isGrpcDeadlineError(rootOf(error))) return error;
  return new ExitError(
    EXIT.noAnswer,
    `asking about ${system ?? 'every system'}: no worker on the task queue "${taskQueue}" answered within ${ANSWER_MS / 1000} s; is one running? ("fairlead up")`,
  );
}

const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? error.cause : error;
