// `fairlead backups accept BACKUP --reason R`: runs the workflow acceptBackup and says what was odd.
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isRecord, isText, textAt } from '../../domain/json.ts';
import { hasWorker, noWorker, withTemporal, type Temporal } from './connect.ts';
import { kindOf } from '../operation/ending.ts';
import { EXIT, ExitError } from '../exit.ts';
import { actorName } from '../identity.ts';
import { namedBackup } from '../ids.ts';
import { exitCodeOfKind } from '../operation/outcome-code.ts';
import { printJson, printText } from '../output/print.ts';

export interface AcceptOptions {
  as?: string;
  json?: boolean;
  reason?: string;
}

const ANSWER_MS = 120_000;

export async function acceptBackup(text: string, options: AcceptOptions): Promise<void> {
  const { backup } = namedBackup(text);
  const { reason } = options;
  if (reason === undefined || reason.trim() === '') {
    const why = 'whoever restores it later wants to know why it is fine';
    throw new ExitError(EXIT.badInput, `backups accept needs --reason: ${why}`);
  }
  const requestedBy = actorName(options.as);
  const answer = await withTemporal(requestedBy, (temporal) =>
    run(temporal, backup, { backup, reason, requestedBy }),
  );
  if (options.json === true) printJson(answer);
  else printText(line(answer));
}

async function run(temporal: Temporal, backup: string, request: object): Promise<unknown> {
  if (!(await hasWorker(temporal))) throw new ExitError(EXIT.noAnswer, noWorker(temporal));
  const { client, taskQueue } = temporal;
  try {
    const answer: unknown = await client.workflow.execute('acceptBackup', {
      workflowId: `accept/${backup}/${randomUUID()}`,
      taskQueue,
      args: [request],
      workflowTaskTimeout: '5s',
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

function line(answer: unknown): string {
  const [backup = '', at = '', by = ''] = ['backup', 'acceptedAt', 'by'].map((field) =>
    textAt(answer, field),
  );
  const odd = isRecord(answer) && Array.isArray(answer['odd']) ? answer['odd'].filter(isText) : [];
  if (odd.length === 0) return `${backup} was accepted before, by ${by} at ${at}`;
  return [`${backup} is accepted by ${by}; it was odd:`, ...odd.map((one) => `  ${one}`)].join(
    '\n',
  );
}
