// Reading what is live while it is fenced: it has another name then, which the maintenance database knows.
import type { Waiting } from '../../../ports/waiting.ts';
import { Failure } from '../../../domain/failure.ts';
import type { PostgresAddress } from '../connection.ts';
import { inMaintenance } from './maintenance.ts';
import { placesOf, type Quarantined } from './places.ts';

/** What the server says of a name that it has no database of; said before anything is done there. */
const NO_DATABASE = '(3D000)';

/** Works in the live database, under whatever name it has today. */
export async function inLiveOrFenced<T>(
  address: PostgresAddress,
  waiting: Waiting,
  work: (address: PostgresAddress) => Promise<T>,
): Promise<T> {
  try {
    return await work(address);
  } catch (error) {
    const fence = await fenceBehind(address, error, waiting);
    if (fence === undefined) throw error;
    return work({ ...address, database: fence.name });
  }
}

/** The fence that is why a database was not found under its live name; undefined where that is not the reason. */
export async function fenceBehind(
  { database, ...address }: PostgresAddress,
  error: unknown,
  { signal }: Waiting,
): Promise<Quarantined | undefined> {
  if (!(error instanceof Failure) || !error.message.includes(NO_DATABASE)) return undefined;
  const look = inMaintenance(address, signal, (client) => placesOf(client, database));
  // Who only makes backups need not be let in there.
  const { fenced, quarantined } = await look.catch((more: unknown) => {
    if (more instanceof Failure && !more.retryable) return { quarantined: [], fenced: undefined };
    throw more;
  });
  return quarantined.find(({ oid }) => oid === fenced);
}
