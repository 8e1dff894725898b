// A mark that no process loses by forking twice, calling setsid or clearing its environment: a limit that Linux keeps and
// does not enforce (RLIMIT_RSS), of a value that nobody else has. Set by prlimit, where that is there.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { allPids, signalProcess, startTimeOf } from './process-identity.ts';

/** Bytes: more than any machine has, should somebody count by it after all. */
const LEAST = 2n ** 50n;

/** The value for a mark, as /proc writes it. */
function limitOf(mark: string): string {
  const digits = createHash('sha256').update(mark).digest('hex').slice(0, 12);
  return String(LEAST + BigInt(`0x${digits}`));
}

/** Whether the process, or whoever it descends from, was started with the mark. */
export function carriesLimit(pid: number, mark: string): boolean {
  return hardLimit(pid) === limitOf(mark);
}

/** Kills all that carry the mark, once; answers with who they were. */
export function killWithLimit(mark: string): number[] {
  if (process.platform !== 'linux') return [];
  const found = allPids().filter((pid) => carriesLimit(pid, mark));
  for (const pid of found) {
    const startTime = startTimeOf(pid);
    if (startTime !== undefined) signalProcess({ pid, startTime }, 'SIGKILL');
  }
  return found;
}

function hardLimit(pid: number | 'self'): string | undefined {
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
    return /^Max resident set +\S+ +(\S+)/m.exec(limits)?.[1];
  } catch {
    return undefined; // gone meanwhile, or no Linux
  }
}

/** The command that starts a program with the mark; as it is where that cannot be, or where it would not be found. */
export async function withLimit(
  command: readonly string[],
  mark: string,
  { directory, path }: { directory: string; path: string | undefined },
): Promise<string[]> {
  const [program = ''] = command;
  const prlimit = await (usable ??= findUsable());
  const found = await whereIs(program, directory, path ?? '');
  // Whoever starts what is not there is told so by the system, and not by prlimit.
  if (prlimit === undefined || found === undefined) return [...command];
  const limit = limitOf(mark);
  return [prlimit, `--rss=${limit}:${limit}`, '--', ...command];
}

let usable: Promise<string | undefined> | undefined;

/** The path of prlimit, tried: a sandbox may forbid it, and a limit that was lowered already cannot be raised. */
async function findUsable(): Promise<string | undefined> {
  if (process.platform !== 'linux' || hardLimit('self') !== 'unlimited') return undefined;
  const prlimit = await whereIs('prlimit', '/', process.env['PATH'] ?? '');
  if (prlimit === undefined) return undefined;
  return new Promise((done) => {
    execFile(prlimit, [`--rss=${LEAST}:${LEAST}`, '--', 'true'], (error) => {
      done(error ? undefined : prlimit);
    });
  });
}

async function whereIs(
  program: string,
  directory: string,
  path: string,
): Promise<string | undefined> {
  const candidates = program.includes('/')
    ? [resolve(directory, program)]
    : path.split(delimiter).map((folder) => join(resolve(directory, folder), program));
  for (const file of candidates) {
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return undefined;
}
