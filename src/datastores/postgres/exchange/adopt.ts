// A database of the live server that somebody else restored, taken for a copy as it is: another one than what is live, that
// nobody is in. Until it goes live nobody but superusers logs in to it, where the recovery's login may see to that.
import { z } from 'zod';
import type { DatastoreRef } from '../../../ports/backups.ts';
import { Failure } from '../../../domain/failure.ts';
import { sizeOf } from '../../../domain/text/amounts.ts';
import type { SecretSources } from '../../../integrations/secret-value.ts';
import type { StoreExchange } from '../../store.ts';
import { liveAddress } from '../connection.ts';
import { isSuperuser } from '../session.ts';
import { besideNote, keepBeside } from './beside.ts';
import { inMaintenance } from './maintenance.ts';
import { MAINTENANCE, OF_THE_SERVER } from './names.ts';
import { placesOf } from './places.ts';
import { preparedIn, sentencesOf, sessionsIn } from './writers.ts';

const PLACE = `SELECT oid::text, datconnlimit AS limit, datallowconn AS open, pg_has_role(datdba, 'USAGE') AS own,
    CASE WHEN pg_has_role(datdba, 'USAGE') OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid)::text END AS bytes
  FROM pg_database WHERE datname = $1`;
const placeRows = z.array(
  z.object({
    ...{ oid: z.string(), limit: z.number(), open: z.boolean(), own: z.boolean() },
    bytes: z.string().nullable(),
  }),
);
type Place = z.output<typeof placeRows>[number];

/** What the recovery's login lacks on a database, each with the statement that grants it. */
const LACKS = `SELECT format('it is not owned by the login of the recovery: GRANT %I TO %I', pg_get_userbyid(datdba), current_user) AS text
  FROM pg_database WHERE oid = $1 AND NOT pg_has_role(datdba, 'USAGE')`;

interface Adopting {
  secrets: SecretSources;
  signal: AbortSignal;
}

export function adopting(secrets: SecretSources): NonNullable<StoreExchange['adopt']> {
  return {
    unable: (store, place, { signal }) => unadoptable(store, place, { secrets, signal }),
    take: (store, folder, place, { signal }) =>
      takeDatabase(store, folder, place, { secrets, signal }),
  };
}

/** Why a database cannot go live, in one sentence; undefined where nothing speaks against it. */
async function unadoptable(
  store: DatastoreRef,
  place: string,
  { secrets, signal }: Adopting,
): Promise<string | undefined> {
  const found = await looked(store, place, { secrets, signal });
  return 'why' in found ? found.why : undefined;
}

/** Makes it the copy in a folder. Throws Refused with why it cannot be. Answers what it is. */
async function takeDatabase(
  store: DatastoreRef,
  folder: string,
  place: string,
  { secrets, signal }: Adopting,
): Promise<string> {
  const found = await looked(store, place, { secrets, signal });
  if ('why' in found) throw new Failure('Refused', found.why);
  const { oid, limit, bytes } = found;
  const live = await liveAddress(store, secrets);
  const note = { ...besideNote(store, live, place), oid, adopted: { limit } };
  await inMaintenance(live, signal, async (client) => {
    const isShut = await isSuperuser(client);
    // First the note: whoever discards the copy gives back the limit that it says.
    await keepBeside(folder, note);
    const name = client.escapeIdentifier(place);
    if (isShut) await client.query(`ALTER DATABASE ${name} CONNECTION LIMIT 0`);
  });
  const size = bytes === null ? '' : `, ${sizeOf(Number(bytes))}`;
  return `the database ${place} (oid ${oid}${size}) of the same server, as it is`;
}

async function looked(
  store: DatastoreRef,
  place: string,
  { secrets, signal }: Adopting,
): Promise<Place | { why: string }> {
  const about = `adopting the database ${place} for ${store.datastore}`;
  const live = await liveAddress(store, secrets);
  if (OF_THE_SERVER.includes(place)) {
    return { why: `${about}: it is one of the server's own; copy it into a database of its own` };
  }
  return inMaintenance(live, signal, async (client) => {
    const places = await placesOf(client, live.database);
    const { rows } = await client.query<Record<string, unknown>>(PLACE, [place]);
    const [found] = placeRows.parse(rows);
    if (found === undefined) {
      const message = `the server of ${store.datastore} has no database of that name; a dump or a folder is named by its path, with a / in it, and a place of another server is recovered to with --lost --into`;
      return { why: `${about}: ${message}` };
    }
    if (found.oid === places.live?.oid || found.oid === places.fenced) {
      return { why: `${about}: it is what is live; name the one that was restored` };
    }
    if (!found.open) {
      const message = `ALTER DATABASE ${client.escapeIdentifier(place)} WITH ALLOW_CONNECTIONS true, in the database ${MAINTENANCE}, lets it be read`;
      return { why: `${about}: nobody may log in to it: ${message}` };
    }
    const problems = [
      ...(await sessionsIn(client, found.oid)).map((one) => `${one}, and could write to it`),
      ...(await preparedIn(client, place)),
      ...(await sentencesOf(client, LACKS, [found.oid])),
    ];
    return problems.length === 0 ? found : { why: `${about}: ${problems.join('; ')}` };
  });
}
