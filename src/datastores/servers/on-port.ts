// Servers of copies that listen on a port and nowhere else (MongoDB's, Firestore's): in a network of their own where namespaces
// allow, where a process (alone.ts) connects the port with a socket in the folder of the copy; a door outside leads there.
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Waiting } from '../../ports/waiting.ts';
import { tryListening } from '../../machine/port-holder.ts';
import { ownProgram } from '../../machine/own-modules.ts';
import { killProcess } from '../../machine/processes-in.ts';
import { systemToolEnvironment } from '../../machine/system-tools.ts';
import {
  launch,
  processesButDoors,
  readNote,
  writeNote,
  type Launched,
  type ServerNote,
} from '../scratch-server.ts';
import { serverIdentity, type Identity } from '../tool.ts';
import { commandOf, giveFolder, isPossible, openDoor, ownIdentity, type Apart } from './apart.ts';

const SOCKET = 'server.sock';
const LOOK_AGAIN_MS = 50;
const LOOPBACK_UP = ['link', 'set', 'lo', 'up'];

interface OnPort extends Apart {
  /** Who it becomes in a network that only root makes. */
  become: Identity | undefined;
}

const PLAIN: OnPort = {
  ...{ before: [], become: undefined, as: undefined, owner: undefined, alone: false },
};

/** From the best to what is always there. */
function ways(folder: string): OnPort[] {
  if (serverIdentity() === undefined) {
    const before = ['unshare', '--user', '--map-root-user', '--net', '--'];
    return [{ ...PLAIN, before, alone: true }, PLAIN];
  }
  const own = ownIdentity(folder);
  const network = { ...PLAIN, before: ['unshare', '--net', '--'], alone: true };
  return [
    { ...network, become: own, owner: own },
    { ...PLAIN, as: own, owner: own },
    // Where the program is for root alone.
    network,
    PLAIN,
  ];
}

async function wayFor(folder: string, program: string, signal: AbortSignal): Promise<OnPort> {
  for (const way of ways(folder)) {
    if (await isThere(way, folder, program, signal)) return way;
  }
  // Its own words, when it is started, say why not.
  return PLAIN;
}

async function isThere(
  way: OnPort,
  folder: string,
  program: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { alone, before, become } = way;
  const env = { PATH: systemToolEnvironment()['PATH'] ?? '' };
  if (alone && !(await isPossible(way, ['ip', ...LOOPBACK_UP], signal, env))) return false;
  const other = become === undefined ? [] : becoming(become);
  const test = ['test', '-x', program, '-a', '-x', dirname(folder)];
  return isPossible({ ...way, before: [...before, ...other] }, test, signal);
}

function becoming({ uid, gid }: Identity): string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
}

export interface PortServer {
  program: string;
  database: string;
  /** Its arguments and environment, where it is to listen on that port of 127.0.0.1. */
  launched: (port: number) => Launched;
}

/** Starts it in the folder, with what lies there; a note says where it is reached. Returns before it answers. */
export async function startOnPort(
  folder: string,
  { program, database, launched }: PortServer,
  { signal }: Waiting,
): Promise<void> {
  const way = await wayFor(folder, program, signal);
  const port = await tryListening(0);
  const note = { port, database, server: program };
  await writeNote(folder, note);
  await giveFolder(folder, way);
  launchOn(folder, way, port, program, launched(port));
  if (!way.alone) return;
  await writeNote(folder, { ...note, port: await openDoor(folder, SOCKET, way, signal) });
}

/** Ends the server in the folder and starts it again, where it was reached before. */
export async function startAgain(
  folder: string,
  launched: PortServer['launched'],
  { signal }: Waiting,
): Promise<void> {
  const { port: outside, server }: ServerNote = await readNote(folder);
  for (;;) {
    const running = processesButDoors(folder);
    if (running.length === 0) break;
    running.forEach(killProcess);
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
  const way = await wayFor(folder, server, signal);
  const port = way.alone ? await tryListening(0) : outside;
  launchOn(folder, way, port, server, launched(port));
}

function launchOn(
  folder: string,
  way: OnPort,
  port: number,
  server: string,
  { args, env }: Launched,
): void {
  const { alone, become, as } = way;
  if (!alone) {
    launch(folder, server, { args, env, ...(as && { as }) });
    return;
  }
  const user = become === undefined ? [] : [String(become.uid), String(become.gid)];
  const inside = [...ownProgram('datastores/servers/alone'), SOCKET, `127.0.0.1:${port}`, ...user];
  const command = commandOf(way, process.execPath, [...inside, '--', server, ...args]);
  launch(folder, command.program, { args: command.args, env });
}
