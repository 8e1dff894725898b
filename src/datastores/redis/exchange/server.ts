// The server of a live Redis as an exchange works with it: logged in also where its own fence keeps everybody out, and what
// it says of itself.
import type { DatastoreRef } from '../../../ports/backups.ts';
import { Failure } from '../../../domain/failure.ts';
import type { SecretSources } from '../../../integrations/secret-value.ts';
import { liveRedis, type RedisAddress } from '../client.ts';
import { fieldsOf, openRedis, textOf, type RedisConnection } from './connection.ts';

/** Who a fence lets in: a user of this name with the password of the configured one. */
export const FENCED_USER = 'fairlead-fence';

export interface Server {
  connection: RedisConnection;
  /** How many numbers it has; 1 where it does not say. */
  databases: number;
  /** The configured user. */
  user: string;
  where: string;
}

/** Works on the live server of a store. Throws Unsupported where it has no spare numbers. */
export async function inServer<T>(
  store: DatastoreRef,
  secrets: SecretSources,
  signal: AbortSignal,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const address = await liveRedis(store, secrets);
  const connection = await loggedIn(address, signal);
  try {
    const config = fieldsOf(await connection.ask('CONFIG', 'GET', 'databases'));
    const databases = Number(config.get('databases') ?? 1);
    const where = `redis://${address.host}:${address.port}`;
    return await work({ connection, databases, user: address.user ?? 'default', where });
  } finally {
    connection.close();
  }
}

export async function loggedIn(
  address: RedisAddress,
  signal: AbortSignal,
): Promise<RedisConnection> {
  const { user = 'default', password } = address;
  for (const name of [user, FENCED_USER]) {
    const connection = await openRedis(address, signal);
    const isOurs = name === FENCED_USER || password !== undefined || address.user !== undefined;
    const [login, answer] = await connection.askAll([
      ...(isOurs ? [['AUTH', name, password ?? '']] : [['ECHO', 'nobody']]),
      ['CLIENT', 'SETNAME', 'fairlead'],
    ]);
    const failed = [login, answer].find((one) => one instanceof Failure);
    if (failed === undefined) return connection;
    connection.close();
    if (name === FENCED_USER || failed.kind !== 'Refused') throw failed;
  }
  throw new Failure('Broken', 'nobody was logged in');
}

/** The fields of INFO. */
export async function infoOf({
  connection,
}: Pick<Server, 'connection'>): Promise<Map<string, string>> {
  const text = textOf(await connection.ask('INFO', 'everything'));
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );
}
