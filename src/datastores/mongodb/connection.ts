// Connections to a MongoDB: the live one as the system file says, or a copy's own. The password is looked up here and goes
// into the driver, or into a file for a tool (tools.ts).
import type { Db, MongoClient } from 'mongodb';
import type { DatastoreRef } from '../../ports/backups.ts';
import { Failure } from '../../domain/failure.ts';
import { hostInUrl } from '../../machine/host-in-url.ts';
import { secretValue, type SecretSources } from '../../integrations/secret-value.ts';
import { mongodb } from './settings.ts';

/** A server that is up is found at once; mongodump alone waits 30 s for one that is not. */
const FIND_MS = 10_000;
/** For one answer: of a batch of documents, of a command. */
const ANSWER_MS = 120_000;
/** Not allowed, and not logged in. */
const REFUSED: ReadonlySet<unknown> = new Set([13, 18, 8000]);
/** A host or a network, a primary that steps down or is not there, a server that shuts down, what was interrupted, a limit of time. */
const PASSING: ReadonlySet<unknown> = new Set([
  ...[6, 7, 50, 89, 91, 189, 262, 9001, 10_107, 11_600, 11_601, 11_602, 13_435, 13_436],
]);

/** What mongod answers when a user is made twice. */
export const USER_IS_THERE = 51_003;

export interface MongoAddress {
  host: string;
  port: number;
  database: string;
  user: string | undefined;
  password: string | undefined;
  /** The database that the user is known in. */
  loginDatabase: string;
  replicaSet: string | undefined;
  tls: boolean;
}

/** Throws BadInput when the password is not to be had. */
export async function liveMongo(
  { datastore, directory, settings }: DatastoreRef,
  secrets: SecretSources,
): Promise<MongoAddress> {
  const { host, port } = { ...mongodb.capabilities.defaultPlace, ...settings };
  const { database = '', user, loginDatabase = 'admin', replicaSet, tls = false } = settings;
  const address = { host, port, database, user, loginDatabase, replicaSet, tls };
  if (settings.password === undefined) return { ...address, password: undefined };
  const found = await secretValue(settings.password, directory, secrets);
  if ('secret' in found) return { ...address, password: found.secret };
  const message = `the password of the datastore ${datastore} is in ${found.problem}`;
  throw new Failure('BadInput', message);
}

/** For people; no secret. */
export function sourceOf({ host, port, database }: MongoAddress): string {
  return `mongodb://${hostInUrl(host)}:${port}/${database}`;
}

/** Everything that a driver or a tool needs, the password too. */
export function connectionString({ host, port, ...address }: MongoAddress): string {
  const { user, password, loginDatabase, replicaSet, tls } = address;
  const login =
    user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
  const options = new URLSearchParams({
    ...(user !== undefined && { authSource: loginDatabase }),
    ...(replicaSet === undefined ? { directConnection: 'true' } : { replicaSet }),
    ...(tls && { tls: 'true' }),
    serverSelectionTimeoutMS: String(FIND_MS),
    connectTimeoutMS: String(FIND_MS),
    appName: 'fairlead',
  });
  return `mongodb://${login}${hostInUrl(host)}:${port}/?${options.toString()}`;
}

/** Runs `work` on the database over connections of its own, which are cut when the signal comes. */
export async function withMongo<T>(
  address: MongoAddress,
  signal: AbortSignal,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  // Loaded for the first connection: a worker starts, and takes over, without it.
  const driver = await import('mongodb');
  const client = new driver.MongoClient(connectionString(address), {
    socketTimeoutMS: ANSWER_MS,
    maxPoolSize: 4,
    retryWrites: false,
  });
  const cut = (): void => {
    void client.close().catch(() => undefined);
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    await client.connect();
    return await work(client.db(address.database));
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(address, error, driver);
  } finally {
    signal.removeEventListener('abort', cut);
    await closed(client);
  }
}

async function closed(client: MongoClient): Promise<void> {
  await client.close().catch(() => undefined);
}

type Driver = Pick<typeof import('mongodb'), 'MongoServerError' | 'MongoError'>;

/** What a question ended with: whether it may be asked again is in its kind. */
function failureOf(
  address: MongoAddress,
  error: unknown,
  { MongoServerError, MongoError }: Driver,
): unknown {
  if (!(error instanceof MongoError)) return error;
  const asking = `asking ${sourceOf(address)}${address.user === undefined ? '' : ` as ${address.user}`}`;
  const said = error.message.slice(0, 500);
  if (!(error instanceof MongoServerError) || PASSING.has(error.code)) {
    const hint = 'Is the server up, and reachable from the worker?';
    return new Failure('Unavailable', `${asking}: ${said}. ${hint}`);
  }
  const code = String(error.code);
  if (REFUSED.has(error.code)) {
    const hint = `Mend user, password, loginDatabase or rights: a backup needs the roles "backup" or "read" on ${address.database}`;
    return new Failure('Refused', `${asking}: ${said} (${code}). ${hint}`);
  }
  const hint = 'The server is up and says so each time; look at what it holds.';
  return new Failure('CheckFailed', `${asking}: ${said} (${code}). ${hint}`);
}

/** The code of a server's answer; undefined for any other error. */
export async function serverCode(error: unknown): Promise<unknown> {
  const { MongoServerError } = await import('mongodb');
  return error instanceof MongoServerError ? error.code : undefined;
}
