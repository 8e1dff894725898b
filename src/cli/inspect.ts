// Asks a worker about the world: runs the workflow `inspectSystem` and gives back what it answers.
import { randomUUID } from 'node:crypto';
import { ApplicationFailure, isGrpcDeadlineError, WorkflowFailedError } from '@temporalio/client';
import { hasWorker, noWorker, type Temporal } from './connect.ts';
import { kindOf } from './ending.ts';
import { EXIT, ExitError } from './exit.ts';
import { exitCodeOfKind } from './outcome-code.ts';

const ANSWER_MS = 30_000;

export interface InspectRequest {
  system: string;
  report?: { workflowId: string; runId: string };
  backups?: true;
  recovery?: true;
}

export async function inspect(temporal: Temporal, request: InspectRequest): Promise<unknown> {
  if (!(await hasWorker(temporal))) throw new ExitError(EXIT.noAnswer, noWorker(temporal));
  const { client, taskQueue } = temporal;
  const workflowId = `inspect/${request.system}/${randomUUID()}`;
  const handle = await client.workflow.start('inspectSystem', {
    workflowId,
    taskQueue,
    args: [request],
    workflowTaskTimeout: '5s',
    workflowExecutionTimeout: ANSWER_MS,
  });
  try {
    const answer: unknown = await client.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.result(),
    );
    return answer;
  } catch (error) {
    throw asExit(temporal, request, error);
  }
}

function asExit(temporal: Temporal, request: InspectRequest, error: unknown): unknown {
  if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) {
    return new ExitError(exitCodeOfKind(kindOf(error.cause) ?? 'Broken'), error.cause.message);
  }
  const late = error instanceof WorkflowFailedError || isGrpcDeadlineError(rootOf(error));
  if (!late) return error;
  return new ExitError(
    EXIT.noAnswer,
    `asking about ${request.system}: no worker on the task queue "${temporal.taskQueue}" answered within ${ANSWER_MS / 1000} s; is one running? ("fairlead up")`,
  );
}

const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? error.cause : error;
