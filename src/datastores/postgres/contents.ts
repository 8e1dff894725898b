// What is in a Postgres database, in one transaction's view: tables with counts and a hash of their rows whatever
// their order, definitions (structure.ts), sequences. The hash is the sum of Postgres' own hash of each row, twice, with
// two seeds: one row more, less, twice or different is another sum. It is no proof against somebody who builds collisions.
import type pg from 'pg';
import { z } from 'zod';
import type { Waiting } from '../../ports/waiting.ts';
import type { Contents, Definition, Part } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { readLocale } from './locale.ts';
import { rowsNotDumped } from './not-dumped.ts';
import { DEFINITIONS, NOT_DUMPED, notHeartbeats, notOfExtension, OWN } from './structure.ts';
import { counted, quoted, rowsOf, table, tablePart, unlessGone, type Table } from './table-rows.ts';

/**
 * Tables, and partitioned tables with all their partitions: which one a row lies in is the server's affair (by hash of an
 * enum it is another one after a reload). `leaves`: its tables one by one, where others of them are on other servers.
 */
const TABLES = `SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind,
    (SELECT array_agg(quote_ident(attname) ORDER BY attname COLLATE "C") FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
    (SELECT array_agg(relid::regclass::text) FILTER (WHERE leaf.relkind = 'r') FROM pg_partition_tree(c.oid) JOIN pg_class leaf ON leaf.oid = relid
      HAVING bool_or(leaf.relkind = 'f')) AS leaves
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND ${OWN} AND ${notOfExtension('pg_class', 'c.oid')} AND ${notHeartbeats('c.oid')} ORDER BY 1, 2`;

const SEQUENCES = `SELECT format('%I.%I', schemaname, sequencename) AS name, coalesce(last_value::text, '') AS value
  FROM pg_sequences ORDER BY 1`;

const LARGE_OBJECTS = 'SELECT count(*)::text AS rows FROM pg_largeobject_metadata';

/** Tables that are locked in one statement. */
const LOCKED_AT_ONCE = 100;

const texts = z.array(z.object({ text: z.string() }));
const definitions = z.array(
  z.object({ kind: z.string(), of: z.string(), name: z.string(), text: z.string().nullable() }),
);
const sequences = z.array(z.object({ name: z.string(), value: z.string() }));

/**
 * Locks the tables as pg_dump does, before it does: nobody drops, empties or alters one until both are done. In a
 * transaction, after `pinSession`.
 */
export async function lockTables(client: pg.Client): Promise<void> {
  const names = (await tablesOf(client)).map((one) => quoted(client, one));
  for (let at = 0; at < names.length; at += LOCKED_AT_ONCE) {
    const some = names.slice(at, at + LOCKED_AT_ONCE).join(', ');
    await unlessGone(client.query(`LOCK TABLE ${some} IN ACCESS SHARE MODE`));
  }
}

/** What a database holds, read in a transaction that sees one moment (REPEATABLE READ), after `pinSession`. */
export async function readContents(client: pg.Client, waiting: Waiting): Promise<Contents> {
  const parts: Part[] = [];
  for (const one of await tablesOf(client)) {
    waiting.signal.throwIfAborted();
    const part = await tablePart(client, one);
    parts.push(part);
    waiting.beat({ rows: part.rows ?? 0 });
  }
  const [{ rows }] = await rowsOf(client, LARGE_OBJECTS, counted);
  if (rows !== '0')
    parts.push({ name: 'large objects', rows: Number(rows), bytes: null, hash: 'none' });
  const left = await rowsNotDumped(client);
  return {
    parts,
    definitions: await readDefinitions(client),
    sequences: await readSequences(client),
    notDumped: [
      ...(await rowsOf(client, NOT_DUMPED, texts)).map(({ text }) => text),
      ...left.sentences,
    ],
    notDumpedRows: left.rows,
    locale: await readLocale(client),
  };
}

/** Where the sequences are at this moment: no transaction has a view of its own of them. */
export async function readSequences(client: pg.Client): Promise<Contents['sequences']> {
  const found = await rowsOf(client, SEQUENCES, sequences);
  return found.map(({ name, value }) => ({ name, from: value, to: value }));
}

/** What the database is made of beside its rows, after `pinSession`. */
export async function readDefinitions(client: pg.Client): Promise<Definition[]> {
  const found: Definition[] = [];
  for (const query of DEFINITIONS) {
    for (const { text, ...one } of await rowsOf(client, query, definitions)) {
      if (text !== null) found.push({ ...one, text });
      // The catalogue is of the snapshot, and what prints it is of now.
      else
        throw new Failure(
          'Unavailable',
          `reading the ${one.kind} ${one.name}: it was dropped while the database was read; a new snapshot is without it`,
        );
    }
  }
  return found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ kind, of, name }: Definition): string {
  return `${kind} ${of} ${name}`;
}

/** Tables with their rows, sorted by schema and name; partitions are rows of their root. */
export async function tablesOf(client: pg.Client): Promise<Table[]> {
  return rowsOf(client, TABLES, z.array(table));
}
