// Rows that no dump of a Postgres holds: of tables that belong to an extension, unless it marked them as its
// configuration (pg_extension_config_dump), and of tables that somebody made in a schema of the system's own.
import type pg from 'pg';
import { z } from 'zod';
import type { Part } from '../../domain/backup/backup.ts';
import { countOf } from '../../domain/text/amounts.ts';
import { OWN } from './structure.ts';
import { rowsOf, tablePart } from './table-rows.ts';

/** Nothing that a server has from its beginning: those have ids below 16384. An extension among them is in no dump. */
const TABLES = `SELECT n.nspname AS schema, c.relname AS name, e.extname AS extension,
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid) AS readable,
    (SELECT array_agg(quote_ident(attname) ORDER BY attname COLLATE "C") FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
  WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm') AND c.relispopulated AND c.relpersistence <> 't' AND pg_relation_size(c.oid) > 0
    AND (NOT (${OWN}) OR e.oid < 16384 OR c.oid <> ALL (coalesce(e.extconfig, '{}'))) AND (e.oid IS NOT NULL OR NOT (${OWN})) ORDER BY 1, 2`;

const tables = z.array(
  z.object({
    schema: z.string(),
    name: z.string(),
    extension: z.string().nullable(),
    readable: z.boolean(),
    columns: z.array(z.string()).nullable(),
  }),
);

/** In the transaction of `readContents`: each table that has such rows, and each as a sentence. */
export async function rowsNotDumped(
  client: pg.Client,
): Promise<{ rows: Part[]; sentences: string[] }> {
  const rows: Part[] = [];
  const sentences: string[] = [];
  for (const { extension, readable, ...one } of await rowsOf(client, TABLES, tables)) {
    const name = `${one.schema}.${one.name}`;
    // Who backs up may read all that is in a dump; this is not.
    const part = readable
      ? await tablePart(client, { ...one, kind: 'r', leaves: null })
      : { name, rows: null, bytes: null, hash: 'none' };
    if (part.rows === 0) continue;
    const many = part.rows === null ? 'rows that the user may not read' : countOf(part.rows, 'row');
    const where = extension === null ? `the schema ${one.schema}` : `the extension ${extension}`;
    rows.push(part);
    sentences.push(`${name} with ${many} (a table of ${where})`);
  }
  return { rows, sentences };
}
