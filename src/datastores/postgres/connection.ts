// Connections to a Postgres: the live one as the system file says, or a copy's own. The password is looked up here and
// goes into the driver, or into the environment of a tool.
import type pg from 'pg';
import type { DatastoreRef } from '../../activities/ports-data.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { secretValue } from '../../integrations/secret-value.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';

const CONNECT_MS = 10_000;

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
  const client = new Client({
    ...address,
    application_name: 'fairlead',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
  // Thrown where somebody waits for an answer; here it would end the worker.
  client.on('error', () => undefined);
  const cut = (): void => {
    void client.end().catch(() => undefined);
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    await client.connect();
    // The server looks every second whether somebody still waits for its answer (14 and newer).
    await client.query(
      "SELECT set_config(name, '1000', false) FROM pg_settings WHERE name = 'client_connection_check_interval'",
    );
    return await work(client);
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(address, error);
  } finally {
    signal.removeEventListener('abort', cut);
    cut();
  }
}

/** An answer of the server's names its SQLSTATE; everything else is no answer. */
function failureOf(address: PostgresAddress, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const said = error instanceof Error ? error.message : String(error);
  const code = textAt(error, 'code') ?? '';
  const where = `${sourceOf(address)} as ${address.user}`;
  // Class 28: who is asking; 3D: no such database; 42: not allowed, or not there.
  if (/^(28|3D|42)/.test(code) && code.length === 5) {
    const message = `asking ${where}: ${said} (${code}). Mend the datastore's settings or rights.`;
    return new Failure(code === '42501' || code.startsWith('28') ? 'Refused' : 'BadInput', message);
  }
  return new Failure(
    'Unavailable',
    `asking ${where}: ${said}. Is the server up, and reachable from the worker?`,
  );
}
