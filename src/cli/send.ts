// Sends a message to a running operation: as an update, which is answered; as a signal where no worker answers,
// which waits in Temporal until one comes.
import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { textAt } from '../domain/json.ts';
import { parseMessage } from '../domain/message.ts';
import type { OperationStatus } from '../domain/status.ts';
import type { MessageName } from '../workflows/messages.ts';
import { askStatus, problemOf } from './ask-status.ts';
import type { CommonOptions } from './command-options.ts';
import { type Temporal, withTemporal } from './connect.ts';
import { EXIT, ExitError } from './exit.ts';
import { findOperation, type FoundRun } from './find-operation.ts';
import { actorName } from './identity.ts';
import { printJson, printText } from './print.ts';

const STATUS_MS = 4_000;
const ANSWER_MS = 10_000;

export interface MessageOptions extends CommonOptions {
  reason?: string;
  run?: string;
}

/** The argument of the message; `status` is there when a worker answered. */
export type Compose = (
  actor: string,
  status: OperationStatus | undefined,
) => Record<string, unknown>;

interface Sent {
  operation: string;
  runId: string;
  message: MessageName;
  argument: Record<string, unknown>;
  as: 'update' | 'signal';
  note: string;
}

export async function sendMessage(
  name: MessageName,
  operation: string,
  options: MessageOptions,
  compose: Compose,
): Promise<void> {
  const actor = actorName(options.as);
  const argumentOf = (status: OperationStatus | undefined): Record<string, unknown> => {
    const argument = withoutUndefined({ ...compose(actor, status), reason: options.reason });
    // The same check as the workflow's, before anything is sent.
    return { ...parseMessage(name, argument) };
  };
  argumentOf(undefined);
  await withTemporal(actor, async (temporal) => {
    const run = await findOperation(temporal, operation, options.run);
    if (!run.open) throw ended(name, run);
    const answer = await askStatus(temporal, run, STATUS_MS);
    const status = answer.from === 'worker' ? answer.status : undefined;
    const argument = argumentOf(status);
    // A message sent both ways would count twice: the signal is for when nobody answers at all.
    const sent =
      status === undefined
        ? await signal(temporal, run, name, argument)
        : await update(temporal, run, name, argument);
    if (options.json === true) printJson(sent);
    else printText(describe(sent));
  });
}

async function update(
  temporal: Temporal,
  run: FoundRun,
  name: MessageName,
  argument: Record<string, unknown>,
): Promise<Sent> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  try {
    const answer: unknown = await temporal.client.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.executeUpdate(name, { args: [argument] }),
    );
    const note = textAt(answer, 'note') ?? 'accepted';
    return {
      operation: run.operation,
      runId: run.runId,
      message: name,
      argument,
      as: 'update',
      note,
    };
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      return await signal(temporal, run, name, argument);
    }
    throw refusal(name, run, error);
  }
}

async function signal(
  temporal: Temporal,
  run: FoundRun,
  name: MessageName,
  argument: Record<string, unknown>,
): Promise<Sent> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  try {
    await handle.signal(name, argument);
  } catch (error) {
    throw refusal(name, run, error);
  }
  const note = `no worker answered: left as a signal, which counts when one comes. See what became of it with "fairlead status ${run.operation}"`;
  return {
    operation: run.operation,
    runId: run.runId,
    message: name,
    argument,
    as: 'signal',
    note,
  };
}

/** Kinds of refusal that mean: this was not written as it has to be. */
const MALFORMED: ReadonlySet<string> = new Set(['BadInput', 'Malformed', 'malformed']);

function refusal(name: MessageName, run: FoundRun, error: unknown): unknown {
  if (error instanceof WorkflowNotFoundError) return ended(name, run);
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const { cause } = error;
  const type = cause instanceof ApplicationFailure ? (cause.type ?? '') : '';
  const code = MALFORMED.has(type) ? EXIT.badInput : EXIT.refused;
  return new ExitError(code, cause?.message ?? problemOf(error));
}

function ended(name: MessageName, run: FoundRun): ExitError {
  return new ExitError(
    EXIT.refused,
    `${name} came too late: ${run.operation} (${run.runId}) has ended; see "fairlead status ${run.operation}"`,
  );
}

function describe(sent: Sent): string {
  const to = ['gate', 'step']
    .map((key) => textAt(sent.argument, key))
    .filter((one) => one !== undefined)
    .join(' ');
  const digest = textAt(sent.argument, 'digest');
  const what = to === '' ? sent.operation : `${to} of ${sent.operation}`;
  return `${sent.message} ${what}${digest === undefined ? '' : ` (digest ${digest})`}: ${sent.note}`;
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
