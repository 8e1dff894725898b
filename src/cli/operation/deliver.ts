// Delivers one message, and only once: as an update, which is answered, or as a signal, which waits in Temporal
// for a worker. Never both: an update that nobody answered in time may still arrive, and would count twice.
import { commandText } from '../../domain/text/command-text.ts';
import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { verbOf } from '../../domain/people/answers.ts';
import { textAt } from '../../domain/json.ts';
import type { MessageName } from '../../workflows/messages.ts';
import { problemOf } from './ask-status.ts';
import type { Temporal } from '../temporal/connect.ts';
import type { RunName } from './ending.ts';
import { EXIT, ExitError } from '../exit.ts';
import { withVerbs } from '../as-typed.ts';

const ANSWER_MS = 10_000;

export interface Outgoing {
  name: MessageName;
  argument: Record<string, unknown>;
  /** An update when a worker answers, else a signal. */
  as: 'update' | 'signal';
}

/**
 * Sends the message and answers with a sentence for people; throws ExitError when it was refused, came too late, or no
 * worker answered.
 */
export async function deliver(
  temporal: Temporal,
  run: RunName,
  { name, argument, as }: Outgoing,
  answerMs = ANSWER_MS,
): Promise<string> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  try {
    if (as === 'signal') {
      await handle.signal(name, argument);
      return `no worker answered: left as a signal, which one that comes takes if it fits then. See what became of it with "${commandText('status', run.operation)}"`;
    }
    const answer: unknown = await temporal.client.withDeadline(Date.now() + answerMs, () =>
      handle.executeUpdate(name, { args: [argument] }),
    );
    return withVerbs(textAt(answer, 'note') ?? 'accepted');
  } catch (error) {
    throw asExit(name, run, error, answerMs);
  }
}

export function ended(name: MessageName, run: RunName): ExitError {
  return new ExitError(
    EXIT.refused,
    `${verbOf(name)} came too late: ${run.operation} (${run.runId}) has ended; see "${commandText('status', run.operation)}"`,
  );
}

function asExit(name: MessageName, run: RunName, error: unknown, answerMs: number): unknown {
  if (error instanceof WorkflowNotFoundError) return ended(name, run);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    const said = `${verbOf(name)} was sent to ${run.operation} and no worker answered within ${answerMs / 1000} s: it may still arrive, and count`;
    const next = `see with "${commandText('status', run.operation)}" whether it did, before you send it again`;
    return new ExitError(EXIT.noAnswer, `${said}; ${next}`);
  }
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const { cause } = error;
  const isMalformed = cause instanceof ApplicationFailure && cause.type === 'BadInput';
  return new ExitError(
    isMalformed ? EXIT.badInput : EXIT.refused,
    withVerbs(cause?.message ?? problemOf(error)),
  );
}
