// Sends what somebody typed to a running operation, and says what became of it.
import { verbOf } from '../domain/answers.ts';
import { textAt } from '../domain/json.ts';
import { parseMessage } from '../domain/message.ts';
import type { OperationStatus } from '../domain/status.ts';
import type { MessageName } from '../workflows/messages.ts';
import { askStatus } from './ask-status.ts';
import type { CommonOptions } from './command-options.ts';
import { withTemporal } from './connect.ts';
import { deliver, ended, type Outgoing } from './deliver.ts';
import { EXIT, ExitError } from './exit.ts';
import { findOperation } from './find-operation.ts';
import { actorName } from './identity.ts';
import { printJson, printText } from './print.ts';
import { inWords } from './spoken.ts';
import { attention } from './view.ts';

const STATUS_MS = 4_000;

export interface MessageOptions extends CommonOptions {
  reason?: string;
  run?: string;
}

/** The argument of the message; `status` is there when a worker answered. */
export type Compose = (
  actor: string,
  status: OperationStatus | undefined,
) => Record<string, unknown>;

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
    return { ...inWords(() => parseMessage(name, argument)) };
  };
  argumentOf(undefined);
  await withTemporal(actor, async (temporal) => {
    const run = await findOperation(temporal, operation, options.run);
    if (!run.open) throw ended(name, run);
    const answer = await askStatus(temporal, run, STATUS_MS);
    const status = answer.from === 'worker' ? answer.status : undefined;
    const argument = argumentOf(status);
    const as: Outgoing['as'] = status === undefined ? 'signal' : 'update';
    const note = await deliver(temporal, run, { name, argument, as }).catch((error: unknown) => {
      throw withHint(error, whatItWaitsFor(name, argument, status));
    });
    const { operation: id, runId } = run;
    if (options.json === true) {
      printJson({ operation: id, runId, message: name, argument, as, note });
    } else {
      printText(`${described(name, id, argument)}: ${note}`);
    }
  });
}

/** `approve weight-25 of deploy/shop/api/v2 (digest ...)`. */
function described(name: string, operation: string, argument: Record<string, unknown>): string {
  const to = ['gate', 'step'].flatMap((key) => textAt(argument, key) ?? []).join(' ');
  const digest = textAt(argument, 'digest');
  const what = to === '' ? operation : `${to} of ${operation}`;
  return `${verbOf(name)} ${what}${digest === undefined ? '' : ` (digest ${digest.slice(0, 8)}…)`}`;
}

function withHint(error: unknown, hint: readonly string[]): unknown {
  if (!(error instanceof ExitError) || error.code !== EXIT.refused) return error;
  return new ExitError(error.code, [error.message, ...hint].join('\n'));
}

/** For an answer to something that is not asked: what is asked instead, with the commands that answer it. */
export function whatItWaitsFor(
  name: MessageName,
  argument: Record<string, unknown>,
  status: OperationStatus | undefined,
): string[] {
  if (status === undefined) return [];
  const asked = textAt(argument, 'gate');
  const answersGate = name === 'approve' || name === 'reject';
  const fits = answersGate
    ? status.gates.some(({ id }) => id === asked || id.split('#')[0] === asked)
    : status.state === 'parked' || !PARKED_ANSWERS.has(name);
  return fits ? [] : attention(status);
}

const PARKED_ANSWERS: ReadonlySet<MessageName> = new Set(['retryStep', 'skipStep', 'adopt']);

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
