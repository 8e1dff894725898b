// The rows of one table in a Postgres: the query that gives all of them, their count and their hash; and how anything is
// asked that may be dropped while it is read.
import type pg from 'pg';
import { z } from 'zod';
import type { Part } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';

export const table = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.enum(['r', 'p']),
  columns: z.array(z.string()).nullable(),
  leaves: z.array(z.string()).nullable(),
});
export type Table = z.output<typeof table>;

export const counted = z.tuple([z.object({ rows: z.string(), hash: z.string().optional() })]);

export function quoted(client: pg.Client, { schema, name }: Table): string {
  return `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
}

/** A query for all rows of a table, `rows` of each: lists of columns by the name of the text that they make. */
export function rowTexts(
  client: pg.Client,
  one: Table,
  rows: Readonly<Record<string, readonly string[]>>,
): string {
  // By name: a column that was added to a parent stands elsewhere in its child.
  const texts = Object.entries(rows).map(([name, columns]) => {
    return `ROW(${columns.map((column) => `fairlead_row.${column}`).join(', ')})::text AS ${name}`;
  });
  const from = (what: string): string => `SELECT ${texts.join(', ')} FROM ${what} AS fairlead_row`;
  const of = quoted(client, one);
  return one.leaves === null
    ? from(one.kind === 'p' ? of : `ONLY ${of}`)
    : one.leaves.map((leaf) => from(`ONLY ${leaf}`)).join(' UNION ALL ');
}

export async function tablePart(client: pg.Client, one: Table): Promise<Part> {
  const sum = (seed: 0 | 1): string => `coalesce(sum(hashtextextended(line, ${seed})), 0)::text`;
  const all = rowTexts(client, one, { line: one.columns ?? [] });
  // OFFSET 0: each row is written out once, and not once for each sum.
  const query = `SELECT count(*)::text AS rows, ${sum(0)} || ':' || ${sum(1)} AS hash FROM (${all} OFFSET 0) AS lines`;
  const [{ rows, hash }] = await rowsOf(client, query, counted);
  return {
    name: `${one.schema}.${one.name}`,
    rows: Number(rows),
    bytes: null,
    hash: `columnsum:${hash ?? ''}`,
  };
}

/** Throws Unavailable for what was dropped meanwhile. */
export async function rowsOf<T>(
  client: pg.Client,
  query: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const { rows } = await unlessGone(client.query<Record<string, unknown>>(query));
  const parsed = schema.safeParse(rows);
  if (parsed.success) return parsed.data;
  throw new Failure('Broken', `Postgres answered ${query.slice(0, 60)} with something else`);
}

/** No such table, type, function or schema: it was there when the snapshot was taken. */
const GONE = /^(42P01|42704|42883|3F000)$/;
const GONE_INSIDE = /cache lookup failed|could not open relation/;

export async function unlessGone<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    const [code, said] = [textAt(error, 'code') ?? '', textAt(error, 'message') ?? ''];
    if (!GONE.test(code) && !(code === 'XX000' && GONE_INSIDE.test(said))) throw error;
    throw new Failure(
      'Unavailable',
      `reading a database: ${said} (${code}): it was dropped or altered meanwhile; a new snapshot is without it`,
    );
  }
}
