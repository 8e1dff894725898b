// Runs a workflow that is no operation and answers soon: one activity's worth, asked for by a person.
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { kindOf } from '../operation/ending.ts';
import { exitCodeOfKind } from '../operation/outcome-code.ts';
import { EXIT, ExitError } from '../exit.ts';
import { hasWorker, noWorker, type Temporal } from './connect.ts';

/** How long it may take (ms). */
const ANSWER_MS = 120_000;

/** Throws ExitError with the code of its failure, and noAnswer where no worker runs. */
export async function runForAnswer(
  temporal: Temporal,
  type: string,
  workflowId: string,
  request: object,
): Promise<unknown> {
  if (!(await hasWorker(temporal))) throw new ExitError(EXIT.noAnswer, noWorker(temporal));
  const { client, taskQueue } = temporal;
  try {
    const answer: unknown = await client.workflow.execute(type, {
      ...{ workflowId, taskQueue, args: [request], workflowTaskTimeout: '5s' },
      workflowExecutionTimeout: ANSWER_MS,
    });
    return answer;
  } catch (error) {
    if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) {
      const code = exitCodeOfKind(kindOf(error.cause) ?? 'Broken');
      throw new ExitError(code, error.cause.message);
    }
    throw error;
  }
}
