// The least rights of the roles that Fairlead logs in to a Postgres with, as SQL for psql. Pure.
import { Failure } from '../failure.ts';

export interface GrantedDatabase {
  system: string;
  datastore: string;
  host: string;
  port: number;
  database: string;
  /** The login that the system file names. */
  user: string;
  /** Canary records are written. */
  heartbeats: boolean;
}

const HEARTBEATS =
  'CREATE TABLE IF NOT EXISTS public.fairlead_canary (slot integer PRIMARY KEY, timeline uuid NOT NULL, number bigint NOT NULL, at timestamptz NOT NULL, skew_ms integer NOT NULL);';
const OWNER = 'OWNER_OF_THE_DATABASE';

/**
 * What a superuser pastes into psql: for backups, then what recoveries and looks need besides. Postgres 14 and newer. Throws
 * BadInput for a name with a control character: a line break would end a comment, and what follows would be run.
 */
export function postgresGrants(one: GrantedDatabase): string {
  for (const named of [one.system, one.datastore, one.host, one.database, one.user]) {
    if (!/\p{Cc}/u.test(named)) continue;
    const message = `granting on ${JSON.stringify(named)}: a name may have no line break and no other control character`;
    throw new Failure('BadInput', message);
  }
  const [user, database] = [name(one.user), name(one.database)];
  const look = name(`${one.user}_look`);
  return [
    `-- ${one.system}/${one.datastore}: database ${one.database} at ${one.host}:${one.port}.`,
    '-- As a superuser, in psql; Postgres 14 or newer. Nothing of it is run by Fairlead.',
    `\\connect ${name(one.database)}`,
    '',
    '-- Backups: reads everything, rows behind policies too, and changes nothing.',
    ...role(one.user),
    `ALTER ROLE ${user} BYPASSRLS;`,
    `GRANT CONNECT ON DATABASE ${database} TO ${user};`,
    `GRANT pg_read_all_data, pg_monitor TO ${user};`,
    '-- Large objects, each by itself: once more when there are new ones.',
    `SELECT format('GRANT SELECT ON LARGE OBJECT %s TO %I', oid, ${text(one.user)}) FROM pg_largeobject_metadata \\gexec`,
    ...(one.heartbeats
      ? [
          '-- Canary records.',
          HEARTBEATS,
          `GRANT SELECT, INSERT, UPDATE, DELETE ON public.fairlead_canary TO ${user};`,
        ]
      : []),
    '',
    `-- Recoveries in the place of the live data, by the same login; leave it out where there are none. ${OWNER}`,
    '-- is whom the database belongs to: a recovery makes another one that belongs to them, and renames the two.',
    `-- ALTER ROLE ${user} CREATEDB;`,
    `-- GRANT ${OWNER} TO ${user};`,
    `-- GRANT pg_signal_backend TO ${user};`,
    '-- In the database postgres, where it is kept which database is live (\\connect postgres first):',
    `-- GRANT CREATE ON DATABASE postgres TO ${user};`,
    '',
    '-- Looks: queries of runbooks of steps, and people. Only what you name, and no row of others.',
    ...role(`${one.user}_look`),
    `ALTER ROLE ${look} SET default_transaction_read_only = on;`,
    `GRANT CONNECT ON DATABASE ${database} TO ${look};`,
    `-- GRANT USAGE ON SCHEMA public TO ${look};`,
    `-- GRANT SELECT ON public.TABLE TO ${look};`,
    '',
  ].join('\n');
}

/** Makes a login where there is none, and leaves one that is there as it is; its password is asked for, and is in no file and no history. */
function role(user: string): string[] {
  return [
    `SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', ${text(user)}) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${text(user)}) \\gexec`,
    `SELECT format('%I is a superuser: make another login, and name it in the system file', rolname) AS warning FROM pg_roles WHERE rolname = ${text(user)} AND rolsuper;`,
    `-- its password: \\password ${name(user)}`,
  ];
}

/** Also an argument of a command of psql: in double quotes nothing is filled in. */
function name(of: string): string {
  return `"${of.replaceAll('"', '""')}"`;
}

function text(of: string): string {
  return `'${of.replaceAll("'", "''")}'`;
}
