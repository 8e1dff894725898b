// Databases that an exchange took out of use: the maintenance database knows since when. Only what is noted there is
// removed, under the name that it was given, and never while somebody is in it.
import { z } from 'zod';
import type { Quarantined } from '../../../domain/recovery/live/quarantined.ts';
import { Failure } from '../../../domain/failure.ts';
import { textAt } from '../../../domain/json.ts';
import { IN_USE } from './epochs.ts';
import type { Server } from './fence.ts';
import { placesOf } from './places.ts';
import { sessionsIn } from './writers.ts';

const OWNER = `SELECT pg_has_role(datdba, 'USAGE') AS own FROM pg_database WHERE oid = $1`;
/** Of those that this login may look at. */
const SIZES = `SELECT oid::text, CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
    THEN pg_database_size(oid)::float8 END AS bytes FROM pg_database WHERE oid = ANY ($1::oid[])`;
const sizeRows = z.array(z.object({ oid: z.string(), bytes: z.number().nullable() }));
const ownerRow = z.tuple([z.object({ own: z.boolean() })]);

export async function quarantinedOf({ client }: Server, database: string): Promise<Quarantined[]> {
  const { live, fenced, quarantined } = await placesOf(client, database);
  const out = quarantined.filter(
    ({ oid, name, quarantine }) => oid !== live?.oid && oid !== fenced && name === quarantine,
  );
  const { rows } = await client.query<never>(SIZES, [out.map(({ oid }) => oid)]);
  const sizes = new Map(sizeRows.parse(rows).map(({ oid, bytes }) => [oid, bytes]));
  return out.map(({ oid, name, since }) => {
    const bytes = sizes.get(oid);
    return { name, since, ...(bytes != null && { bytes }) };
  });
}

/** Throws Refused for what is not quarantined, and while somebody is in it. */
export async function dropQuarantined(
  { client }: Server,
  database: string,
  name: string,
): Promise<void> {
  const { live, fenced, quarantined } = await placesOf(client, database);
  const one = quarantined.find((found) => found.name === name && found.quarantine === name);
  if (one === undefined || one.oid === live?.oid || one.oid === fenced) {
    const message = `removing the database ${name}: it is live, fenced, or no exchange of ${database} took it out of use; it stays`;
    throw new Failure('Refused', message);
  }
  const [{ own }] = ownerRow.parse((await client.query<never>(OWNER, [one.oid])).rows);
  if (!own) {
    const message = `removing the database ${name}: it is not owned by the login that removes it; drop it by hand`;
    throw new Failure('Refused', message);
  }
  await client
    .query(`DROP DATABASE ${client.escapeIdentifier(name)}`)
    .catch(async (error: unknown) => {
      if (textAt(error, 'code') !== IN_USE) throw error;
      const there = await sessionsIn(client, one.oid);
      const said = textAt(error, 'message') ?? '';
      const message = `removing the database ${name}: ${[said, ...there].join('; ')}`;
      throw new Failure('Refused', message);
    });
  await client.query('DELETE FROM fairlead.quarantined WHERE database_oid = $1', [one.oid]);
}
