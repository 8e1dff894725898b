// An emulator of its own for a copy: Google's, reached on a free port of 127.0.0.1, with the data in memory, and where namespaces
// allow in a network of its own (servers/on-port.ts). It goes on when the worker ends. It asks nobody who they are: whoever is on this machine reads and writes the copy.
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import {
  lastWords,
  logIn,
  makePassword,
  processesButDoors,
  readNote,
  serverProblem,
  type Launched,
} from '../scratch-server.ts';
import { startOnPort } from '../servers/on-port.ts';
import { findProgram } from '../tool.ts';
import type { FirestoreAddress } from './connection.ts';

const EMULATOR = 'cloud_firestore_emulator';
const INSIDE_SDK = 'platform/cloud-firestore-emulator';
/** Where Google's SDK is usually installed: its emulators are not on PATH. */
const SDK_FOLDERS = [
  ...['/usr/lib/google-cloud-sdk', '/usr/share/google-cloud-sdk', '/opt/google-cloud-sdk'],
  ...['/snap/google-cloud-cli/current', '/google-cloud-sdk'],
];
const LOOK_AGAIN_MS = 100;
const ANSWERS_WITHIN_MS = 5_000;

/** The path of the emulator. Throws Unsupported where it is not installed. */
export async function emulatorProgram(folders: readonly string[]): Promise<string> {
  // A user of the machine may have no home.
  const home = process.env['HOME'];
  const own = home === undefined ? [] : [join(home, 'google-cloud-sdk')];
  const inside = [...SDK_FOLDERS, ...own].map((folder) => join(folder, INSIDE_SDK));
  return findProgram(EMULATOR, [...folders, ...inside]).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    const hint = 'gcloud components install cloud-firestore-emulator, and Java 11 or newer';
    throw new Failure(error.kind, `${error.message} (${hint})`);
  });
}

/** Starts an empty one in the folder, and waits until it answers. */
export async function startEmulator(
  folder: string,
  { program, project, database }: { program: string; project: string; database: string },
  waiting: Waiting,
): Promise<FirestoreAddress> {
  await makePassword(folder);
  const launched = (port: number): Launched => ({
    args: ['start', '--host=127.0.0.1', `--port=${port}`],
    env: javaEnvironment(),
  });
  await startOnPort(folder, { program, database: `${project}/${database}`, launched }, waiting);
  const address = await copyAddress(folder);
  let isSeen = false;
  for (let looked = 0; ; looked += 1) {
    waiting.signal.throwIfAborted();
    const runs = processesButDoors(folder).length > 0;
    isSeen ||= runs;
    if (!runs && (isSeen || looked > 20)) throw await notUp(folder);
    if (runs && (await answers(address, waiting))) return address;
    waiting.beat({ starting: folder });
    await sleep(LOOK_AGAIN_MS, undefined, { signal: waiting.signal });
  }
}

/** Throws NotReady when no emulator was started there. */
export async function copyAddress(folder: string): Promise<FirestoreAddress> {
  const { port, database: named } = await readNote(folder);
  const [project = '', database = ''] = named.split('/');
  return { host: '127.0.0.1', port, project, database, isEmulator: true };
}

/** What the emulator's wrapper needs to find Java. */
function javaEnvironment(): Record<string, string> {
  const { PATH = '', JAVA_HOME, JAVA } = process.env;
  return {
    ...(JAVA_HOME !== undefined && { PATH: `${join(JAVA_HOME, 'bin')}:${PATH}` }),
    ...(JAVA !== undefined && { JAVA }),
  };
}

/** By a connection of its own each time: the door to an emulator that starts ends them, and `fetch` waits for ever for some of those. */
async function answers({ host, port }: FirestoreAddress, { signal }: Waiting): Promise<boolean> {
  return new Promise((done) => {
    const asked = get(
      { host, port, agent: false, signal, timeout: ANSWERS_WITHIN_MS },
      (answer) => {
        answer.resume();
        done(answer.statusCode === 200);
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => {
      done(false);
    });
    asked.on('close', () => {
      done(false);
    });
  });
}

async function notUp(folder: string): Promise<Failure> {
  const said = lastWords(await logIn(folder));
  return serverProblem(said === '' ? 'it ended and said nothing' : said);
}
