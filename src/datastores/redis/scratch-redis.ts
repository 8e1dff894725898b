// A Redis of its own for a copy: reached on a free port of 127.0.0.1, with passwords, and where namespaces allow in a
// network of its own (servers/apart.ts); AOF off (with it on, Redis loads the empty AOF and not the dump). It is the replica of nobody: a master would throw away, at load and later, every key
// whose time has passed since, and the copy would not be what the dump is. It takes no writes either, until it is handed
// over to a service (store.ts).
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Waiting } from '../../ports/waiting.ts';
import type { Contents } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { tryListening } from '../../machine/port-holder.ts';
import { saysFull } from '../full-disk.ts';
import {
  ADMIN_PASSWORD,
  lastWords,
  LOG_FILE,
  logIn,
  makePassword,
  notStarted,
  passwordIn,
  readNote,
  serverProblem,
  serversIn,
  writeNote,
} from '../scratch-server.ts';
import { apartFor, asOf, commandOf, giveFolder, openDoor } from '../servers/apart.ts';
import { runTool } from '../tool.ts';
import { askRedis, readState, type RedisAddress } from './client.ts';

export const DUMP_FILE = 'dump.rdb';
const LOOK_AGAIN_MS = 50;
/** Warnings (`#`) about what is in the dump; that it is being loaded is a notice. */
const OF_THE_DUMP = / # .*(\bRDB\b|rdb file|loading (the )?DB|load DB)/;
const OF_THE_SERVER = /permission denied|can't open|failed opening|can't load: no matching module/i;

interface Configured {
  listens: string;
  passwords: { service: string; admin: string };
  databases: number;
}

/** Who Fairlead logs in as. Services have the user `default`, as where there is only a password. */
const ADMIN = 'fairlead';
const SOCKET = 'redis.sock';
/**
 * What the user of services may not: whatever administers the server, and with it all that connects elsewhere (REPLICAOF, MIGRATE),
 * writes files or loads code (CONFIG SET, DEBUG, MODULE). Scripts run under the same list.
 */
const OF_SERVICES = '~* &* +@all -@admin -migrate +config|get';

const CONFIGURATION = (folder: string, { listens, passwords, databases }: Configured): string => `
${listens}
databases ${databases}
user default on #${sha256(passwords.service)} ${OF_SERVICES}
user ${ADMIN} on #${sha256(passwords.admin)} ~* &* +@all
dir ${folder}
dbfilename ${DUMP_FILE}
save ""
appendonly no
daemonize yes
logfile ${join(folder, LOG_FILE)}
replicaof 127.0.0.1 1
enable-debug-command local
`;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export interface RedisPrograms {
  server: string;
  cli: string;
}

/**
 * Loads `dump.rdb` of the folder, if there is one, into so many `databases`: fewer than the live server has, and a dump
 * may not be loaded. Throws CheckFailed with what the server said of the dump, Unsupported when it is too old for it.
 */
export async function startRedis(
  folder: string,
  { programs, databases }: { programs: RedisPrograms; databases: number },
  waiting: Waiting,
): Promise<void> {
  const passwords = {
    service: await makePassword(folder),
    admin: await makePassword(folder, ADMIN_PASSWORD),
  };
  const { signal } = waiting;
  const way = await apartFor(folder, { program: programs.server, mayBeRoot: true }, signal);
  const port = await tryListening(0);
  const listens = way.alone
    ? `port 0\nunixsocket ${SOCKET}\nunixsocketperm 700`
    : `bind 127.0.0.1\nport ${port}`;
  const file = join(folder, 'redis.conf');
  await writeFile(file, CONFIGURATION(folder, { listens, passwords, databases }), { mode: 0o600 });
  await writeNote(folder, { port, database: '0', server: programs.server });
  await giveFolder(folder, way);
  const command = commandOf(way, programs.server, [file]);
  await runTool({ ...command, ...asOf(way), env: {}, directory: folder, signal }).catch(notStarted);
  if (way.alone) {
    const door = await openDoor(folder, SOCKET, way, signal);
    await writeNote(folder, { port: door, database: '0', server: programs.server });
  }
  await untilLoaded(folder, programs.cli, waiting);
}

async function untilLoaded(folder: string, cli: string, waiting: Waiting): Promise<void> {
  const address = await redisAddress(folder);
  for (;;) {
    waiting.signal.throwIfAborted();
    const state = await readState(cli, address, waiting).catch(whileStarting);
    if (state?.aof === true) throw new Failure('Broken', 'a copy was started with AOF on');
    if (state?.loading === false) return;
    if (serversIn(folder).length === 0) throw await refused(folder);
    waiting.beat({ loading: folder });
    await sleep(LOOK_AGAIN_MS, undefined, { signal: waiting.signal });
  }
}

/** Where the Redis server of a copy answers, with the login of its administrator, which Fairlead alone uses. */
export async function redisAddress(folder: string): Promise<RedisAddress> {
  const { port } = await readNote(folder);
  const password = await passwordIn(folder, ADMIN_PASSWORD);
  return { host: '127.0.0.1', port, user: ADMIN, password };
}

/**
 * Keys of each database, and the digest of everything, whatever its order. Without a key there is no part: an empty
 * Redis compared with another proves nothing.
 */
export async function redisContents(
  folder: string,
  cli: string,
  waiting: Waiting,
): Promise<Contents> {
  const address = await redisAddress(folder);
  const { keys } = await readState(cli, address, waiting);
  const digest = await askRedis(cli, address, ['DEBUG', 'DIGEST'], waiting, null);
  const databases = Object.entries(keys).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    parts: [
      ...(databases.length === 0
        ? []
        : [{ name: 'dataset', rows: null, bytes: null, hash: `digest:${digest}` }]),
      ...databases.map(([name, rows]) => ({ name, rows, bytes: null, hash: 'none' })),
    ],
    definitions: [],
    sequences: [],
  };
}

/** Takes no answer for a server that is not there yet or still loading: both end by themselves, or the process does. */
function whileStarting(error: unknown): undefined {
  if (error instanceof Failure && error.kind === 'Unavailable') return undefined;
  throw error;
}

async function refused(folder: string): Promise<Failure> {
  const log = await logIn(folder);
  const said = lastWords(log);
  const [, format] = /Can't handle RDB format version (\d+)/.exec(log) ?? [];
  if (format !== undefined) {
    const message = `the dump is of RDB format ${format}, which this Redis is too old for; install the Redis that it was taken from, or a newer one, where the worker runs`;
    return new Failure('Unsupported', message);
  }
  if (saysFull(log)) return new Failure('CheckFailed', said);
  const isOfDump = OF_THE_DUMP.test(log) && !OF_THE_SERVER.test(log);
  if (!isOfDump) return serverProblem(said === '' ? 'it ended and said nothing' : said);
  return new Failure('CheckFailed', `Redis does not load the dump: ${said}`);
}
