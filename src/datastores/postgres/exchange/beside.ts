// Copies in the live server, beside the database that they may be exchanged for: one is made with the live one's locale
// and place on disk, nobody logs in to it, and a note beside the copy's folder says where it is. By its number: its name
// changes when it goes live.
import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import type { DatastoreRef } from '../../../ports/backups.ts';
import type { Room } from '../../../ports/exchanges.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import { Failure } from '../../../domain/failure.ts';
import { secretValue, type SecretSources } from '../../../integrations/secret-value.ts';
import { UNDISTURBED } from '../../../integrations/json-objects.ts';
import { besideNotes, shortOf } from '../../beside.ts';
import { liveAddress, withClient, type PostgresAddress } from '../connection.ts';
import { createDatabase, readLocale } from '../locale.ts';
import type pg from 'pg';
import { inMaintenance } from './maintenance.ts';
import { MAINTENANCE, restoredName } from './names.ts';
import { currentOf, placesOf } from './places.ts';

const noteSchema = z.object({
  ...{ host: z.string(), port: z.number(), user: z.string(), live: z.string() },
  /** Where the password is found: no password. */
  password: z.exactOptional(
    z.union([z.object({ env: z.string() }), z.object({ file: z.string() })]),
  ),
  directory: z.string(),
  name: z.string(),
  /** Absent while it is being made. */
  oid: z.exactOptional(z.string()),
  /** Nobody could look at the disk. */
  roomUnknown: z.exactOptional(z.boolean()),
  /**
   * In another server than the live one's: the roles that were made there, and what the dump says of the database itself, as
   * statements of SQL.
   */
  elsewhere: z.exactOptional(
    z.object({ made: z.array(z.string()), owned: z.exactOptional(z.array(z.string())) }),
  ),
  /** Somebody else restored it: it is not removed with the copy, and has its limit of connections back. */
  adopted: z.exactOptional(z.object({ limit: z.number() })),
});
export type BesideNote = z.output<typeof noteSchema>;
const notes = besideNotes(noteSchema, 0o600);

/** Undefined for a copy with a server of its own. */
export const besideIn = notes.find;
export const keepBeside = notes.keep;

const PLACE = `SELECT d.oid::text, nullif(t.spcname, 'pg_default') AS tablespace, pg_backend_pid() AS pid, r.rolsuper AS superuser,
    CASE WHEN r.rolsuper THEN current_setting('data_directory') END AS folder,
    CASE WHEN r.rolsuper THEN nullif(pg_tablespace_location(t.oid), '') END AS location
  FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace JOIN pg_roles r ON r.rolname = current_user WHERE d.datname = $1`;
const placeRow = z.tuple([
  z.object({
    ...{
      oid: z.string(),
      tablespace: z.string().nullable(),
      pid: z.number(),
      superuser: z.boolean(),
    },
    ...{ folder: z.string().nullable(), location: z.string().nullable() },
  }),
]);
const OID = 'SELECT oid::text FROM pg_database WHERE datname = $1';
const NAME = 'SELECT datname AS name FROM pg_database WHERE oid = $1';
const oidRow = z.tuple([z.object({ oid: z.string() })]);
const nameRows = z.array(z.object({ name: z.string() }));

/** Makes an empty database beside the live one. Throws Refused where the server's disk has no room, as far as it is this machine's. */
export async function beginBeside(
  store: DatastoreRef,
  folder: string,
  bytes: number,
  { secrets, signal }: { secrets: SecretSources; signal: AbortSignal },
): Promise<void> {
  const live = await liveAddress(store, secrets);
  const { database } = live;
  const name = copyNameIn(database, folder);
  const note = besideNote(store, live, name);
  await inMaintenance(live, signal, async (client) => {
    const room = await roomFor(client, database, bytes);
    if ('short' in room) throw new Failure('Refused', room.short);
    const roomUnknown = !room.known;
    // First the note: what is made and not noted is nobody's.
    await notes.keep(folder, { ...note, roomUnknown });
    const oid = await makeLike(client, { like: database, name });
    await notes.keep(folder, { ...note, roomUnknown, oid });
  });
}

/** What a copy of a database is called until it is live. */
export function copyNameIn(database: string, folder: string): string {
  return restoredName(database, basename(folder).replace(/^data-/, ''));
}

/** Where a database of the live server is reached, without its number. */
export function besideNote(
  { directory, settings: { password } }: DatastoreRef,
  { host, port, user, database: live }: PostgresAddress,
  name: string,
): BesideNote {
  return { host, port, user, live, directory, name, ...(password !== undefined && { password }) };
}

/** An empty database that has the live one's locale and place on disk, and that nobody logs in to. Answers its number. */
export async function makeLike(
  client: pg.Client,
  { like, name }: { like: string; name: string },
): Promise<string> {
  const { current } = currentOf(like, await placesOf(client, like));
  const [{ tablespace, superuser }] = placeRow.parse(
    (await client.query<never>(PLACE, [current.name])).rows,
  );
  const escaped = client.escapeIdentifier(name);
  const more = [
    ...(tablespace === null ? [] : [`TABLESPACE ${client.escapeIdentifier(tablespace)}`]),
    ...(superuser ? ['CONNECTION LIMIT 0'] : []),
  ];
  await createDatabase(client, name, await readLocale(client, current.name), more.join(' '));
  await client.query(`REVOKE ALL ON DATABASE ${escaped} FROM PUBLIC`);
  const [{ oid }] = oidRow.parse((await client.query<never>(OID, [name])).rows);
  return oid;
}

/** Why there is no room, or whether anybody could look. */
async function roomFor(client: pg.Client, database: string, bytes: number): Promise<Room> {
  const { current } = currentOf(database, await placesOf(client, database));
  const [place] = placeRow.parse((await client.query<never>(PLACE, [current.name])).rows);
  const folder = place.location ?? place.folder;
  if (folder === null || !(await runsHere(place.pid))) return { known: false };
  try {
    const short = await shortOf(folder, bytes, `the database ${database}, in ${folder}`);
    return short === undefined ? { known: true } : { short };
  } catch {
    return { known: false };
  }
}

/** Whether so many bytes have room beside the live database, as far as its server's disk is this machine's. */
export async function roomBeside(address: PostgresAddress, bytes: number): Promise<Room> {
  return inMaintenance(address, UNDISTURBED.signal, (client) =>
    roomFor(client, address.database, bytes),
  );
}

/** Whether the process that serves the session is one of this machine. */
async function runsHere(pid: number): Promise<boolean> {
  const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (title.startsWith('postgres')) return true;
  const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
  return basename(program) === 'postgres';
}

/** Removes the copy unless it is live, or was: then it has another name. What was adopted stays, open as it was. */
export async function releaseBeside(
  folder: string,
  secrets: SecretSources,
  { signal }: Waiting,
): Promise<void> {
  const note = await besideIn(folder);
  if (note === undefined) return;
  await withClient(await serverOf(note, secrets), signal, async (client) => {
    if (note.oid !== undefined && (await nameOf(client, note.oid)) !== note.name) return;
    if (note.adopted !== undefined) {
      const { limit } = note.adopted;
      const name = client.escapeIdentifier(note.name);
      await client.query(`ALTER DATABASE ${name} CONNECTION LIMIT ${limit}`);
      return;
    }
    await client.query(
      `DROP DATABASE IF EXISTS ${client.escapeIdentifier(note.name)} WITH (FORCE)`,
    );
  });
}

/** Where the copy is reached, whatever it is called now. Throws NotReady when it is gone. */
export async function besideAddress(
  note: BesideNote,
  secrets: SecretSources,
  signal: AbortSignal,
): Promise<PostgresAddress> {
  const server = await serverOf(note, secrets);
  const { oid } = note;
  const name = oid && (await withClient(server, signal, (client) => nameOf(client, oid)));
  if (name) return { ...server, database: name };
  throw new Failure(
    'NotReady',
    `the copy ${note.name} is not in its server any more; restore it beside again`,
  );
}

async function nameOf(client: pg.Client, oid: string): Promise<string | undefined> {
  return nameRows.parse((await client.query<never>(NAME, [oid])).rows)[0]?.name;
}

async function serverOf(note: BesideNote, secrets: SecretSources): Promise<PostgresAddress> {
  const { host, port, user } = note;
  const address = { host, port, user, database: MAINTENANCE, password: undefined };
  if (note.password === undefined) return address;
  const found = await secretValue(note.password, note.directory, secrets);
  if ('secret' in found) return { ...address, password: found.secret };
  throw new Failure(
    'BadInput',
    `the password of the server of ${note.name} is in ${found.problem}`,
  );
}
