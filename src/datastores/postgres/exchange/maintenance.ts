// Sessions in the maintenance database of a server: where epochs are kept, and from where other databases are renamed.
import type pg from 'pg';
import { withClient, type PostgresAddress } from '../connection.ts';
import { MAINTENANCE } from './names.ts';

/** Works in the maintenance database of the server that has this database. */
export async function inMaintenance<T>(
  address: Omit<PostgresAddress, 'database'>,
  signal: AbortSignal,
  work: (client: pg.Client, maintenance: PostgresAddress) => Promise<T>,
): Promise<T> {
  const maintenance = { ...address, database: MAINTENANCE };
  return withClient(maintenance, signal, (client) => work(client, maintenance));
}
