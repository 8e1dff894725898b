// What the servers of copies have in common: a free port, a password in a file, and a note of both in the folder of the
// copy, so that any later activity finds them.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../domain/failure.ts';
import { wordsOf, type ProcessIdentity } from '../machine/process-identity.ts';
import { processesIn } from '../machine/processes-in.ts';
import { saysFull } from './full-disk.ts';
import { serverIdentity, type Identity } from './tool.ts';

/**
 * What stays as it is however often a server is started: a folder that its user cannot pass through, a setting or locale
 * that it does not know, a module or library that is not there, more databases than it has, no namespaces.
 */
const HOPELESS = new RegExp(
  [
    ...['permission denied', 'bad directive', 'fatal config file', 'invalid locale'],
    ...['unrecognized configuration parameter', 'invalid value for parameter'],
    ...['no matching module', 'configured to handle more than', 'shared libraries'],
    ...['exec format error', 'could not look up effective user', 'unshare:'],
  ].join('|'),
  'i',
);
/** Either is enough for a server that asks for the name of its user. */
const NAMELESS = /could not look up effective user|unshare:/i;
const DOOR = /\/platforms\/local\/isolation\/relay\.[jt]s$/;
const AROUND = /\/datastores\/servers\/alone\.[jt]s$/;
const NOTE = 'server.json';
export const PASSWORD_FILE = 'password';
/** The file with the password of the administrator of a copy's server; no service logs in as that. */
export const ADMIN_PASSWORD = 'admin-password';
export const LOG_FILE = 'log';

const noteSchema = z.object({ port: z.number().int(), database: z.string(), server: z.string() });
export type ServerNote = z.output<typeof noteSchema>;

export async function writeNote(folder: string, note: ServerNote): Promise<void> {
  await writeNew(join(folder, NOTE), JSON.stringify(note));
}

/** In a folder that may be another user's: what lies there, a link too, is not written into. */
async function writeNew(file: string, text: string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
}

/** Throws NotReady when no server was started there. */
export async function readNote(folder: string): Promise<ServerNote> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(join(folder, NOTE), 'utf8')));
  } catch {
    throw new Failure('NotReady', `no server was started on the copy in ${folder}`);
  }
}

/** What runs in the folder, but for the door to its server (servers/apart.ts). */
export function processesButDoors(folder: string): ProcessIdentity[] {
  return processesIn(folder).filter(({ pid }) => !wordsOf(pid).some((word) => DOOR.test(word)));
}

/** The same without what starts it in a network of its own (servers/alone.ts). */
export function serversIn(folder: string): ProcessIdentity[] {
  return processesButDoors(folder).filter(
    ({ pid }) => !wordsOf(pid).some((word) => AROUND.test(word)),
  );
}

/** The pid of a process of the server. Throws NotReady when nothing runs in the folder. */
export function serverRuns(folder: string): number {
  const [server] = serversIn(folder);
  if (server !== undefined) return server.pid;
  throw new Failure('NotReady', `the server of the copy in ${folder} does not run any more`);
}

/** The address of a copy's own server, which runs. Throws NotReady of one that is gone: asking it again and again would say no more. */
export async function runningAt<Address>(
  folder: string,
  addressIn: (folder: string) => Promise<Address>,
): Promise<Address> {
  const address = await addressIn(folder);
  serverRuns(folder);
  return address;
}

/**
 * For whatever keeps a copy's own server from starting: it says nothing of what was to be loaded. Where trying again is
 * useless it is Unsupported. A full disk stays what it is: full-disk.ts knows it. `log` is what the server itself wrote.
 */
export function notStarted(error: unknown, log = ''): never {
  if (!(error instanceof Failure) || error.kind !== 'CheckFailed') throw error;
  const said = log === '' ? error.message : `${lastWords(log)} (${error.message})`;
  if (saysFull(said)) throw new Failure('CheckFailed', said);
  throw serverProblem(said);
}

/** How the program of a copy's server is started; `env` stands beside its PATH and LANG, or in their place. */
export interface Launched {
  args: string[];
  env: Record<string, string>;
  as?: Identity;
}

/**
 * Starts the server of a copy in a session of its own, with its output in a file: nothing of it is the worker's. What keeps it
 * from starting shows by nothing running in the folder.
 */
export function launch(folder: string, program: string, { args, env, as }: Launched): void {
  const log = openSync(join(folder, LOG_FILE), 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...env },
      stdio: ['ignore', log, log],
      detached: true,
      ...as,
    });
    child.once('error', () => undefined);
    child.unref();
  } finally {
    closeSync(log);
  }
}

/** What a server's log ends with. */
export function lastWords(log: string): string {
  return log.trim().split('\n').slice(-3).join(' ').slice(-500);
}

/** What a server has written into the log in its folder; a program that starts it says only that it did not start. */
export function logIn(folder: string): Promise<string> {
  return readFile(join(folder, LOG_FILE), 'utf8').catch(() => '');
}

export function serverProblem(said: string): Failure {
  const kind = HOPELESS.test(said) ? 'Unsupported' : 'Unavailable';
  const remedy = NAMELESS.test(said)
    ? '; the user of the worker has no name on this machine: give it one in /etc/passwd, or allow user namespaces'
    : '';
  return new Failure(kind, `the server of the copy does not start: ${said}${remedy}`);
}

/** A new password that only the server and this user can read: that of whoever uses the copy, unless another file is named. */
export async function makePassword(folder: string, file = PASSWORD_FILE): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  await writeNew(join(folder, file), password);
  return password;
}

export function passwordIn(folder: string, file = PASSWORD_FILE): Promise<string> {
  return readFile(join(folder, file), 'utf8');
}

/**
 * Makes the folder, and what is missing above it, so that others may pass through (a server that runs as another user, whatever
 * the umask), and read nothing.
 */
export async function makePassable(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o711 });
  if (first === undefined || serverIdentity() === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await chmod(made, 0o711);
  }
}
