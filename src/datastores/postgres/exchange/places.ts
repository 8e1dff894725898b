// Which database of a server is live today: the one that is found under the live name or, while that is fenced, the one
// that was renamed. Read from the maintenance database; nothing is changed here.
import type pg from 'pg';
import { z } from 'zod';
import { Failure } from '../../../domain/failure.ts';
import { oidIn, type Database } from './names.ts';

/** What a database was before it was renamed, or begun to be. */
export interface Quarantined extends Database {
  /** What it is to be called, or is. */
  quarantine: string;
  /** The epoch of the operation that raised the fence. */
  since: number;
  /** Its own limit of connections. */
  limit: number;
  /** Those that were enabled. */
  subscriptions: string[];
}

export interface Places {
  /** Found under the live name. */
  live?: Database;
  /** The number of the database that writers are kept out of: under the live name still, or renamed. */
  fenced?: string;
  /** Whatever there is to be put back. */
  quarantined: Quarantined[];
  /** Whose it was when it was exchanged last: `system/datastore`. */
  owner?: string;
  flushed?: Flushed;
}

/** What a flush made, and of whom. */
export interface Flushed {
  epoch: number;
  sequence: number;
  /** Labels. */
  from: string;
  to: string;
}

const KEPT = "SELECT to_regclass('fairlead.quarantined') IS NOT NULL AS kept";
const LIVE = 'SELECT oid::text, datname AS name FROM pg_database WHERE datname = $1';
const HELD = `SELECT owner, fenced::text, flushed FROM fairlead.exchanges WHERE database = $1`;
const QUARANTINED = `SELECT q.database_oid::text AS oid, d.datname AS name, q.name AS quarantine, q.since::text, q.connection_limit AS limit, q.subscriptions
  FROM fairlead.quarantined q JOIN pg_database d ON d.oid = q.database_oid WHERE q.database = $1`;
const NAMED =
  'SELECT oid::text, datname AS name FROM pg_database WHERE datname = $1 OR oid::text = $2';

const databases = z.array(z.object({ oid: z.string(), name: z.string() }));
const keptRow = z.tuple([z.object({ kept: z.boolean() })]);
const heldRows = z.array(
  z.object({
    owner: z.string(),
    fenced: z.string().nullable(),
    flushed: z
      .object({ epoch: z.number(), sequence: z.number(), from: z.string(), to: z.string() })
      .nullable(),
  }),
);
const quarantinedRows = z.array(
  z.object({
    ...{ oid: z.string(), name: z.string(), quarantine: z.string(), since: z.coerce.number() },
    ...{ limit: z.number(), subscriptions: z.array(z.string()) },
  }),
);

export async function placesOf(client: pg.Client, database: string): Promise<Places> {
  const ask = async (text: string, values: string[] = []): Promise<unknown[]> =>
    (await client.query<Record<string, unknown>>(text, values)).rows;
  const [live] = databases.parse(await ask(LIVE, [database]));
  const [{ kept }] = keptRow.parse(await ask(KEPT));
  if (!kept) return { ...(live && { live }), quarantined: [] };
  const [held] = heldRows.parse(await ask(HELD, [database]));
  return {
    ...(live && { live }),
    quarantined: quarantinedRows.parse(await ask(QUARANTINED, [database])),
    ...(held && { owner: held.owner }),
    ...(held?.fenced && { fenced: held.fenced }),
    ...(held?.flushed && { flushed: held.flushed }),
  };
}

/** The database that holds what is live, whatever it is called now, and its fence. Throws BadInput without any. */
export function currentOf(
  database: string,
  { live, fenced, quarantined }: Places,
): { current: Database; fence?: Quarantined } {
  const fence = quarantined.find(({ oid }) => oid === fenced);
  const current = live ?? fence;
  if (current !== undefined) {
    return { current, ...(fence?.oid === current.oid && { fence }) };
  }
  const message = `the server has no database ${database}, and none that was fenced; mend the datastore's settings`;
  throw new Failure('BadInput', message);
}

/** By a label or a plain name. Throws NotFound. */
export async function databaseOf(client: pg.Client, label: string): Promise<Database> {
  const { rows } = await client.query<Record<string, unknown>>(NAMED, [
    ...[label, oidIn(label) ?? ''],
  ]);
  const found = databases.parse(rows);
  const one = found.find(({ oid }) => oid === oidIn(label)) ?? found[0];
  if (one !== undefined) return one;
  throw new Failure('NotFound', `the server has no database ${label}; restore it beside again`);
}
