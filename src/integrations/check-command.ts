// Runs the command of a check, and says in a sentence how that went.
import { randomUUID } from 'node:crypto';
import { Failure } from '../domain/failure.ts';
import { reasonIn } from '../domain/text/reason-line.ts';
import { runToEnd, type RunEnd } from './run-command.ts';

export interface CommandInput {
  /** The name of the check, for messages. */
  name: string;
  command: string[];
  /** Absolute. */
  directory: string;
  timeoutMs: number;
  /** A text that it has to print. */
  contains?: string;
  environment: Record<string, string | undefined>;
  /** Takes secrets out: of the whole, before any of it is cut. */
  redact: (text: string) => string;
  signal: AbortSignal;
}

const SHOWN_CHARACTERS = 2048;

/** A sentence when it exits with 0. Throws CheckFailed, Unavailable, BadInput or the signal's reason. */
export async function runCommand(input: CommandInput): Promise<string> {
  if (input.command.length === 0) {
    throw new Failure('BadInput', `running check ${input.name}: its command is empty`);
  }
  input.signal.throwIfAborted();
  const began = performance.now();
  const end = await runToEnd({ ...input, mark: randomUUID() });
  input.signal.throwIfAborted();
  const shown = oneLine(input, input.command.join(' '), 100);
  if (end.exitCode === 0) {
    const { contains = '' } = input;
    if (!end.printed.includes(contains)) throw silent(shown, input, end);
    return `${shown} exited with 0 in ${Math.round(performance.now() - began)} ms`;
  }
  if (end.exitCode === undefined && end.signal === undefined) {
    throw new Failure('Unavailable', cannotStart(shown, input, end.problem));
  }
  throw new Failure(
    'CheckFailed',
    toldWith(`${shown} ${howItEnded(end, input)} (check ${input.name})`, end, input),
  );
}

/** It ended well, and did not say what it has to say. */
function silent(shown: string, input: CommandInput, end: RunEnd): Failure {
  const wanted = JSON.stringify(input.contains);
  return new Failure(
    'CheckFailed',
    `${shown} exited with 0, and ${wanted} was expected in what it printed (check ${input.name}); ${toldOf(end, input)}`,
  );
}

/** Begins with what the program itself says of why. */
function toldWith(ended: string, end: RunEnd, input: CommandInput): string {
  const { reason, rest } = reasonIn(endOfPrinted(end, input));
  if (reason === '') return `${ended}; it printed nothing`;
  return `${reason.slice(0, SHOWN_CHARACTERS)} (${ended}${rest === '' ? '' : `; it printed besides: ${rest}`})`;
}

function toldOf(end: RunEnd, input: CommandInput): string {
  const printed = endOfPrinted(end, input);
  return printed === '' ? 'it printed nothing' : `the end of what it printed: ${printed}`;
}

function endOfPrinted({ printed }: RunEnd, { redact }: CommandInput): string {
  return redact(printed).trim().slice(-SHOWN_CHARACTERS);
}

function howItEnded({ late, exitCode, signal }: RunEnd, { timeoutMs }: CommandInput): string {
  if (late) return `did not end within ${timeoutMs} ms and was stopped`;
  return exitCode === undefined
    ? `was ended by ${signal ?? 'a signal'}`
    : `exited with ${exitCode}`;
}

function cannotStart(shown: string, input: CommandInput, why = ''): string {
  const { name, directory } = input;
  return (
    `${shown} could not be started in ${directory} (check ${name}): ${oneLine(input, why, 300)}. ` +
    'Is the program installed where the worker runs, and is the folder there?'
  );
}

function oneLine({ redact }: CommandInput, text: string, most: number): string {
  const line = redact(text).trim().replaceAll(/\s+/g, ' ');
  return line.length > most ? `${line.slice(0, most)}...` : line;
}
