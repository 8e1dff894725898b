// Makes a database what another one is, before it takes its place: owner, grants and settings of the database and of
// roles in it are copied, then compared; its sequences are moved past every number that the other one has given out.
import type pg from 'pg';
import { z } from 'zod';
import type { Waiting } from '../../../ports/waiting.ts';
import { Failure } from '../../../domain/failure.ts';
import { withClient } from '../connection.ts';
import { forgetHeartbeats } from '../heartbeat.ts';
import { isSuperuser } from '../session.ts';
import { guarded, unlessChanged, type Claim } from './epochs.ts';
import type { Server } from './fence.ts';
import type { Database } from './names.ts';

const OWNER = `SELECT pg_get_userbyid(datdba) AS owner, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE oid = $1`;
/** Who may what; without the one who granted it, who is another one after a copy. */
const GRANTS = `SELECT DISTINCT coalesce(r.rolname, '') AS role, a.privilege_type AS privilege, bool_or(a.is_grantable) AS grantable
  FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles r ON r.oid = a.grantee
  WHERE d.oid = $1 GROUP BY 1, 2 ORDER BY 1, 2`;
const SETTINGS = `SELECT coalesce(r.rolname, '') AS role, s.setrole::text, s.setconfig AS entries
  FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = $1 ORDER BY 1`;

const ownerRow = z.tuple([z.object({ owner: z.string(), comment: z.string().nullable() })]);
const grantRows = z.array(
  z.object({ role: z.string(), privilege: z.string(), grantable: z.boolean() }),
);
const settingRows = z.array(
  z.object({ role: z.string(), setrole: z.string(), entries: z.array(z.string()) }),
);

async function propertiesOf(client: pg.Client, { oid }: Database) {
  const ask = async (text: string): Promise<unknown[]> =>
    (await client.query<Record<string, unknown>>(text, [oid])).rows;
  return {
    ...ownerRow.parse(await ask(OWNER))[0],
    grants: grantRows.parse(await ask(GRANTS)),
    settings: settingRows.parse(await ask(SETTINGS)),
  };
}
type Properties = Awaited<ReturnType<typeof propertiesOf>>;

/** After `claim`, in one statement with the look at the epoch. Throws CheckFailed when they differ all the same. */
export async function copyProperties(
  { client, superuser }: Server,
  held: Claim,
  from: Database,
  to: Database,
): Promise<void> {
  const wanted = await propertiesOf(client, from);
  const there = await propertiesOf(client, to);
  if (differences(wanted, there).length === 0) return;
  const all = [
    unlessChanged(client, to),
    ...owned(client, to, wanted, there).map((text) => `EXECUTE ${client.escapeLiteral(text)};`),
    ...settingsAs(client, to, wanted.settings, superuser),
  ];
  await guarded(client, held, all.join('\n'));
  const left = differences(wanted, await propertiesOf(client, to));
  if (left.length === 0) return;
  const message = `${left.join(' and ')} of ${to.name} are not those of ${from.name}, although they were copied; compare the two in psql (\\l, \\drds) and mend ${to.name}`;
  throw new Failure('CheckFailed', message);
}

function differences(wanted: Properties, there: Properties): string[] {
  const kinds = ['owner', 'comment', 'grants', 'settings'] as const;
  return kinds.filter((kind) => JSON.stringify(wanted[kind]) !== JSON.stringify(there[kind]));
}

function owned(client: pg.Client, to: Database, wanted: Properties, there: Properties): string[] {
  const name = client.escapeIdentifier(to.name);
  const whom = (role: string): string => (role === '' ? 'PUBLIC' : client.escapeIdentifier(role));
  const roles = new Set([...there.grants.map(({ role }) => role), wanted.owner]);
  return [
    `ALTER DATABASE ${name} OWNER TO ${whom(wanted.owner)}`,
    `COMMENT ON DATABASE ${name} IS ${wanted.comment === null ? 'NULL' : client.escapeLiteral(wanted.comment)}`,
    ...[...roles].map((role) => `REVOKE ALL ON DATABASE ${name} FROM ${whom(role)}`),
    ...wanted.grants.map(
      ({ role, privilege, grantable }) =>
        `GRANT ${privilege} ON DATABASE ${name} TO ${whom(role)}${grantable ? ' WITH GRANT OPTION' : ''}`,
    ),
  ];
}

/** In PL/pgSQL: the database has these settings from now on, for whoever logs in, and no others. */
export function settingsAs(
  client: pg.Client,
  to: Database,
  settings: Properties['settings'],
  superuser: boolean,
): string[] {
  if (superuser) return asTheyStand(client, to, settings);
  const reset = `ALTER DATABASE ${client.escapeIdentifier(to.name)} RESET ALL`;
  return [`EXECUTE ${client.escapeLiteral(reset)};`, ...setAnew(client, to, settings)];
}

/** To the database of the session: those that it had when it was backed up, until it is exchanged. */
export async function giveSettings(client: pg.Client, entries: string[]): Promise<void> {
  const { rows } = await client.query<Record<string, unknown>>(
    'SELECT oid::text, datname AS name FROM pg_database WHERE datname = current_database()',
  );
  const [own] = z.tuple([z.object({ oid: z.string(), name: z.string() })]).parse(rows);
  const settings = entries.length === 0 ? [] : [{ role: '', setrole: '0', entries }];
  const body = settingsAs(client, own, settings, await isSuperuser(client)).join('\n');
  await client.query(`DO ${client.escapeLiteral(`BEGIN ${body} END`)}`);
}

/** A superuser's way: also what nobody may set in a session, and lists as they are written. */
function asTheyStand(client: pg.Client, to: Database, settings: Properties['settings']): string[] {
  const rows = settings.map(({ setrole, entries }) => {
    const literals = entries.map((entry) => client.escapeLiteral(entry));
    return `(${to.oid}, ${setrole}, ARRAY[${literals.join(', ')}]::text[])`;
  });
  return [
    `DELETE FROM pg_db_role_setting WHERE setdatabase = ${to.oid};`,
    ...(rows.length === 0
      ? []
      : [
          `INSERT INTO pg_db_role_setting (setdatabase, setrole, setconfig) VALUES ${rows.join(', ')};`,
        ]),
  ];
}

/** Each from a session that has it, as lists are written otherwise than they are set. */
function setAnew(client: pg.Client, to: Database, settings: Properties['settings']): string[] {
  const database = `DATABASE ${client.escapeIdentifier(to.name)}`;
  return settings.flatMap(({ role, entries }) => {
    const of = role === '' ? database : `ROLE ${client.escapeIdentifier(role)} IN ${database}`;
    return entries.map((entry) => {
      const [setting = '', ...value] = entry.split('=');
      const name = setting.split('.').map((part) => client.escapeIdentifier(part));
      const alter = `ALTER ${of} SET ${name.join('.')} FROM CURRENT`;
      return `PERFORM set_config(${client.escapeLiteral(setting)}, ${client.escapeLiteral(value.join('='))}, true); EXECUTE ${client.escapeLiteral(alter)};`;
    });
  });
}

/** The largest number of a column that a sequence fills counts as well, where an index knows it. */
const SEQUENCES = `SELECT n.nspname AS schema, c.relname AS name, s.seqincrement > 0 AS up, CASE WHEN s.seqincrement > 0 THEN s.seqmax ELSE s.seqmin END::text AS bound,
    CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE') THEN pg_sequence_last_value(c.oid)::text END AS last,
    (SELECT format('SELECT %s(%I)::text AS far FROM %s', CASE WHEN s.seqincrement > 0 THEN 'max' ELSE 'min' END, a.attname, d.refobjid::regclass)
      FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND a.atttypid IN (20, 21, 23)
        AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = d.refobjid AND i.indkey[0] = d.refobjsubid AND i.indpred IS NULL AND i.indisvalid) LIMIT 1) AS owned
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2`;
const sequenceRows = z.array(
  z.object({
    ...{ schema: z.string(), name: z.string(), up: z.boolean(), bound: z.string() },
    ...{ last: z.string().nullable(), owned: z.string().nullable() },
  }),
);
const farRow = z.tuple([z.object({ far: z.string().nullable() })]);

interface Sequence {
  up: boolean;
  /** The last number that it can give out. */
  bound: bigint;
  /** The farthest number that was given out; undefined for none. */
  far: bigint | undefined;
}

/** Numbers by the names of sequences, as SQL has them. */
export async function sequencesOf(client: pg.Client): Promise<Map<string, Sequence>> {
  const { rows } = await client.query<Record<string, unknown>>(SEQUENCES);
  const found = new Map<string, Sequence>();
  for (const { schema, name, up, bound, last, owned } of sequenceRows.parse(rows)) {
    const [{ far }] =
      owned === null ? [{ far: null }] : farRow.parse((await client.query<never>(owned)).rows);
    const key = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
    found.set(key, { up, bound: BigInt(bound), far: farther(up, numberIn(last), numberIn(far)) });
  }
  return found;
}

function numberIn(text: string | null): bigint | undefined {
  return text === null ? undefined : BigInt(text);
}

function farther(up: boolean, one: bigint | undefined, other: bigint | undefined) {
  if (one === undefined || other === undefined) return one ?? other;
  return up === one > other ? one : other;
}

/** What goes live gives out no number that users have seen; and its heartbeats are a ring of their own from now on. */
export async function moveCounters(
  { address }: Server,
  from: Database,
  to: Database,
  { signal, beat }: Waiting,
): Promise<void> {
  const seen = await withClient({ ...address, database: from.name }, signal, sequencesOf);
  beat({ sequences: seen.size });
  await withClient({ ...address, database: to.name }, signal, async (client) => {
    await client.query('SET default_transaction_read_only = off');
    for (const [name, { up, bound, far }] of await sequencesOf(client)) {
      const there = seen.get(name);
      if (there?.far === undefined || there.up !== up) continue;
      const wanted = farther(up, there.far, far) ?? there.far;
      const within = farther(!up, wanted, bound);
      await client.query('SELECT setval($1::regclass, $2)', [name, String(within)]);
    }
    await forgetHeartbeats(client);
  });
}
