// What is in a Postgres database, in one transaction's view: tables with counts and a hash of their rows whatever
// their order, indexes, constraints, sequences. The hash is the sum of Postgres' own hash of each row, twice, with two
// seeds: one row more, less, twice or different is another sum. It is no proof against somebody who builds collisions.
import type pg from 'pg';
import { z } from 'zod';
import type { Waiting } from '../../activities/ports.ts';
import type { Contents, Part } from '../../domain/backup.ts';
import { CANARY_NAME } from '../../domain/canary.ts';
import { Failure } from '../../domain/failure.ts';
import { LOCK_WAIT_MS } from './connection.ts';

/** How values are written must not depend on the server's or the role's settings. */
const SETTINGS = [
  "SET search_path = ''",
  "SET DateStyle = 'ISO, YMD'",
  "SET IntervalStyle = 'postgres'",
  "SET TimeZone = 'UTC'",
  'SET extra_float_digits = 1',
  "SET bytea_output = 'hex'",
  "SET xmlbinary = 'base64'",
  "SET lc_monetary = 'C'",
  'SET statement_timeout = 0',
  `SET lock_timeout = ${LOCK_WAIT_MS}`,
  'SET row_security = off',
];

const OWN = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'`;
/** Canary records are written all the time: part of a dump, and of no comparison. */
const notCanary = (oid: string): string =>
  `${oid} IS DISTINCT FROM to_regclass('public.${CANARY_NAME}')`;
/** What an extension made is made again by the extension. */
const notOfExtension = (catalogue: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

const TABLES = `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${OWN} AND ${notOfExtension('pg_class', 'c.oid')} AND ${notCanary('c.oid')} ORDER BY 1, 2`;

const INDEXES = `SELECT pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (INVALID)' END AS text
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${OWN} AND ${notOfExtension('pg_class', 'c.oid')} AND ${notCanary('i.indrelid')} ORDER BY 1`;

/** No triggers (t), and no NOT NULL (n): Postgres 18 lists them here, and those before it do not. */
const CONSTRAINTS = `SELECT c.conrelid::regclass || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid) AS text
  FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
  WHERE c.conrelid <> 0 AND c.contype NOT IN ('t', 'n') AND ${OWN} AND ${notOfExtension('pg_class', 'c.conrelid')} AND ${notCanary('c.conrelid')} ORDER BY 1`;

const SEQUENCES = `SELECT format('%I.%I', schemaname, sequencename) AS name, coalesce(last_value::text, '') AS value
  FROM pg_sequences ORDER BY 1`;

const LARGE_OBJECTS = 'SELECT count(*)::text AS rows FROM pg_largeobject_metadata';

const named = z.array(z.object({ schema: z.string(), name: z.string() }));
const texts = z.array(z.object({ text: z.string() }));
const sequences = z.array(z.object({ name: z.string(), value: z.string() }));
const counted = z.tuple([z.object({ rows: z.string(), hash: z.string().optional() })]);

/** Before BEGIN: settings last as long as the connection. */
export async function prepareToRead(client: pg.Client): Promise<void> {
  for (const setting of SETTINGS) await client.query(setting);
}

/** In a transaction that sees one moment (REPEATABLE READ), after `prepareToRead`. */
export async function readContents(client: pg.Client, waiting: Waiting): Promise<Contents> {
  const parts: Part[] = [];
  for (const table of await rowsOf(client, TABLES, named)) {
    waiting.signal.throwIfAborted();
    parts.push(await tablePart(client, table));
    waiting.beat({ counted: `${table.schema}.${table.name}` });
  }
  const [{ rows }] = await rowsOf(client, LARGE_OBJECTS, counted);
  if (rows !== '0')
    parts.push({ name: 'large objects', rows: Number(rows), bytes: null, hash: 'none' });
  return {
    parts,
    indexes: (await rowsOf(client, INDEXES, texts)).map(({ text }) => text),
    constraints: (await rowsOf(client, CONSTRAINTS, texts)).map(({ text }) => text),
    sequences: await readSequences(client),
  };
}

/** Of this moment, in no transaction's view: sequences are like that. */
export async function readSequences(client: pg.Client): Promise<Contents['sequences']> {
  const found = await rowsOf(client, SEQUENCES, sequences);
  return found.map(({ name, value }) => ({ name, from: value, to: value }));
}

async function tablePart(
  client: pg.Client,
  { schema, name }: { schema: string; name: string },
): Promise<Part> {
  const table = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
  const sum = (seed: 0 | 1): string => `coalesce(sum(hashtextextended(line, ${seed})), 0)::text`;
  // OFFSET 0: each row is written out once, and not once for each sum.
  const query = `SELECT count(*)::text AS rows, ${sum(0)} || ':' || ${sum(1)} AS hash
    FROM (SELECT (fairlead_row.*)::text AS line FROM ONLY ${table} AS fairlead_row OFFSET 0) AS lines`;
  const [{ rows, hash }] = await rowsOf(client, query, counted);
  return {
    name: `${schema}.${name}`,
    rows: Number(rows),
    bytes: null,
    hash: `rowsum:${hash ?? ''}`,
  };
}

async function rowsOf<T>(client: pg.Client, query: string, schema: z.ZodType<T>): Promise<T> {
  const { rows } = await client.query<Record<string, unknown>>(query);
  const parsed = schema.safeParse(rows);
  if (parsed.success) return parsed.data;
  throw new Failure('Broken', `Postgres answered ${query.slice(0, 60)} with something else`);
}
