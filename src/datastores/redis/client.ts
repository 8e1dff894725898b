// Asks a Redis through redis-cli: the live one as the system file says, or a copy's own. The password goes through the
// environment. redis-cli ends with 0 on many errors: `-e` and a look at the answer.
import type { DatastoreRef } from '../../ports/backups.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { secretValue, type SecretSources } from '../../integrations/secret-value.ts';
import { runTool, type ToolRun } from '../tool.ts';

/** A server that is up answers a short question at once; one that hangs takes connections all the same. */
const ANSWER_MS = 30_000;

export interface RedisAddress {
  host: string;
  port: number;
  user: string | undefined;
  password: string | undefined;
}

export interface RedisState {
  version: string;
  loading: boolean;
  aof: boolean;
  /** Keys by database: `db0`. */
  keys: Record<string, number>;
}

/** Throws BadInput when the password is not to be had. */
export async function liveRedis(
  { datastore, directory, settings }: DatastoreRef,
  secrets: SecretSources,
): Promise<RedisAddress> {
  const { host = '127.0.0.1', port = 6379, user } = settings;
  if (settings.password === undefined) return { host, port, user, password: undefined };
  const found = await secretValue(settings.password, directory, secrets);
  if ('secret' in found) return { host, port, user, password: found.secret };
  const message = `the password of the datastore ${datastore} is in ${found.problem}`;
  throw new Failure('BadInput', message);
}

export function redisTool(
  program: string,
  { host, port, user, password }: RedisAddress,
  args: readonly string[],
  { signal }: Waiting,
): ToolRun {
  const as = user === undefined ? [] : ['--user', user];
  return {
    program,
    args: ['-h', host, '-p', String(port), ...as, '--no-auth-warning', '-e', ...args],
    env: password === undefined ? {} : { REDISCLI_AUTH: password },
    directory: '/',
    signal,
  };
}

/** Throws Unavailable when it does not answer, or not within `ms`; null is for a question that takes as long as the data. */
export async function askRedis(
  program: string,
  address: RedisAddress,
  command: readonly string[],
  waiting: Waiting,
  ms: number | null = ANSWER_MS,
): Promise<string> {
  const asking = `asking redis://${address.host}:${address.port}`;
  const late = ms === null ? new AbortController().signal : AbortSignal.timeout(ms);
  const signal = AbortSignal.any([waiting.signal, late]);
  try {
    return (await runTool(redisTool(program, address, command, { ...waiting, signal }))).trim();
  } catch (error) {
    waiting.signal.throwIfAborted();
    if (late.aborted) {
      const message = `${asking}: waited ${(ms ?? 0) / 1000} s for an answer to ${command[0] ?? 'nothing'}. Is it stopped, or busy with a slow command?`;
      throw new Failure('Unavailable', message);
    }
    if (!(error instanceof Failure) || error.kind !== 'CheckFailed') throw error;
    const kind = /NOAUTH|WRONGPASS|NOPERM/.test(error.message) ? 'Refused' : 'Unavailable';
    throw new Failure(kind, `${asking}: ${error.message}`);
  }
}

export async function readState(
  program: string,
  address: RedisAddress,
  waiting: Waiting,
): Promise<RedisState> {
  const text = await askRedis(program, address, ['INFO'], waiting);
  const field = (name: string): string =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? '';
  const version = field('redis_version');
  if (version === '') {
    const message = `redis://${address.host}:${address.port} answers INFO with no version: ${text.slice(0, 100)}`;
    throw new Failure('Unavailable', message);
  }
  const keys = [...text.matchAll(/^(db\d+):keys=(\d+)/gm)];
  return {
    version,
    loading: field('loading') === '1',
    aof: field('aof_enabled') === '1',
    keys: Object.fromEntries(keys.map(([, name = '', count]) => [name, Number(count)])),
  };
}

/** More than people configure, and little to a server: what a copy has where the live one may not be asked. */
export const MANY_DATABASES = 10_000;

/** How many databases a server is configured for; `MANY_DATABASES` where it does not say, as hosted ones do not. */
export async function readDatabases(
  program: string,
  address: RedisAddress,
  waiting: Waiting,
): Promise<number> {
  const said = await askRedis(program, address, ['CONFIG', 'GET', 'databases'], waiting).catch(
    (error: unknown) => {
      if (error instanceof Failure) return '';
      throw error;
    },
  );
  const count = /^databases\s+(\d+)$/.exec(said)?.[1];
  return count === undefined ? MANY_DATABASES : Number(count);
}

/** The server's clock (ms). */
export async function readTime(
  program: string,
  address: RedisAddress,
  waiting: Waiting,
): Promise<number> {
  const [seconds, micros] = (await askRedis(program, address, ['TIME'], waiting)).split(/\s+/);
  return Math.floor(Number(seconds) * 1000 + Number(micros) / 1000);
}
