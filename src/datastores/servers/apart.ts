// How the server of a copy is kept apart from what is live: as a user of its own where the worker is root, and, where
// namespaces allow, in a network of its own that leads nowhere. There it listens on a socket in the folder of the copy;
// a door, a process on the loopback outside, carries connections in.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lchown, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { ownProgram } from '../../machine/own-modules.ts';
import { runTool, serverIdentity, type Identity } from '../tool.ts';

/** Users of copies: numbers that no distribution and no systemd gives to anybody. */
const FIRST_UID = 0x7000_0000;
const HOW_MANY = 0xff_ffff;
/** Programs that ask for the name of their user find one by this number. */
const NOBODY = 65_534;
const DOOR_UP_MS = 30_000;

/** The start of a command line, and who it runs as. */
export interface Apart {
  before: readonly string[];
  as: Identity | undefined;
  /** Whose the folder has to be. */
  owner: Identity | undefined;
  /** Whether its network is its own. */
  alone: boolean;
}

const ALONE_AS_NOBODY = [
  ...['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--net', '--'],
];

/** As what is not root, on the network of the machine. */
export function amongOthers(): Apart {
  const as = serverIdentity();
  return { before: [], as, owner: as, alone: false };
}

/** From the best to what is always there. `mayBeRoot`: its programs run as root too. */
function ways(folder: string, mayBeRoot: boolean): Apart[] {
  const nobody = serverIdentity();
  const plain = { before: [], as: undefined, owner: undefined, alone: false };
  if (nobody === undefined) return [{ ...plain, before: ALONE_AS_NOBODY, alone: true }, plain];
  const own = ownIdentity(folder);
  const become = [`--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, '--clear-groups'];
  const before = ['unshare', '--net', '--', 'setpriv', ...become, '--'];
  return [
    { before: ALONE_AS_NOBODY, as: own, owner: own, alone: true },
    { before, as: undefined, owner: nobody, alone: true },
    amongOthers(),
    ...(mayBeRoot ? [{ ...plain, before: ['unshare', '--net', '--'], alone: true }, plain] : []),
  ];
}

/** The user that the server in a folder runs as: worked out from the folder's path, so that every worker finds the same one. */
export function ownIdentity(folder: string): Identity {
  const uid = FIRST_UID + (createHash('sha256').update(folder).digest().readUInt32BE(0) % HOW_MANY);
  return { uid, gid: uid };
}

/** The best way in which the program can be run on this machine, in a folder whose parent it has to pass through. */
export async function apartFor(
  folder: string,
  { program, mayBeRoot }: { program: string; mayBeRoot: boolean },
  signal: AbortSignal,
): Promise<Apart> {
  const all = ways(folder, mayBeRoot);
  for (const way of all) {
    if (await isPossible(way, ['test', '-x', program, '-a', '-x', dirname(folder)], signal)) {
      return way;
    }
  }
  // Its own words, when it is started, say why not.
  for (const way of all) if (await isPossible(way, ['test', '-d', '/'], signal)) return way;
  throw new Failure('Broken', 'there is no way to start a program on this machine');
}

/** Whether a command ends well when it is started so. */
export async function isPossible(
  way: Apart,
  [program = '', ...args]: string[],
  signal: AbortSignal,
  env: Record<string, string> = {},
): Promise<boolean> {
  const run = { env, directory: '/', signal, ...asOf(way) };
  return runTool({ ...run, ...commandOf(way, program, args) }).then(
    () => true,
    (error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof Failure) return false;
      throw error;
    },
  );
}

export function commandOf({ before }: Apart, program: string, args: readonly string[]) {
  const [first = program, ...rest] = [...before, program, ...args];
  return { program: first, args: rest };
}

export function asOf({ as }: Apart): { as?: Identity } {
  return as === undefined ? {} : { as };
}

/** The folder and what lies in it; the folder last: from then on its owner can put links in it. */
export async function giveFolder(folder: string, { owner }: Apart): Promise<void> {
  if (owner === undefined) return;
  for (const name of await readdir(folder)) {
    await lchown(join(folder, name), owner.uid, owner.gid);
  }
  await lchown(folder, owner.uid, owner.gid);
}

/**
 * Opens a door to a server that is alone: on a free port of 127.0.0.1, which is answered, to the socket in the folder. It runs as whose the
 * folder is, so that a socket put there leads to nothing more, and ends with the folder.
 */
export async function openDoor(
  folder: string,
  socket: string,
  { owner }: Apart,
  signal: AbortSignal,
): Promise<number> {
  const become = owner === undefined ? [] : [String(owner.uid), String(owner.gid)];
  const args = [...ownProgram('platforms/local/isolation/relay'), '127.0.0.1:0', socket, ...become];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  try {
    return await portSaid(child.stdout, AbortSignal.any([signal, AbortSignal.timeout(DOOR_UP_MS)]));
  } catch (error) {
    child.kill('SIGKILL');
    signal.throwIfAborted();
    const message = `opening the door to the server of the copy in ${folder}: ${String(error)}`;
    throw new Failure('Unavailable', message);
  } finally {
    child.stdout.destroy();
    child.unref();
  }
}

function portSaid(output: NodeJS.ReadableStream, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const aborted = (): void => {
      reject(new Error('it said nothing'));
    };
    signal.addEventListener('abort', aborted, { once: true });
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const port = /^(\d+)\n/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    output.once('end', () => {
      reject(new Error('it ended'));
    });
  });
}
