// Sends what somebody typed to a running operation, and says what became of it.
import { verbOf } from '../../domain/people/answers.ts';
import { textAt } from '../../domain/json.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { parseMessage } from '../../domain/people/message.ts';
import type { OperationStatus } from '../../domain/operation/status.ts';
import type { MessageName } from '../../workflows/messages.ts';
import { askPlan, askStatus, planIds } from './ask-status.ts';
import type { RunName } from './ending.ts';
import type { CommonOptions } from '../command-options.ts';
import { type Temporal, withTemporal } from '../temporal/connect.ts';
import { deliver, ended, type Outgoing } from './deliver.ts';
import { EXIT, ExitError } from '../exit.ts';
import { findOperation } from './find-operation.ts';
import { actorName } from '../identity.ts';
import { printJson, printText } from '../output/print.ts';
import { inWords } from '../as-typed.ts';
import { whoApproves } from './who-approves.ts';
import { attention } from './view.ts';

const STATUS_MS = 4_000;

export interface MessageOptions extends CommonOptions {
  reason?: string;
  run?: string;
  /** Prints the JSON to paste, and sends nothing. */
  print?: boolean;
}

/** Makes the argument of the message; `status` is undefined when no worker answered. */
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
  let actor = actorName(options.as);
  const argumentOf = (status: OperationStatus | undefined): Record<string, unknown> => {
    const argument = withoutUndefined({ ...compose(actor, status), reason: options.reason });
    // The same check as the workflow's, before anything is sent.
    return { ...inWords(() => parseMessage(name, argument)) };
  };
  argumentOf(undefined);
  await withTemporal(actor, async (temporal) => {
    const run = await findOperation(temporal, operation, options.run);
    if (!run.open) throw ended(name, run);
    if (name === 'approve' && options.as === undefined) actor = await whoApproves(run, actor);
    const answer = await askStatus(temporal, run, STATUS_MS);
    const status = answer.from === 'worker' ? answer.status : undefined;
    const argument = argumentOf(status);
    await refuseUnknownPlace(temporal, run, argument);
    const option = unknownOption(argument, status);
    if (option !== undefined) throw new ExitError(EXIT.badInput, option);
    if (options.print === true) {
      printJson(argument);
      return;
    }
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

/** Throws ExitError (2) for a gate or a step that the plan does not have; a plan that nobody answers refuses nothing. */
async function refuseUnknownPlace(
  temporal: Temporal,
  run: RunName,
  argument: Record<string, unknown>,
): Promise<void> {
  const gate = textAt(argument, 'gate');
  const step = textAt(argument, 'step');
  if (gate === undefined && step === undefined) return;
  const { gates, steps } = planIds(await askPlan(temporal, run));
  if (steps.length === 0) return;
  const problem =
    unknownId('gate', gate, gates, run.operation) ?? unknownId('step', step, steps, run.operation);
  if (problem !== undefined) throw new ExitError(EXIT.badInput, problem);
}

/** A sentence for an option that the step that asks now does not have. */
export function unknownOption(
  argument: Record<string, unknown>,
  status: Pick<OperationStatus, 'asks'> | undefined,
): string | undefined {
  const option = textAt(argument, 'option');
  const { step, options } = status?.asks ?? {};
  if (option === undefined || options === undefined || textAt(argument, 'step') !== step) return;
  if (options.includes(option)) return undefined;
  return `${step ?? ''} has no option ${option}${didYouMean(option, options)}; it has ${options.join(', ')}`;
}

/** Undefined for an id that is there; `weight-25#2` is the second gate of weight-25. */
export function unknownId(
  what: 'gate' | 'step',
  id: string | undefined,
  known: readonly string[],
  operation: string,
): string | undefined {
  const [name = ''] = id?.split('#') ?? [];
  if (id === undefined || known.includes(name) || known.includes(id)) return undefined;
  const there = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  return `${operation} has no ${what} ${id}${didYouMean(name, known)}; ${there}`;
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

/** When the operation does not ask what was answered: what it asks instead, with the commands that answer that. */
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
