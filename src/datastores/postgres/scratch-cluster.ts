// A Postgres of its own for a copy: a new cluster in the copy's folder, reached on a free port of 127.0.0.1, with a password
// that nobody else has, and from which nothing else is reached where namespaces allow (servers/apart.ts). It lives until the copy is discarded, longer than the worker that started it. What is in a dump was
// written by others: it is loaded and asked by a role that is no superuser, for one of those can have the server run programs.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Waiting } from '../../ports/waiting.ts';
import type { Locale } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { tryListening } from '../../machine/port-holder.ts';
import {
  ADMIN_PASSWORD,
  LOG_FILE,
  logIn,
  makePassword,
  notStarted,
  passwordIn,
  readNote,
  writeNote,
} from '../scratch-server.ts';
import {
  amongOthers,
  apartFor,
  asOf,
  commandOf,
  giveFolder,
  openDoor,
  type Apart,
} from '../servers/apart.ts';
import { findProgram, runTool } from '../tool.ts';
import { withClient, type PostgresAddress } from './connection.ts';
import { createDatabase } from './locale.ts';

/** The superuser, who makes the database, roles and extensions, and runs nothing of what is in a dump. */
const ADMIN = 'fairlead';
/** Who owns the copy's database. */
const OWNER = 'fairlead_copy';
/** Who questions are asked as. */
export const READER = 'fairlead_reader';
const START_S = 60;

/** The cluster of a copy: it has to survive no crash, and to be reached by nobody else. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_wal_size: '2GB',
  max_logical_replication_workers: '0',
  archive_mode: 'off',
};

/** In its folder of data, which nobody else passes through. Its name has the port in it. */
const ALONE = { listen_addresses: "''", unix_socket_directories: '.', port: 5432 };
const SOCKET = 'pg/.s.PGSQL.5432';

/** Where nothing is known of the live database. */
export const PLAIN_LOCALE: Locale = {
  ...{ encoding: 'UTF8', collate: 'C', ctype: 'C', provider: 'libc' },
  ...{ locale: null, rules: null, version: null },
};

export interface ClusterInput {
  folder: string;
  programs: readonly string[];
  database: string;
  locale: Locale;
  /** What is to be loaded, by its name and the version of Postgres that it was taken from. */
  loads?: { id: string; version: string };
}

/** A cluster whose database belongs to a role that is no superuser: the address of that one. */
export async function startCluster(
  input: ClusterInput,
  waiting: Waiting,
): Promise<PostgresAddress> {
  const program = await findProgram('postgres', input.programs);
  const way = await apartFor(input.folder, { program, mayBeRoot: false }, waiting.signal);
  const admin = await startServer(input, waiting, way);
  const password = await makePassword(input.folder);
  await withClient(admin, waiting.signal, async (client) => {
    const secret = client.escapeLiteral(password);
    await client.query(`CREATE ROLE ${OWNER} LOGIN BYPASSRLS PASSWORD ${secret};
      CREATE ROLE ${READER} NOLOGIN BYPASSRLS IN ROLE pg_read_all_data;
      GRANT ${READER} TO ${OWNER};
      GRANT pg_read_all_data, pg_write_all_data, pg_monitor TO ${OWNER};
      ALTER DATABASE ${client.escapeIdentifier(input.database)} OWNER TO ${OWNER}`);
    await giveSchema(client);
  });
  return clusterAddress(input.folder);
}

/** Until Postgres 14 the schema `public` is the superuser's; later it is whose the database is. */
async function giveSchema(client: pg.Client): Promise<void> {
  const { rows } = await client.query<Record<string, unknown>>(
    "SELECT 1 FROM pg_namespace WHERE nspname = 'public' AND nspowner::regrole::text <> 'pg_database_owner'",
  );
  if (rows.length > 0) await client.query(`ALTER SCHEMA public OWNER TO ${OWNER}`);
}

/** A cluster with one empty database, and the address of its superuser. */
export async function startServer(
  { folder, programs, database, locale, loads }: ClusterInput,
  { signal }: Waiting,
  way: Apart = amongOthers(),
): Promise<PostgresAddress> {
  const data = join(folder, 'pg');
  const run = async (name: string, args: string[]): Promise<string> => {
    const command = commandOf(way, await findProgram(name, programs), args);
    return runTool({ ...command, ...asOf(way), env: {}, directory: folder, signal });
  };
  await mkdir(data, { mode: 0o700 });
  await makePassword(folder, ADMIN_PASSWORD);
  await giveFolder(folder, way);
  const server = (await run('postgres', ['--version']).catch(notStarted)).trim();
  if (loads !== undefined) refuseNewer(loads, server);
  const pwfile = join(folder, ADMIN_PASSWORD);
  await run('initdb', [
    ...['--pgdata', data, '--username', ADMIN, '--pwfile', pwfile],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
  ]).catch(notStarted);
  const port = await tryListening(0);
  const settings = Object.entries({ ...SETTINGS, ...(way.alone ? ALONE : onLoopback(port)) });
  await writeNote(folder, { port, database, server });
  await run('pg_ctl', [
    ...['--pgdata', data, '--log', join(folder, LOG_FILE), '--wait', '--timeout', String(START_S)],
    ...['--options', settings.map((pair) => `-c ${pair.join('=')}`).join(' '), 'start'],
  ]).catch(async (error: unknown) => notStarted(error, await logIn(folder)));
  if (way.alone) {
    await writeNote(folder, {
      port: await openDoor(folder, SOCKET, way, signal),
      database,
      server,
    });
  }
  // Many live databases are called `postgres`, which a new cluster has already, with an encoding of its own.
  const address = { ...(await adminAddress(folder)), database: 'template1' };
  await withClient(address, signal, (client) => createDatabase(client, database, locale));
  return { ...address, database };
}

function onLoopback(port: number) {
  return { listen_addresses: '127.0.0.1', unix_socket_directories: "''", port };
}

function refuseNewer({ id, version }: { id: string; version: string }, server: string): void {
  const [of, into] = [majorVersion(version), majorVersion(server)];
  if (of <= into) return;
  throw new Failure(
    'Unsupported',
    `${id} was taken from Postgres ${of}, and the one that is here is ${into}: an older server cannot load it; install Postgres ${of} or newer where the worker runs`,
  );
}

/** Throws NotReady when nothing was started there. */
export async function clusterAddress(folder: string): Promise<PostgresAddress> {
  const { port, database } = await readNote(folder);
  const password = await passwordIn(folder);
  return { host: '127.0.0.1', port, database, user: OWNER, password };
}

/** The same of its superuser, for what no dump has a part in. Throws NotReady when nothing was started there. */
export async function adminAddress(folder: string): Promise<PostgresAddress> {
  const { port, database } = await readNote(folder);
  const password = await passwordIn(folder, ADMIN_PASSWORD);
  return { host: '127.0.0.1', port, database, user: ADMIN, password };
}

/** The major version, 15, in `15.14 (Debian 15.14-0+deb12u1)` or `postgres (PostgreSQL) 15.14`. */
function majorVersion(text: string): number {
  const major = Number(/(\d+)(\.\d+|\w*)/.exec(text)?.[1]);
  if (Number.isInteger(major) && major > 0) return major;
  throw new Failure('CheckFailed', `${text.slice(0, 60)} is no version of Postgres`);
}
