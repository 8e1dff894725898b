// Sends what somebody typed to a running operation, and says what became of it.
import { textAt } from '../domain/json.ts';
import { parseMessage } from '../domain/message.ts';
import type { OperationStatus } from '../domain/status.ts';
import type { MessageName } from '../workflows/messages.ts';
import { askStatus } from './ask-status.ts';
import type { CommonOptions } from './command-options.ts';
import { withTemporal } from './connect.ts';
import { deliver, ended, type Outgoing } from './deliver.ts';
import { findOperation } from './find-operation.ts';
import { actorName } from './identity.ts';
import { printJson, printText } from './print.ts';

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
    return { ...parseMessage(name, argument) };
  };
  argumentOf(undefined);
  await withTemporal(actor, async (temporal) => {
    const run = await findOperation(temporal, operation, options.run);
    if (!run.open) throw ended(name, run);
    const answer = await askStatus(temporal, run, STATUS_MS);
    const status = answer.from === 'worker' ? answer.status : undefined;
    const argument = argumentOf(status);
    const as: Outgoing['as'] = status === undefined ? 'signal' : 'update';
    const note = await deliver(temporal, run, { name, argument, as });
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
  return `${name} ${what}${digest === undefined ? '' : ` (digest ${digest})`}`;
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
