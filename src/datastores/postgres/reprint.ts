// Lets the server of a copy print definitions of the live database. What a server prints of an expression is not always
// what it prints of that once it was loaded (`status IN ('open')` on varchar): both sides are compared as the copy's
// prints them. Each is made on an empty table like the copy's, in a transaction that is taken back.
import type pg from 'pg';
import { z } from 'zod';
import type { Definition } from '../../domain/backup/backup.ts';

const LIKE = 'pg_temp.fairlead_like';
const NEW = 'fairlead_new';
const [UNIQUE, PARTIAL] = ['UNIQUE ', ' (not on all partitions)'];

type Print = (client: pg.Client, definition: Definition) => Promise<string>;

const constraint: Print = async (client, { of, text }) => {
  await makeLike(client, of);
  await run(client, `ALTER TABLE ${LIKE} ADD CONSTRAINT ${NEW} ${text}`);
  return one(
    client,
    `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '${NEW}' AND conrelid = '${LIKE}'::regclass`,
  );
};

const view: Print = async (client, { text }) => {
  await run(client, `CREATE TEMP VIEW ${NEW} AS ${text}`);
  return one(client, `SELECT pg_get_viewdef('pg_temp.${NEW}'::regclass)`);
};

const policy: Print = async (client, { of, text }) => {
  await makeLike(client, of);
  await run(client, `CREATE POLICY ${NEW} ON ${LIKE} USING (${text})`);
  return one(
    client,
    `SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = '${LIKE}'::regclass`,
  );
};

const PRINTS: Readonly<Record<string, Print>> = {
  check: constraint,
  exclusion: constraint,
  view,
  'materialized view': view,
  'policy using': policy,
  'policy check': policy,
  index: async (client, { of, text }) => {
    await makeLike(client, of);
    const unique = text.startsWith(UNIQUE) ? UNIQUE : '';
    const partial = text.endsWith(PARTIAL) ? PARTIAL : '';
    const rest = text.slice(unique.length, text.length - partial.length);
    await run(client, `CREATE ${unique}INDEX ${NEW} ON ${LIKE} ${rest}`);
    const made = await one(client, `SELECT pg_get_indexdef('pg_temp.${NEW}'::regclass)`);
    return `${unique}${made.replace(/^CREATE (UNIQUE )?INDEX \S+ ON \S+ /, '')}${partial}`;
  },
  default: async (client, { of, name, text }) => {
    await makeLike(client, of);
    await run(
      client,
      `ALTER TABLE ${LIKE} ALTER ${client.escapeIdentifier(name)} SET DEFAULT ${text}`,
    );
    return one(
      client,
      `SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = '${LIKE}'::regclass`,
    );
  },
  'generated column': async (client, { of, name, text }) => {
    await makeLike(client, of);
    const type = await one(
      client,
      'SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2',
      [of, name],
    );
    await run(
      client,
      `ALTER TABLE ${LIKE} ADD ${NEW} ${type} GENERATED ALWAYS AS (${text}) STORED`,
    );
    return one(
      client,
      `SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = '${LIKE}'::regclass`,
    );
  },
  'domain check': async (client, { of, text }) => {
    const base = await one(
      client,
      'SELECT format_type(typbasetype, typtypmod) FROM pg_type WHERE oid = $1::regtype',
      [of],
    );
    await run(client, `CREATE DOMAIN pg_temp.${NEW} AS ${base}`);
    await run(client, `ALTER DOMAIN pg_temp.${NEW} ADD CONSTRAINT ${NEW} ${text}`);
    return one(
      client,
      `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid = 'pg_temp.${NEW}'::regtype`,
    );
  },
};

/** The definitions with their texts as this server prints them; one that it cannot make keeps its text. On a connection whose session is pinned. */
export async function reprint(
  client: pg.Client,
  definitions: readonly Definition[],
): Promise<Definition[]> {
  await client.query('BEGIN');
  const printed: Definition[] = [];
  for (const definition of definitions) {
    await client.query('SAVEPOINT one');
    const text = await PRINTS[definition.kind]?.(client, definition).catch(unlessGone);
    await client.query('ROLLBACK TO SAVEPOINT one');
    printed.push({ ...definition, text: text ?? definition.text });
  }
  await client.query('ROLLBACK');
  return printed;
}

/** What the server says of a statement is no text; a connection that is gone is thrown on. */
async function unlessGone(error: unknown): Promise<undefined> {
  const { DatabaseError } = await import('pg');
  if (!(error instanceof DatabaseError) || error.code?.startsWith('57') === true) throw error;
}

async function makeLike(client: pg.Client, of: string): Promise<void> {
  await run(client, `CREATE TEMP TABLE fairlead_like (LIKE ${of})`);
}

/** Prepared, it is one statement, and not several. */
async function run(client: pg.Client, text: string, values: string[] = []): Promise<unknown[]> {
  const query = { ...{ text, values, queryMode: 'extended' as const }, rowMode: 'array' as const };
  return (await client.query<unknown[]>(query)).rows;
}

async function one(client: pg.Client, text: string, values: string[] = []): Promise<string> {
  const [[value]] = z.tuple([z.tuple([z.string()])]).parse(await run(client, text, values));
  return value;
}
