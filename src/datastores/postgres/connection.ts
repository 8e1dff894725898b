// Connections to a Postgres: the live one as the system file says, or a copy's own. The password is looked up here and
// goes into the driver, or into the environment of a tool.
import type pg from 'pg';
import type { Bytes } from '../../ports/objects.ts';
import type { DatastoreRef } from '../../ports/backups.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { secretValue, type SecretSources } from '../../integrations/secret-value.ts';
import { DUMP_LOCK_WAIT_MS, LOCK_WAIT_MS, START_OPTIONS, liftTimeouts } from './session.ts';

const CONNECT_MS = 10_000;
const LOCK_NOT_AVAILABLE = '55P03';
const NOT_ALLOWED = '42501';
/** What a pooler says to options of a session (a breach of the protocol, not supported, not known). */
const REFUSES_OPTIONS: ReadonlySet<string> = new Set(['08P01', '0A000', '42704']);
/** Canceled, or a session that was ended for its age: by somebody, or by a timeout. */
const ENDED_BY_SERVER = /^(57014|57P05|25P0[34])$/;

export interface PostgresAddress {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string | undefined;
}

/** Throws BadInput when the password is not to be had. */
export async function liveAddress(
  { datastore, directory, settings }: DatastoreRef,
  secrets: SecretSources,
): Promise<PostgresAddress> {
  const { host = '127.0.0.1', port = 5432, database = '', user = '' } = settings;
  const address = { host, port, database, user };
  if (settings.password === undefined) return { ...address, password: undefined };
  const found = await secretValue(settings.password, directory, secrets);
  if ('secret' in found) return { ...address, password: found.secret };
  const message = `the password of the datastore ${datastore} is in ${found.problem}`;
  throw new Failure('BadInput', message);
}

/** For pg_dump and pg_restore: nothing of it is in their arguments. */
export function toolEnvironment(address: PostgresAddress): Record<string, string> {
  return {
    PGHOST: address.host,
    PGPORT: String(address.port),
    PGUSER: address.user,
    PGDATABASE: address.database,
    PGAPPNAME: 'fairlead',
    PGCONNECT_TIMEOUT: String(CONNECT_MS / 1000),
    ...(address.password !== undefined && { PGPASSWORD: address.password }),
  };
}

/**
 * A database as an argument of a tool, which reads a name with `=`, or one that begins as an address, as a connection
 * string of its own, host and all.
 */
export function databaseArgument(database: string): string {
  return `dbname='${database.replaceAll(/['\\]/g, '\\$&')}'`;
}

/** For people; no secret. */
export function sourceOf({ host, port, database }: PostgresAddress): string {
  return `postgres://${host}:${port}/${database}`;
}

/** Runs `work` on a connection of its own, which is cut when the signal comes. */
export async function withClient<T>(
  address: PostgresAddress,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  // Loaded for the first connection: a worker starts, and takes over, without it.
  const { Client } = await import('pg');
  const settings = {
    ...{ ...address, application_name: 'fairlead' },
    ...{ connectionTimeoutMillis: CONNECT_MS, keepAlive: true },
  };
  let client = quiet(new Client({ ...settings, options: START_OPTIONS }));
  const cut = (): void => {
    void client.end().catch(() => undefined);
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    await client.connect().catch(async (error: unknown) => {
      if (!REFUSES_OPTIONS.has(textAt(error, 'code') ?? '')) throw error;
      cut();
      signal.throwIfAborted();
      client = quiet(new Client(settings));
      await client.connect();
      await client.query('SET statement_timeout = 0');
    });
    await liftTimeouts(client);
    return await work(client);
  } catch (error) {
    signal.throwIfAborted();
    throw await asFailure(address, error);
  } finally {
    signal.removeEventListener('abort', cut);
    cut();
  }
}

function quiet(client: pg.Client): pg.Client {
  // Thrown where somebody waits for an answer; here it would end the worker.
  return client.on('error', () => undefined);
}

/**
 * Whether the same question may be answered later: a connection that broke (08), two transactions in each other's way
 * (40), out of memory or connections (53), a lock that is held (55), stopped by an operator (57), an error of the
 * system (58), a session that was too long for the server. Whatever else the server says it says again.
 */
export function isPassing(sqlState: string): boolean {
  return /^(08|40|53|55|57|58)/.test(sqlState) || ENDED_BY_SERVER.test(sqlState);
}

/** What a question ended with, as a Failure: whether it may be asked again is in its kind. */
export async function asFailure(address: PostgresAddress, error: unknown): Promise<Failure> {
  const { DatabaseError } = await import('pg');
  return failureOf(address, error, error instanceof DatabaseError ? error.code : undefined);
}

/** `code` is the SQLSTATE of an answer of the server's; without any, it is no answer. */
function failureOf(address: PostgresAddress, error: unknown, code: string | undefined): Failure {
  if (error instanceof Failure) return error;
  const said = error instanceof Error ? error.message : String(error);
  const where = `${sourceOf(address)} as ${address.user}`;
  if (code === LOCK_NOT_AVAILABLE) return lockedOut(where, said);
  if (code === undefined || isPassing(code)) return passing(where, said, code);
  if (code === NOT_ALLOWED) return notAllowed(address, said);
  // Class 28: who is asking; 3D: no such database; 42: not there.
  if (/^(28|3D|42)/.test(code)) {
    const message = `asking ${where}: ${said} (${code}). Mend the datastore's settings or rights.`;
    return new Failure(code.startsWith('28') ? 'Refused' : 'BadInput', message);
  }
  const message = `asking ${where}: ${said} (${code}). The server is up and says so each time; look at what it holds.`;
  return new Failure('CheckFailed', message);
}

function passing(where: string, said: string, code = ''): Failure {
  const hint = ENDED_BY_SERVER.test(code)
    ? 'The server is up: somebody canceled it, or a timeout did that is set on the way there, such as a pooler; Fairlead lifts those of the server, its databases and roles.'
    : 'Is the server up, and reachable from the worker?';
  return new Failure('Unavailable', `asking ${where}: ${said}. ${hint}`);
}

function lockedOut(where: string, said: string): Failure {
  const minutes = LOCK_WAIT_MS / 60_000;
  return new Failure(
    'Unavailable',
    `asking ${where}: waited ${minutes} minutes for a lock that somebody else holds: ${said.slice(0, 300)}. Look at pg_locks for who that is.`,
  );
}

function inTheWay(address: PostgresAddress, said: string): Failure {
  const seconds = DUMP_LOCK_WAIT_MS / 1000;
  return new Failure(
    'Unavailable',
    `dumping ${sourceOf(address)}: a change of a table (DROP, ALTER, TRUNCATE, VACUUM FULL) came between the look at the tables and the dump of them, and both waited for each other for ${seconds} s; the change goes first: ${said.slice(0, 300)}`,
  );
}

function notAllowed({ user, ...address }: PostgresAddress, said: string): Failure {
  const message = `asking ${sourceOf({ user, ...address })} as ${user}: ${said}. A backup reads everything: GRANT pg_read_all_data TO "${user}" (14 and newer), or SELECT on all tables and sequences; where rows have policies, also ALTER ROLE "${user}" BYPASSRLS`;
  return new Failure('Refused', message);
}

/** What pg_dump says when its session ended, or when something was dropped while it looked. `FATAL` is the same in most languages. */
const PASSING =
  /\bFATAL\b|server closed the connection|no connection to the server|connection to server|could not (?:receive|send) data|SSL (?:error|SYSCALL)|out of (?:shared )?memory|canceling statement|does not exist|cache lookup failed|could not open relation|concurrently|invalid snapshot identifier/;

/** Until 16 pg_dump waits for its locks by a timeout of statements. */
const LOCK_TIMEOUT = /due to lock timeout|due to statement timeout.*LOCK TABLE/s;

/**
 * The output of pg_dump, ended by what its failure means: Unavailable for what may be otherwise with a new snapshot (a lock
 * that was held too long, a session that was ended, a table that went), Refused for what the user may not read.
 */
export async function* dumped(address: PostgresAddress, dump: Bytes): Bytes {
  try {
    yield* dump;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'CheckFailed') throw error;
    const said = error.message;
    if (LOCK_TIMEOUT.test(said)) throw inTheWay(address, said);
    if (/permission denied|row-level security|must be owner/.test(said))
      throw notAllowed(address, said);
    if (!PASSING.test(said)) throw error;
    throw new Failure('Unavailable', `dumping ${sourceOf(address)}: ${said}`);
  }
}
