// Runs the command of a check: without a shell, in its own process group, with next to no environment.
import { randomUUID } from 'node:crypto';
import { execa } from 'execa';
import { Failure } from '../domain/failure.ts';
import { reasonIn } from '../domain/text/reason-line.ts';
import { timerOf } from '../domain/time/longest-timer.ts';
import { killWithLimit, withLimit } from '../machine/limit-mark.ts';
import { signalGroup } from '../machine/process-identity.ts';

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
/** Far more than is shown, so that what is cut here is in no sentence. */
const KEPT_BYTES = 256 * 1024;
const PASSED_ON = ['PATH', 'HOME', 'LANG'];

/** A sentence when it exits with 0. Throws CheckFailed, Unavailable, BadInput or the signal's reason. */
export async function runCommand(input: CommandInput): Promise<string> {
  if (input.command.length === 0) {
    throw new Failure('BadInput', `running check ${input.name}: its command is empty`);
  }
  input.signal.throwIfAborted();
  const began = performance.now();
  const end = await runToEnd(input);
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
function silent(shown: string, input: CommandInput, end: End): Failure {
  const wanted = JSON.stringify(input.contains);
  return new Failure(
    'CheckFailed',
    `${shown} exited with 0, and ${wanted} was expected in what it printed (check ${input.name}); ${toldOf(end, input)}`,
  );
}

/** Begins with what the program itself says of why. */
function toldWith(ended: string, end: End, input: CommandInput): string {
  const { reason, rest } = reasonIn(endOfPrinted(end, input));
  if (reason === '') return `${ended}; it printed nothing`;
  return `${reason.slice(0, SHOWN_CHARACTERS)} (${ended}${rest === '' ? '' : `; it printed besides: ${rest}`})`;
}

function toldOf(end: End, input: CommandInput): string {
  const printed = endOfPrinted(end, input);
  return printed === '' ? 'it printed nothing' : `the end of what it printed: ${printed}`;
}

function endOfPrinted({ printed }: End, { redact }: CommandInput): string {
  return redact(printed).trim().slice(-SHOWN_CHARACTERS);
}

interface End {
  exitCode: number | undefined;
  signal: string | undefined;
  problem: string | undefined;
  late: boolean;
  printed: string;
}

async function runToEnd(input: CommandInput): Promise<End> {
  const env = environmentOf(input.environment);
  const { directory } = input;
  const mark = randomUUID();
  const [file = '', ...args] = await withLimit(input.command, mark, {
    directory,
    path: env['PATH'],
  });
  // A group of its own: whatever the command starts is ended with it, and by its mark where it left the group.
  const child = execa(file, args, {
    cwd: directory,
    env,
    extendEnv: false,
    detached: true,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
  });
  const kill = (): void => {
    signalGroup(child.pid ?? 0, 'SIGKILL');
    killWithLimit(mark);
  };
  const clock = { late: false };
  const timer = setTimeout(() => {
    clock.late = true;
    kill();
  }, timerOf(input.timeoutMs));
  input.signal.addEventListener('abort', kill, { once: true });
  child.once('exit', kill);
  const tail = tailOf(child.all);
  const { exitCode, signal, originalMessage } = await child;
  clearTimeout(timer);
  input.signal.removeEventListener('abort', kill);
  return { exitCode, signal, problem: originalMessage, late: clock.late, printed: tail() };
}

function howItEnded({ late, exitCode, signal }: End, { timeoutMs }: CommandInput): string {
  if (late) return `did not end within ${timeoutMs} ms and was stopped`;
  return exitCode === undefined
    ? `was ended by ${signal ?? 'a signal'}`
    : `exited with ${exitCode}`;
}

function environmentOf(from: Record<string, string | undefined>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = from[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
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

function tailOf(stream: NodeJS.ReadableStream): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer | string) => {
    const all = Buffer.concat([tail, Buffer.from(chunk)]);
    tail = all.subarray(Math.max(0, all.length - KEPT_BYTES));
  });
  return () => tail.toString('utf8');
}
