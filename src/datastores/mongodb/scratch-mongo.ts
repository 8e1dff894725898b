// A server of its own for a copy: mongod where it is installed, else FerretDB, which speaks the same protocol and can do
// less (ferretdb-lacks.ts); reached on a free port of 127.0.0.1, with one user and a password, and where namespaces allow in a
// network of its own (servers/on-port.ts). It goes on when the worker ends.
// mongod's TTL monitor is off until the copy is handed over: it would delete what the dump has.
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import {
  lastWords,
  type Launched,
  logIn,
  makePassword,
  passwordIn,
  processesButDoors,
  readNote,
  serverProblem,
  serverRuns,
} from '../scratch-server.ts';
import { startAgain, startOnPort } from '../servers/on-port.ts';
import { findProgram } from '../tool.ts';
import { serverCode, USER_IS_THERE, withMongo, type MongoAddress } from './connection.ts';

export const USER = 'fairlead';
const MONGOD = 'mongod';
const FERRETDB = 'ferretdb';
const LOOK_AGAIN_MS = 100;

/** The path of mongod, or else of ferretdb. Throws Unsupported where there is neither. */
export async function serverProgram(folders: readonly string[]): Promise<string> {
  return findProgram(MONGOD, folders).catch(async (error: unknown) => {
    const found = await findProgram(FERRETDB, folders).catch(() => undefined);
    if (found !== undefined) return found;
    throw error;
  });
}

export function isFerretdb(program: string): boolean {
  return basename(program) === FERRETDB;
}

/** Starts an empty server in the folder, and waits until its user can log in. */
export async function startMongo(
  folder: string,
  { program, database }: { program: string; database: string },
  waiting: Waiting,
): Promise<MongoAddress> {
  await mkdir(join(folder, 'data'), { mode: 0o700 });
  const password = await makePassword(folder);
  const launched = (port: number): Launched =>
    isFerretdb(program) ? ferretdb(folder, { port, password }) : mongod(folder, port);
  await startOnPort(folder, { program, database, launched }, waiting);
  const address = await mongoAddress(folder);
  if (!isFerretdb(program)) await makeUser(folder, address, waiting);
  await untilAnswers(folder, address, waiting);
  return address;
}

/** Throws NotReady when no server was started there. */
export async function mongoAddress(folder: string): Promise<MongoAddress> {
  const { port, database } = await readNote(folder);
  const login = { user: USER, password: await passwordIn(folder), loginDatabase: 'admin' };
  return { host: '127.0.0.1', port, database, ...login, replicaSet: undefined, tls: false };
}

function mongod(folder: string, port: number): Launched {
  const args = [
    ...['--dbpath', join(folder, 'data'), '--port', String(port), '--bind_ip', '127.0.0.1'],
    ...['--nounixsocket', '--auth', '--setParameter', 'ttlMonitorEnabled=false'],
  ];
  return { args, env: {} };
}

/** `password`: of its user, which is made once; absent for one that is made. */
function ferretdb(
  folder: string,
  { port, password, mode = '' }: { port: number; password?: string; mode?: string },
): Launched {
  const data = join(folder, 'data');
  const args = [
    ...['--handler=sqlite', `--sqlite-url=file:${data}/${mode}`, '--telemetry=disable'],
    ...[`--listen-addr=127.0.0.1:${port}`, '--debug-addr=-', `--state-dir=${folder}`],
    '--log-level=warn',
  ];
  const setup = {
    FERRETDB_SETUP_DATABASE: 'admin',
    FERRETDB_SETUP_USERNAME: USER,
    FERRETDB_SETUP_PASSWORD: password ?? '',
  };
  const env = { FERRETDB_TEST_ENABLE_NEW_AUTH: 'true', ...(password !== undefined && setup) };
  return { args, env };
}

/** While mongod has no user, one may be made from this machine without a login. */
async function makeUser(folder: string, address: MongoAddress, waiting: Waiting): Promise<void> {
  const nobody = { ...address, user: undefined, password: undefined };
  await untilAnswers(folder, nobody, waiting);
  await withMongo({ ...nobody, database: 'admin' }, waiting.signal, async (db) => {
    const user = { createUser: USER, pwd: address.password, roles: ['root'] };
    await db.command(user).catch(async (error: unknown) => {
      if ((await serverCode(error)) !== USER_IS_THERE) throw error;
    });
  });
}

async function untilAnswers(
  folder: string,
  address: MongoAddress,
  waiting: Waiting,
): Promise<void> {
  let isSeen = false;
  for (let looked = 0; ; looked += 1) {
    waiting.signal.throwIfAborted();
    const runs = processesButDoors(folder).length > 0;
    isSeen ||= runs;
    if (!runs && (isSeen || looked > 20)) throw await notUp(folder);
    if (runs && (await answers(address, waiting))) return;
    waiting.beat({ starting: folder });
    await sleep(LOOK_AGAIN_MS, undefined, { signal: waiting.signal });
  }
}

async function answers(address: MongoAddress, { signal }: Waiting): Promise<boolean> {
  const ask = (db: Db): Promise<unknown> => db.command({ ping: 1 });
  return withMongo(address, signal, ask).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Failure && error.kind === 'Unavailable') return false;
      throw error;
    },
  );
}

async function notUp(folder: string): Promise<Failure> {
  const said = lastWords(await logIn(folder));
  return serverProblem(said === '' ? 'it ended and said nothing' : said);
}

/** From now on it deletes what its TTL indexes say. */
export async function letExpire(folder: string, waiting: Waiting): Promise<void> {
  serverRuns(folder);
  const { server } = await readNote(folder);
  if (isFerretdb(server)) return;
  await withMongo(await mongoAddress(folder), waiting.signal, (db) =>
    db.admin().command({ setParameter: 1, ttlMonitorEnabled: true }),
  );
}

/** Ends FerretDB and starts it on the same files, which it opens for reading only. */
export async function startReadOnly(folder: string, waiting: Waiting): Promise<void> {
  await startAgain(folder, (port) => ferretdb(folder, { port, mode: '?mode=ro' }), waiting);
  await untilAnswers(folder, await mongoAddress(folder), waiting);
}
