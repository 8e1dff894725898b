// A Postgres of its own for a copy: a new cluster in the copy's folder, on a free port of 127.0.0.1, with a password
// that nobody else has. It lives until the copy is discarded, longer than the worker that started it. What is in a dump was
// written by others: it is loaded and asked by a role that is no superuser, for one of those can have the server run programs.
import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { Waiting } from '../../ports/waiting.ts';
import type { Locale } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { tryListening } from '../../machine/port-holder.ts';
import {
  giveAway,
  LOG_FILE,
  logIn,
  makePassword,
  notStarted,
  PASSWORD_FILE,
  passwordIn,
  readNote,
  writeNote,
} from '../scratch-server.ts';
import { findProgram, runTool, serverIdentity } from '../tool.ts';
import { withClient, type PostgresAddress } from './connection.ts';
import { createDatabase } from './locale.ts';

/** The superuser, who makes the database, roles and extensions, and runs nothing of what is in a dump. */
const ADMIN = 'fairlead';
const ADMIN_PASSWORD = 'admin-password';
/** Who owns the copy's database. */
const OWNER = 'fairlead_copy';
/** Who questions are asked as. */
export const READER = 'fairlead_reader';
const START_S = 60;

/** The cluster of a copy: it has to survive no crash, and to be reached by nobody else. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: "''",
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_wal_size: '2GB',
  max_logical_replication_workers: '0',
  archive_mode: 'off',
};

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
  const admin = await startServer(input, waiting);
  const password = await makePassword(input.folder);
  await giveAway(join(input.folder, PASSWORD_FILE));
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
): Promise<PostgresAddress> {
  const data = join(folder, 'pg');
  const as = serverIdentity();
  const run = async (name: string, args: string[]): Promise<string> =>
    runTool({
      ...(await underAName(await findProgram(name, programs), args)),
      env: {},
      directory: folder,
      ...(as && { as }),
      signal,
    });
  await mkdir(data, { mode: 0o700 });
  await makePassword(folder, ADMIN_PASSWORD);
  // The folder last: from then on whoever runs as that user can put links in it.
  for (const path of [data, join(folder, ADMIN_PASSWORD), folder]) await giveAway(path);
  const server = (await run('postgres', ['--version']).catch(notStarted)).trim();
  if (loads !== undefined) refuseNewer(loads, server);
  const pwfile = join(folder, ADMIN_PASSWORD);
  await run('initdb', [
    ...['--pgdata', data, '--username', ADMIN, '--pwfile', pwfile],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
  ]).catch(notStarted);
  const port = await tryListening(0);
  const settings = Object.entries({ ...SETTINGS, port }).map((pair) => `-c ${pair.join('=')}`);
  await writeNote(folder, { port, database, server });
  await run('pg_ctl', [
    ...['--pgdata', data, '--log', join(folder, LOG_FILE), '--wait'],
    ...['--timeout', String(START_S), '--options', settings.join(' '), 'start'],
  ]).catch(async (error: unknown) => notStarted(error, await logIn(folder)));
  // Many live databases are called `postgres`, which a new cluster has already, with an encoding of its own.
  const address = { ...(await adminAddress(folder)), database: 'template1' };
  await withClient(address, signal, (client) => createDatabase(client, database, locale));
  return { ...address, database };
}

/** Postgres asks for the name of its user: under a number that has none it runs as nobody of a user namespace. */
async function underAName(program: string, args: string[]) {
  if (hasName()) return { program, args };
  const nobody = ['--user', '--map-user=65534', '--map-group=65534', '--'];
  return { program: await findProgram('unshare', []), args: [...nobody, program, ...args] };
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
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
