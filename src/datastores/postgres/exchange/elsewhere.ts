// A database restored into another server than the one that is gone: made there with its locale, the roles that its dump
// names, its owner and its grants. Until it is opened it has another name, and nobody but the recovery's login is let in.
import type pg from 'pg';
import { z } from 'zod';
import type { DatastoreRef } from '../../../ports/backups.ts';
import { Failure } from '../../../domain/failure.ts';
import { UNDISTURBED } from '../../../integrations/json-objects.ts';
import type { SecretSources } from '../../../integrations/secret-value.ts';
import type { StoreExchange } from '../../store.ts';
import { liveAddress, withClient, type PostgresAddress } from '../connection.ts';
import { makeRoles, NAME, policyRoles, unquoted } from '../load-dump.ts';
import { createDatabase } from '../locale.ts';
import { PLAIN_LOCALE } from '../scratch-cluster.ts';
import { besideAddress, besideIn, besideNote, copyNameIn, keepBeside } from './beside.ts';
import { inMaintenance } from './maintenance.ts';
import { MAINTENANCE, OF_THE_SERVER } from './names.ts';
import { sentencesOf } from './writers.ts';

const OWNED = new RegExp(`^ALTER .* OWNER TO (${NAME});$`, 'gm');
const GRANTED = new RegExp(`^GRANT .* TO (${NAME})(?: WITH GRANT OPTION)?;$`, 'gm');
const OF_DATABASE = new RegExp(`^ALTER DATABASE ${NAME} OWNER TO (${NAME});$`, 'm');
/** A grant or revoke on a database: one whole statement a line, for the line is sent to a live server as it is. */
const DATABASE_GRANTS = new RegExp(
  `^(?:GRANT [A-Z, ]{1,60} ON DATABASE ${NAME} TO ${NAME}(?: WITH GRANT OPTION)?|REVOKE (?:GRANT OPTION FOR )?[A-Z, ]{1,60} ON DATABASE ${NAME} FROM ${NAME});$`,
  'gm',
);

const OID = 'SELECT oid::text FROM pg_database WHERE datname = $1';
const oidRows = z.array(z.object({ oid: z.string() }));
/** Why the login cannot make a database there that is whole. */
const LACKING = `SELECT format('its login may not make databases there: ALTER ROLE %I CREATEDB', current_user) AS text FROM pg_roles WHERE rolname = current_user AND NOT rolcreatedb AND NOT rolsuper
  UNION ALL SELECT 'it is a replica, which follows another server: promote it first' WHERE pg_is_in_recovery()`;
const NO_LOGIN = `SELECT format('the role %I was made without a password, as no dump has one: ALTER ROLE %I LOGIN PASSWORD ''...'' on that server, where a service logs in as it', rolname, rolname) AS text
  FROM pg_roles WHERE NOT rolcanlogin AND rolname = ANY($1) ORDER BY 1`;

export function elsewhereIn(secrets: SecretSources): NonNullable<StoreExchange['elsewhere']> {
  const signal = UNDISTURBED.signal;
  return {
    answers: async (store) => {
      const address = await liveAddress(store, secrets);
      try {
        await inMaintenance(address, signal, (client) => client.query('SELECT 1'));
        return `the Postgres at ${address.host}:${address.port} answers`;
      } catch (error) {
        // Who is refused a login was answered, too.
        if (!(error instanceof Failure) || error.kind === 'Unavailable') return undefined;
        return `the Postgres at ${address.host}:${address.port} answers: ${error.message}`;
      }
    },
    unable: async (there) => unableThere(there, await liveAddress(there, secrets)),
    begin: async (there, folder, _, locale) => {
      const live = await liveAddress(there, secrets);
      const name = copyNameIn(live.database, folder);
      const note = { ...besideNote(there, live, name), elsewhere: { made: [] } };
      await keepBeside(folder, note);
      await inMaintenance(live, signal, async (client) => {
        await createDatabase(client, name, locale ?? PLAIN_LOCALE);
        await client.query(`REVOKE ALL ON DATABASE ${client.escapeIdentifier(name)} FROM PUBLIC`);
        const [found] = oidRows.parse((await client.query<never>(OID, [name])).rows);
        if (found !== undefined) await keepBeside(folder, { ...note, oid: found.oid });
      });
    },
    open: async (folder, waiting) => {
      const note = await besideIn(folder);
      if (note?.elsewhere === undefined) throw notElsewhere(folder);
      const { database, ...server } = await besideAddress(note, secrets, waiting.signal);
      const { owned = [] } = note.elsewhere;
      await inMaintenance(server, waiting.signal, async (client) => {
        const name = client.escapeIdentifier(note.live);
        if (database !== note.live) {
          await client.query(
            `ALTER DATABASE ${client.escapeIdentifier(database)} RENAME TO ${name}`,
          );
        }
        await client.query(`GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO PUBLIC`);
        // What the dump says of the database itself, under its own name.
        for (const text of owned) await client.query(text);
      });
    },
    lacks: async (folder, waiting) => {
      const note = await besideIn(folder);
      if (note?.elsewhere === undefined) return [];
      const { made } = note.elsewhere;
      const address = await besideAddress(note, secrets, waiting.signal);
      return withClient(address, waiting.signal, (client) => rolesWithoutLogin(client, made));
    },
  };
}

async function rolesWithoutLogin(client: pg.Client, made: string[]): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(NO_LOGIN, [made]);
  return rows.map(({ text }) => text);
}

async function unableThere(
  { datastore }: DatastoreRef,
  { database, ...address }: PostgresAddress,
): Promise<string | undefined> {
  const about = `restoring ${datastore} into ${address.host}:${address.port}/${database}`;
  if (OF_THE_SERVER.includes(database)) {
    return `${about}: the database is one of the server's own; name another one: --into HOST:PORT/DATABASE`;
  }
  try {
    const why = await inMaintenance(address, UNDISTURBED.signal, async (client) => {
      const { rowCount } = await client.query(OID, [database]);
      const taken = `it has a database of that name already: rename it, or name another one with --into HOST:PORT/DATABASE`;
      return [...(await sentencesOf(client, LACKING)), ...(rowCount === 0 ? [] : [taken])];
    });
    return why.length === 0 ? undefined : `${about}: ${why.join('; ')}`;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${about}: its database ${MAINTENANCE} is not to be asked with the login of the system file: ${error.message}`;
  }
}

/**
 * Makes the roles that a script of pg_restore names, and notes what `ofDatabase`, the script of the database alone, says of it.
 * Before it is loaded.
 */
export async function makeRolesOf(
  folder: string,
  address: PostgresAddress,
  { script, ofDatabase }: { script: string; ofDatabase: string },
  signal: AbortSignal,
): Promise<void> {
  const note = await besideIn(folder);
  if (note?.elsewhere === undefined) return;
  const made = await makeRoles(address, rolesIn(script), signal);
  const owned = ownStatements(ofDatabase);
  const before = note.elsewhere.made;
  const elsewhere = {
    made: [...new Set([...before, ...made])],
    owned: owned.map((text) => renamed(text, note.live)),
  };
  await keepBeside(folder, { ...note, elsewhere });
}

/** Whose the database is, and what is granted on it. */
export function ownStatements(ofDatabase: string): string[] {
  const owner = OF_DATABASE.exec(ofDatabase)?.[0];
  return [...(owner === undefined ? [] : [owner]), ...(ofDatabase.match(DATABASE_GRANTS) ?? [])];
}

/** The dump has the name that its database had then. */
function renamed(text: string, database: string): string {
  const name = `"${database.replaceAll('"', '""')}"`;
  return text.replace(new RegExp(` DATABASE ${NAME} `), () => ` DATABASE ${name} `);
}

/** Owners, whom something is granted to, whom policies name: all that has to be there before the dump is loaded. */
export function rolesIn(script: string): string[] {
  const named = [OWNED, GRANTED].flatMap((pattern) =>
    [...script.matchAll(pattern)].map(([, role = '']) => unquoted(role)),
  );
  const all = new Set([...named, ...policyRoles(script)]);
  return [...all].filter((role) => role !== 'PUBLIC').sort();
}

function notElsewhere(folder: string): Failure {
  return new Failure('BadInput', `opening the copy in ${folder}: it was not restored elsewhere`);
}
