// Why a database cannot be exchanged, looked at before anything is planned: what it is, what holds it, and what the login
// of the recovery may not do, each with the statement that mends it. Nothing is changed.
import type pg from 'pg';
import { z } from 'zod';
import { Failure } from '../../../domain/failure.ts';
import type { PostgresAddress } from '../connection.ts';
import { isSuperuser } from '../session.ts';
import { UNDISTURBED } from '../../../integrations/json-objects.ts';
import { inMaintenance } from './maintenance.ts';
import { MAINTENANCE, OF_THE_SERVER } from './names.ts';
import { placesOf } from './places.ts';
import { preparedIn, sentencesOf } from './writers.ts';

const REPLICA = 'SELECT pg_is_in_recovery() AS replica';
const replicaRow = z.tuple([z.object({ replica: z.boolean() })]);

const KEEPS = `(has_schema_privilege('fairlead', 'CREATE') AND has_schema_privilege('fairlead', 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = to_regnamespace('fairlead') AND c.relkind = 'r'
    AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))))`;
/** Whether it is known which database is fenced. */
const READABLE = `SELECT CASE WHEN to_regnamespace('fairlead') IS NULL THEN true ELSE ${KEEPS} END AS readable`;
const readableRow = z.tuple([z.object({ readable: z.boolean() })]);
const OID = 'SELECT oid::text FROM pg_database WHERE datname = $1';
const oidRows = z.array(z.object({ oid: z.string() }));

/** $1 is the number of the database. Each gives sentences; none is asked of a superuser. */
const LACKING: readonly string[] = [
  `SELECT format('it may not make and rename databases: ALTER ROLE %I CREATEDB', current_user) AS text FROM pg_roles WHERE rolname = current_user AND NOT rolcreatedb AND $1::oid IS NOT NULL`,
  `SELECT format('it does not own the database: GRANT %I TO %I', pg_get_userbyid(datdba), current_user) AS text FROM pg_database WHERE oid = $1 AND NOT pg_has_role(datdba, 'USAGE')`,
  `SELECT format('it may not end the sessions of others: GRANT pg_signal_backend TO %I', current_user) AS text WHERE NOT pg_has_role('pg_signal_backend', 'USAGE') AND $1::oid IS NOT NULL`,
  `SELECT format('it does not see who is connected: GRANT pg_read_all_stats TO %I', current_user) AS text WHERE NOT pg_has_role('pg_read_all_stats', 'USAGE') AND $1::oid IS NOT NULL`,
  `SELECT format('it may not read everything: GRANT pg_read_all_data TO %I', current_user) AS text WHERE NOT pg_has_role('pg_read_all_data', 'USAGE') AND $1::oid IS NOT NULL`,
  `SELECT format('policies hide rows from it: ALTER ROLE %I BYPASSRLS', current_user) AS text FROM pg_roles WHERE rolname = current_user AND NOT rolbypassrls AND $1::oid IS NOT NULL`,
  `SELECT format('it cannot make what %I owns: GRANT %I TO %I', r.rolname, r.rolname, current_user) AS text
    FROM (SELECT DISTINCT refobjid FROM pg_shdepend WHERE dbid = $1 AND deptype = 'o' AND refclassid = 'pg_authid'::regclass) owners
    JOIN pg_roles r ON r.oid = owners.refobjid WHERE NOT pg_has_role(r.oid, 'MEMBER') AND r.oid <> (SELECT datdba FROM pg_database WHERE oid = $1) ORDER BY 1`,
  `SELECT CASE WHEN there THEN format('epochs are kept by somebody else: GRANT ALL ON SCHEMA fairlead TO %1$I; GRANT ALL ON ALL TABLES IN SCHEMA fairlead TO %1$I', current_user)
      ELSE format('it may not keep epochs: GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user) END AS text
    FROM (SELECT to_regnamespace('fairlead') IS NOT NULL AS there) schema
    WHERE $1::oid IS NOT NULL AND NOT CASE WHEN there THEN ${KEEPS} ELSE has_database_privilege(current_database(), 'CREATE') END`,
  `SELECT format('it may not use the place on disk of the database: GRANT CREATE ON TABLESPACE %I TO %I', t.spcname, current_user) AS text
    FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.oid = $1 AND t.spcname <> 'pg_default' AND NOT has_tablespace_privilege(t.oid, 'CREATE')`,
  `SELECT format('settings of roles in the database are copied by who may alter roles: ALTER ROLE %I CREATEROLE', current_user) AS text
    FROM pg_roles WHERE rolname = current_user AND NOT rolcreaterole AND EXISTS (SELECT FROM pg_db_role_setting WHERE setdatabase = $1 AND setrole <> 0)`,
  `SELECT format('subscriptions of the database are disabled by a superuser: ALTER ROLE %I SUPERUSER', current_user) AS text
    WHERE EXISTS (SELECT FROM pg_subscription WHERE subdbid = $1 AND subenabled)`,
];
const MANAGED = `SELECT format('this is a managed server (it has the role %I), on which nobody is a superuser: where one of these rights cannot be given, restore with the means of its provider', rolname) AS text
  FROM pg_roles WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'alloydbsuperuser') AND $1::oid IS NOT NULL`;

/** Sentences in one line; undefined when it can be exchanged. `owner` is whose the database is: `system/datastore`. */
export async function unableToExchange(
  { database, ...address }: PostgresAddress,
  owner: string,
): Promise<string | undefined> {
  const say = (why: string): string => `${owner} cannot be exchanged: ${why}`;
  if (OF_THE_SERVER.includes(database)) {
    return say(
      `the database ${database} is one of the server's own, from which others are made and renamed; move what the application keeps into a database of its own`,
    );
  }
  try {
    const why = await inMaintenance(address, UNDISTURBED.signal, (client) =>
      reasons(client, database, owner),
    );
    return why.length === 0 ? undefined : say(why.join('; '));
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return say(
      `the database ${MAINTENANCE} of its server, from which others are renamed, is not to be asked (${error.message})`,
    );
  }
}

async function reasons(client: pg.Client, database: string, owner: string): Promise<string[]> {
  const [{ replica }] = replicaRow.parse((await client.query<never>(REPLICA)).rows);
  if (replica) {
    return [
      'its server is a replica, which follows another one; name the address of its primary in the system file',
    ];
  }
  const [{ readable }] = readableRow.parse((await client.query<never>(READABLE)).rows);
  if (!readable) {
    const [there] = oidRows.parse((await client.query<never>(OID, [database])).rows);
    return lacking(client, there?.oid ?? '0');
  }
  const places = await placesOf(client, database);
  const fence = places.quarantined.find(({ oid }) => oid === places.fenced);
  const current = places.live ?? fence;
  if (current === undefined) return [`the server has no database ${database}`];
  const shared =
    places.owner === undefined || places.owner === owner
      ? []
      : [
          `the database ${database} is also ${places.owner}, whose data would be exchanged with it; give each a database of its own, or, where that was only renamed, DELETE FROM fairlead.exchanges in the database ${MAINTENANCE}`,
        ];
  return [
    ...shared,
    ...(await preparedIn(client, current.name)),
    ...(await lacking(client, current.oid)),
  ];
}

async function lacking(client: pg.Client, oid: string): Promise<string[]> {
  if (await isSuperuser(client)) return [];
  const found: string[] = [];
  for (const query of LACKING) found.push(...(await sentencesOf(client, query, [oid])));
  return found.length === 0 ? [] : [...found, ...(await sentencesOf(client, MANAGED, [oid]))];
}
