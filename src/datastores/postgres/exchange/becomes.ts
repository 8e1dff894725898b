// What an exchange does to more than rows, as sentences for the plan that people approve: slots, publications and
// subscriptions, which do not go along; and where the copy is otherwise than what is live, beside its rows.
import type { Waiting } from '../../../ports/waiting.ts';
import { withClient } from '../connection.ts';
import { pinSession } from '../session.ts';
import { notHeartbeats, notOfExtension, OWN } from '../structure.ts';
import type { Server } from './fence.ts';
import type { Database } from './names.ts';
import { sentencesOf } from './writers.ts';

const SHOWN = 20;

/** Asked in the maintenance database. */
const SLOTS = `SELECT format('the logical slot %I (%s%s) stays with the quarantined database, where it keeps the log: its consumer finds none in what is live. Make it anew there, let the consumer begin from a whole copy, and drop the old one',
    slot_name, plugin, CASE WHEN active THEN ', in use' ELSE '' END) AS text FROM pg_replication_slots WHERE database = $1 AND NOT temporary ORDER BY 1`;
const SUBSCRIPTIONS = `SELECT format('the subscription %I stays with the quarantined database, disabled: what is live receives nothing of its publisher. Make it anew there, and decide what it copies first', subname) AS text
  FROM pg_subscription WHERE subdbid = $1 ORDER BY 1`;
/** Asked in both databases: what only one of them says is told. */
const PUBLICATIONS =
  "SELECT format('the publication %I', pubname) AS text FROM pg_publication ORDER BY 1";

const RELATIONS = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't'
  AND ${OWN} AND ${notOfExtension('pg_class', 'c.oid')} AND ${notHeartbeats('c.oid')}`;
const grants = (acl: string, kind: string, owner: string): string =>
  `(SELECT coalesce(string_agg(format('%s:%s%s', coalesce(r.rolname, 'PUBLIC'), a.privilege_type, CASE WHEN a.is_grantable THEN '*' ELSE '' END), ' ' ORDER BY coalesce(r.rolname, 'PUBLIC'), a.privilege_type), 'nobody')
    FROM aclexplode(coalesce(${acl}, acldefault('${kind}', ${owner}))) a LEFT JOIN pg_roles r ON r.oid = a.grantee)`;

const COMPARED: readonly string[] = [
  `SELECT format('the locale %s, %s of encoding %s', datcollate, datctype, pg_encoding_to_char(encoding)) AS text FROM pg_database WHERE datname = current_database()`,
  `SELECT format('the extension %s %s', extname, extversion) AS text FROM pg_extension`,
  `SELECT format('%s large objects', count(*)) AS text FROM pg_largeobject_metadata`,
  `SELECT format('%s owned by %s', c.oid::regclass, pg_get_userbyid(c.relowner)) AS text FROM ${RELATIONS}`,
  `SELECT format('%s granted to %s', c.oid::regclass, ${grants('c.relacl', 'r', 'c.relowner')}) AS text FROM ${RELATIONS} AND c.relkind <> 'S'`,
  `SELECT format('%s granted to %s', c.oid::regclass, ${grants('c.relacl', 's', 'c.relowner')}) AS text FROM ${RELATIONS} AND c.relkind = 'S'`,
  `SELECT format('row security of %s%s', c.oid::regclass, CASE WHEN c.relforcerowsecurity THEN ', for its owner too' ELSE '' END) AS text FROM ${RELATIONS} AND c.relrowsecurity`,
  `SELECT format('the schema %I of %s granted to %s', n.nspname, pg_get_userbyid(n.nspowner), ${grants('n.nspacl', 'n', 'n.nspowner')}) AS text FROM pg_namespace n WHERE ${OWN}`,
  `SELECT format('%s owned by %s, granted to %s', p.oid::regprocedure, pg_get_userbyid(p.proowner), ${grants('p.proacl', 'f', 'p.proowner')}) AS text
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${OWN} AND ${notOfExtension('pg_proc', 'p.oid')}`,
];

/** What a migration changes first of all. Tables are compared by their owners. */
const COLUMNS = `SELECT format('the column %s.%I %s%s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' not null' ELSE '' END) AS text
  FROM pg_attribute a, ${RELATIONS} AND c.relkind <> 'S' AND a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const MIGRATED =
  'the tables of the copy are not those of what is live, as a migration came between the backup and now: the services of now meet the older ones. recovery.migrate brings them up before services start; without it have the migration at hand for the smoke checks, or say no here and go back to the version of then first';

export async function becomesOf(
  { client, address }: Server,
  current: Database,
  copy: Database,
  waiting: Waiting,
): Promise<string[]> {
  const seenIn = async (database: Database): Promise<[string[], string[], string[]]> =>
    withClient({ ...address, database: database.name }, waiting.signal, async (there) => {
      await pinSession(there);
      const compared: string[] = [];
      for (const query of COMPARED) compared.push(...(await sentencesOf(there, query)));
      const columns = await sentencesOf(there, COLUMNS);
      return [await sentencesOf(there, PUBLICATIONS), [...columns, ...compared], columns];
    });
  const [published, was, columnsOf] = await seenIn(current);
  const [publishing, is, columns] = await seenIn(copy);
  const isMigrated = onlyIn(columnsOf, columns).length + onlyIn(columns, columnsOf).length > 0;
  return [
    ...(isMigrated ? [MIGRATED] : []),
    ...(await sentencesOf(client, SLOTS, [current.name])),
    ...(await sentencesOf(client, SUBSCRIPTIONS, [current.oid])),
    ...published.map((text) => publicationText(text, publishing.includes(text))),
    ...onlyIn(publishing, published).map((text) => `${text} comes back with the copy`),
    ...shownOf(onlyIn(was, is), 'only in what is live'),
    ...shownOf(onlyIn(is, was), 'only in the copy'),
  ];
}

function publicationText(text: string, isThere: boolean): string {
  return isThere
    ? `${text} is in the copy as it was backed up; who subscribes to it copies its tables anew, as the slots do not go along`
    : `${text} is not in the copy: who subscribes to it receives nothing any more; make it anew in what is live`;
}

function onlyIn(one: readonly string[], other: readonly string[]): string[] {
  const known = new Set(other);
  return one.filter((text) => !known.has(text));
}

function shownOf(texts: readonly string[], where: string): string[] {
  const more = texts.length - SHOWN;
  return [
    ...texts.slice(0, SHOWN).map((text) => `${where}: ${text}`),
    ...(more > 0 ? [`${where}: ${more} more columns, owners, grants or extensions`] : []),
  ];
}
