// What a database sorts, compares and folds letters by, and its own settings: read of the live one, given to a copy. A
// check, a generated column or a unique index may come out otherwise in another locale.
import type pg from 'pg';
import { z } from 'zod';
import type { Definition, Locale } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';

const NOT_ALLOWED = '42501';

/** As JSON: each version of Postgres has other columns. */
const LOCALE = `SELECT pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collate, d.datctype AS ctype,
    coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') AS provider, coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
    to_jsonb(d) ->> 'daticurules' AS rules, to_jsonb(d) ->> 'datcollversion' AS version
  FROM pg_database d WHERE d.datname = coalesce($1, current_database())`;

const PROVIDERS = { c: 'libc', i: 'icu', b: 'builtin', d: 'libc' } as const;
const localeRow = z.tuple([
  z.object({
    encoding: z.string(),
    collate: z.string(),
    ctype: z.string(),
    provider: z.enum(['c', 'i', 'b', 'd']).transform((letter) => PROVIDERS[letter]),
    locale: z.string().nullable(),
    rules: z.string().nullable(),
    version: z.string().nullable(),
  }),
]);

/** Of the database that the session is in, or of another one of its server. */
export async function readLocale(client: pg.Client, database?: string): Promise<Locale> {
  const { rows } = await client.query<Record<string, unknown>>(LOCALE, [database ?? null]);
  return localeRow.parse(rows)[0];
}

/** Throws Unsupported where this machine, or this server, has not got the locale. `more`: options, as SQL has them. */
export async function createDatabase(
  client: pg.Client,
  database: string,
  locale: Locale,
  more = '',
): Promise<void> {
  const name = client.escapeIdentifier(database);
  const clauses = Object.entries(clausesOf(locale)).flatMap(([clause, value]) =>
    value === null ? [] : [`${clause} ${client.escapeLiteral(value)}`],
  );
  await client.query(`DROP DATABASE IF EXISTS ${name}`);
  const provider = locale.provider === 'libc' ? '' : `LOCALE_PROVIDER ${locale.provider} `;
  const create = `CREATE DATABASE ${name} TEMPLATE template0 ${provider}${clauses.join(' ')} ${more}`;
  await client.query(create).catch((error: unknown) => {
    const said = error instanceof Error ? error.message : String(error);
    if (textAt(error, 'code') === NOT_ALLOWED)
      throw new Failure('Refused', `making the database ${database}: ${said}`);
    throw new Failure(
      'Unsupported',
      `making a database with the locale of the live one (${describeLocale(locale)}) on this machine: ${said}; make that locale here (locale-gen), and use the same version of Postgres`,
    );
  });
}

/** By the clauses of `CREATE DATABASE`; null where a database has none. */
export function clausesOf({ encoding, collate, ctype, provider, locale, rules }: Locale) {
  return {
    ENCODING: encoding,
    LC_COLLATE: collate,
    LC_CTYPE: ctype,
    ICU_LOCALE: provider === 'icu' ? locale : null,
    ICU_RULES: rules,
    BUILTIN_LOCALE: provider === 'builtin' ? locale : null,
  };
}

export function describeLocale({ encoding, collate, ctype, provider, locale }: Locale): string {
  const names = [...new Set([collate, ctype, ...(locale === null ? [] : [locale])])].join(', ');
  return `${encoding}, ${names} of ${provider}`;
}

/** No longer than any is: a dump that somebody named may say anything. */
const STATEMENT = /^CREATE DATABASE .{1,200} ENCODING = '(\w+)'.{0,2000};$/m;

/** The locale in `CREATE DATABASE` of a script that pg_restore --create printed; undefined without any. */
export function localeIn(script: string): Locale | undefined {
  const [statement, encoding = 'UTF8'] = STATEMENT.exec(script) ?? [];
  if (statement === undefined) return undefined;
  const provider = z
    .enum(['libc', 'icu', 'builtin'])
    .catch('libc')
    .parse(valueIn(statement, 'LOCALE_PROVIDER'));
  const all = valueIn(statement, 'LOCALE') ?? 'C';
  const own = provider === 'libc' ? null : all;
  return {
    encoding,
    collate: valueIn(statement, 'LC_COLLATE') ?? all,
    ctype: valueIn(statement, 'LC_CTYPE') ?? all,
    provider,
    locale: valueIn(statement, '(?:ICU|BUILTIN)_LOCALE') ?? own,
    rules: valueIn(statement, 'ICU_RULES'),
    version: valueIn(statement, 'COLLATION_VERSION'),
  };
}

function valueIn(statement: string, name: string): string | null {
  const value = new RegExp(` ${name} = (?:'((?:[^']|'')*)'|(\\w+))`).exec(statement);
  return value?.slice(1).find(Boolean) ?? null;
}

/**
 * Gives the settings of the live database to a copy's, for whoever logs in from now on. As they are: what this machine has
 * not got is a warning to whoever logs in.
 */
export async function carrySettings(
  client: pg.Client,
  database: string,
  definitions: readonly Definition[],
): Promise<void> {
  const settings = definitions.filter(({ kind }) => kind === 'setting');
  if (settings.length === 0) return;
  const entries = settings.map(({ name, text }) => `${name}=${text}`);
  await client.query(
    'INSERT INTO pg_db_role_setting (setdatabase, setrole, setconfig) SELECT oid, 0, $2 FROM pg_database WHERE datname = $1',
    [database, entries],
  );
}
