// Runs the tools of datastores: without a shell, in a process group of its own that is killed when it is done or
// cancelled, fed and read as streams. An exit code of 0 is a beginning: the callers look at what came out.
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import type { Bytes } from '../ports/objects.ts';
import { Failure, type FailureKind } from '../domain/failure.ts';
import { reasonIn } from '../domain/text/reason-line.ts';
import { signalGroup } from '../machine/process-identity.ts';

const KEPT = 16 * 1024;
const SHOWN = 1000;
/** Why a program cannot be started, now or later: its file may not be run, or not on this machine. */
const MAY_NOT = /\b(EACCES|EPERM|ENOEXEC)\b/;
/** Of a shell, `unshare` or the loader of programs: there was no program that runs, or a library is not there. */
const NOT_RUN: ReadonlySet<number> = new Set([126, 127]);

export interface Identity {
  uid: number;
  gid: number;
}

export interface ToolRun {
  /** Absolute. */
  program: string;
  args: readonly string[];
  /** All of its environment beside PATH and LANG: passwords go here, and never into `args`. */
  env: Record<string, string>;
  /** Working directory: a tool that works inside a copy's folder is ended with the copy. */
  directory: string;
  input?: Bytes;
  /** Whoever is not root runs as itself. */
  as?: Identity;
  signal: AbortSignal;
}

/**
 * What it prints; throws at the end when it did not end well, and whoever stores it must see that first: CheckFailed
 * with its exit code, Unavailable when something ended it.
 */
export async function* toolOutput(run: ToolRun): Bytes {
  run.signal.throwIfAborted();
  const child = execa(run.program, run.args, {
    env: { LANG: 'C.UTF-8', PATH: process.env['PATH'] ?? '', ...run.env },
    extendEnv: false,
    cwd: run.directory,
    detached: true,
    cleanup: false,
    stdin: run.input === undefined ? 'ignore' : 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    ...run.as,
  });
  const end = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  };
  run.signal.addEventListener('abort', end, { once: true });
  const said = tailOf(child.stderr);
  const fed = feed(run.input, child.stdin, end);
  try {
    const output: AsyncIterable<unknown> = child.stdout;
    for await (const chunk of output) if (chunk instanceof Uint8Array) yield chunk;
    const { exitCode, signal, originalMessage } = await child;
    const problem = await fed;
    run.signal.throwIfAborted();
    if (problem !== undefined && exitCode !== 0) throw problem.error;
    if (exitCode !== 0) throw failureOf(run, { exitCode, signal, originalMessage }, said());
    if (problem !== undefined) throw problem.error;
  } finally {
    run.signal.removeEventListener('abort', end);
    end();
  }
}

/** The whole of what it prints, for short texts. */
export async function runTool(run: ToolRun): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of toolOutput(run)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Feeds a tool, and answers with what went wrong with the input itself; a tool that closes its input early says why by its exit code. */
async function feed(
  input: Bytes | undefined,
  stdin: NodeJS.WritableStream | null | undefined,
  end: () => void,
): Promise<{ error: unknown } | undefined> {
  if (input === undefined || !stdin) return undefined;
  const source = Readable.from(input, { objectMode: false });
  let own: { error: unknown } | undefined;
  source.once('error', (error) => {
    // A pipe that broke is the tool's doing, everything else the source's.
    if (!(
      'code' in error && ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(error.code))
    )) {
      own = { error };
      // Before the end of its input: half of a dump must not look like all of it.
      end();
    }
  });
  await pipeline(source, stdin).catch(() => undefined);
  return own;
}

function failureOf(
  { program, args }: ToolRun,
  {
    exitCode,
    signal,
    originalMessage,
  }: {
    exitCode?: number | undefined;
    signal?: string | undefined;
    originalMessage?: string | undefined;
  },
  said: string,
): Failure {
  const shown = [program.split('/').at(-1) ?? program, ...args].join(' ').slice(0, 200);
  if (exitCode === undefined && signal === undefined) {
    const why = (originalMessage ?? 'no reason given').slice(0, 300);
    const kind = MAY_NOT.test(why) ? 'Unsupported' : 'Unavailable';
    return new Failure(kind, `${shown} could not be started: ${why}`);
  }
  const ended =
    exitCode === undefined ? `was ended by ${signal ?? '?'}` : `exited with ${exitCode}`;
  const kind = kindOf(exitCode);
  const { reason, rest } = reasonIn(said);
  if (reason === '') return new Failure(kind, `${shown} ${ended}: it said nothing`);
  const more = rest === '' ? '' : `; it said besides: ${rest.slice(-SHOWN)}`;
  return new Failure(kind, `${reason.slice(0, SHOWN)} (${shown} ${ended}${more})`);
}

/** Who ran out of memory or was stopped by somebody has given no verdict, and who could not be run never will. */
function kindOf(exitCode: number | undefined): FailureKind {
  if (exitCode === undefined) return 'Unavailable';
  return NOT_RUN.has(exitCode) ? 'Unsupported' : 'CheckFailed';
}

function tailOf(stream: NodeJS.ReadableStream): () => string {
  let tail = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-KEPT);
  });
  return () => tail;
}

/** Where a program is, in `folders` and then on PATH. Throws Unsupported with where it was looked for. */
export async function findProgram(name: string, folders: readonly string[]): Promise<string> {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const folder of [...folders, ...path]) {
    const file = join(folder, name);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  const looked = [...folders, 'PATH'].join(', ');
  throw new Failure(
    'Unsupported',
    `there is no program ${name} (looked in ${looked}); install it where the worker runs`,
  );
}

/** `/usr/lib/postgresql/15/bin` and its like, the newest version first. */
export async function versionedFolders(parent: string): Promise<string[]> {
  const versions = await readdir(parent).catch(() => []);
  return versions
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .map((name) => join(parent, name, 'bin'));
}

/** Servers refuse to run as root: there they run as nobody. */
export function serverIdentity(): Identity | undefined {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
}
