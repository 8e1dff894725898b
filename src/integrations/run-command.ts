// Runs a command to its end: without a shell, in its own process group, with next to no environment. What it starts ends
// with it, also where that left the group.
import { execa } from 'execa';
import { Failure } from '../domain/failure.ts';
import { timerOf } from '../domain/time/longest-timer.ts';
import { killWithLimit, withLimit } from '../machine/limit-mark.ts';
import { withUsualUmask } from '../machine/own-umask.ts';
import { serviceUser } from '../machine/service-user.ts';
import { signalGroup } from '../machine/process-identity.ts';

/** Far more than is shown, so that what is cut here is in no sentence. */
const KEPT_BYTES = 256 * 1024;
const PASSED_ON = ['PATH', 'HOME', 'LANG'];

export interface ToRun {
  command: readonly string[];
  /** Absolute. */
  directory: string;
  timeoutMs: number;
  /** Where PATH, HOME and LANG come from. */
  environment: Readonly<Record<string, string | undefined>>;
  /** What it finds beside these. */
  more?: Readonly<Record<string, string>>;
  /** Whatever it starts carries it. */
  mark: string;
  /** Asked last of all before it is started. */
  permit?: (() => Promise<void>) | undefined;
  signal: AbortSignal;
}

/** How a command ended. */
export interface RunEnd {
  exitCode: number | undefined;
  signal: string | undefined;
  /** Why it could not be started. */
  problem: string | undefined;
  /** It was ended because it took too long. */
  late: boolean;
  /** The end of what it printed. */
  printed: string;
  /** It printed more than that. */
  more: boolean;
}

export async function runToEnd(input: ToRun): Promise<RunEnd> {
  const { directory, mark } = input;
  const env: Record<string, string> = {
    ...environmentOf(input.environment),
    ...input.more,
  };
  const [file = '', ...args] = await withLimit(input.command, mark, {
    directory,
    path: env['PATH'],
  });
  // Whoever owns the folder can write the system file: root runs what that says as them.
  const user = await serviceUser({ directory }).catch(unlessAway);
  if (user !== undefined && 'away' in user) {
    const none = { exitCode: undefined, signal: undefined, late: false, printed: '', more: false };
    return { ...none, problem: user.away };
  }
  await input.permit?.();
  // A group of its own: whatever the command starts is ended with it, and by its mark where it left the group.
  const child = withUsualUmask(() =>
    execa(file, args, {
      cwd: directory,
      env: { ...env, ...user?.environment },
      ...(user && { uid: user.uid, gid: user.gid }),
      extendEnv: false,
      detached: true,
      stdin: 'ignore',
      all: true,
      buffer: false,
      reject: false,
    }),
  );
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
  return { exitCode, signal, problem: originalMessage, late: clock.late, ...tail() };
}

/** A folder that is not there is told as a program that is not. */
function unlessAway(error: unknown): { away: string } {
  if (error instanceof Failure && error.kind === 'NotFound') return { away: error.message };
  throw error;
}

function environmentOf(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = from[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function tailOf(stream: NodeJS.ReadableStream): () => Pick<RunEnd, 'printed' | 'more'> {
  let tail = Buffer.alloc(0);
  let more = false;
  stream.on('data', (chunk: Buffer | string) => {
    const all = Buffer.concat([tail, Buffer.from(chunk)]);
    more ||= all.length > KEPT_BYTES;
    tail = all.subarray(Math.max(0, all.length - KEPT_BYTES));
  });
  return () => ({ printed: tail.toString('utf8'), more });
}
