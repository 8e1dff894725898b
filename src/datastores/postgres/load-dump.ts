// Loads a dump into the empty database of a copy: in a cluster of its own, or beside the live one. A dump carries no roles, and a policy that names one
// cannot be made without it: they are read from the dump and made first. Used by store.ts.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { runTool } from '../tool.ts';
import {
  databaseArgument,
  sourceOf,
  toolEnvironment,
  withClient,
  type PostgresAddress,
} from './connection.ts';

/** A name as pg_dump writes it: in quotes unless it is plain. No longer than the server takes, and on one line: a script holds texts of others. */
export const NAME = '(?:"(?:[^"\\n]|""){1,63}"|[a-z_][a-z0-9_]{0,62})';
const POLICY = new RegExp(
  `^CREATE POLICY ${NAME} ON (?:${NAME}\\.)?${NAME}(?: AS RESTRICTIVE)?(?: FOR [A-Z]+)? TO (${NAME}(?:, ${NAME})*)(?= USING| WITH CHECK|;)`,
  'gm',
);
/** What nobody who reads only the dump can bring. */
const LACKING =
  /(?:role|language|access method) ".*" does not exist|extension ".*" is not available|could not open (?:extension control|dictionary|stop-word|synonym|thesaurus|affix) file|could not (?:access file|load library)|collation ".*" for encoding ".*" does not exist|compression method \w+ not supported|permission denied (?:to create|for language)|must be superuser|must be owner of extension/;

/** What a server of the copy's own has not got; a label takes the module that gives it a meaning. */
const APART = [
  ...['--no-owner', '--no-privileges', '--no-publications'],
  ...['--no-tablespaces', '--no-security-labels'],
];

/** What pg_restore says when it asked no server, or lost it: no verdict on a dump. */
const NOT_ASKED =
  /pg_restore: error: (?:connection to (?:server|database) |invalid connection option|missing "=" after|invalid URI)|Try "pg_restore --help"|server closed the connection|FATAL: {1,2}(?:terminating|the database system)/;

/** `216; 1417 16390 SERVER - led postgres`; extensions by their names. */
const REACHING =
  /^\d+; \d+ \d+ (?<what>(?:SERVER|FOREIGN DATA WRAPPER|FOREIGN TABLE) \S+ \S+|EXTENSION - (?:dblink|pg_net|http|(?!file_fdw)\w+_fdw))\b/;
const EXTENSION = /^\d+; \d+ \d+ (?:EXTENSION - |COMMENT - EXTENSION )(?<name>[\w-]+)/;
const CREATE_EXTENSION = new RegExp(
  `^CREATE EXTENSION IF NOT EXISTS (${NAME}) WITH SCHEMA (${NAME});`,
  'gm',
);
/** Extensions that Postgres does not trust an owner with, and that run no program, read no file and connect nowhere. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...['amcheck', 'autoinc', 'bloom', 'earthdistance', 'insert_username', 'intagg', 'moddatetime'],
  ...['pg_buffercache', 'pg_freespacemap', 'pg_prewarm', 'pg_stat_statements', 'pg_visibility'],
  ...['pgrowlocks', 'pgstattuple', 'pgaudit', 'postgis', 'vector'],
]);
const SHOWN = 5;

interface DumpInput {
  /** pg_restore. */
  program: string;
  address: PostgresAddress;
  folder: string;
  /** The dump from its beginning, as often as it is asked for. */
  read: () => Bytes;
  /** The superuser of a copy's own server; without one it goes into the live server, with owners, grants and all that the live database has there. */
  admin?: PostgresAddress;
}

/** Throws Unsupported where the dump needs a role or an extension that is not here, CheckFailed for what else is wrong. */
export async function loadDump(input: DumpInput, waiting: Waiting): Promise<void> {
  const { address, admin } = input;
  const list: string[] = [];
  if (admin !== undefined) {
    const listing = await runTool(restoring(input, ['--list'], waiting));
    refuseReaching(listing);
    await makeRoles(admin, await rolesOf(input, listing, waiting), waiting.signal);
    list.push(...(await makeExtensions({ ...input, admin }, listing, waiting)));
  }
  const database = `--dbname=${databaseArgument(address.database)}`;
  const args = [database, '--exit-on-error', '--no-password', '--no-subscriptions'];
  const run = restoring(input, [...args, ...list, ...(admin === undefined ? [] : APART)], waiting);
  await runTool({ ...run, env: toolEnvironment(address) }).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.kind !== 'CheckFailed') throw error;
    if (NOT_ASKED.test(error.message)) {
      const message = `loading into the copy at ${sourceOf(address)}: ${error.message}`;
      throw new Failure('Unavailable', message);
    }
    if (!LACKING.test(error.message)) throw error;
    throw new Failure(
      'Unsupported',
      admin === undefined
        ? `the dump needs what its server does not have any more; make the roles that are missing there, install the extensions: ${error.message}`
        : `the dump needs what the Postgres of the copy does not have, or what only a superuser makes, which nothing of a dump is made by; install its extensions where the worker runs (roles come with no dump): ${error.message}`,
    );
  });
}

/**
 * Makes extensions that only a superuser may make, of those that are known to run nothing, and answers what leaves them out
 * of the restore. Others are made by whose the database is, where Postgres trusts them with that.
 */
async function makeExtensions(
  input: DumpInput & { admin: PostgresAddress },
  listing: string,
  waiting: Waiting,
): Promise<string[]> {
  const lines = listing.split('\n');
  const listed = lines.flatMap((line) => EXTENSION.exec(line)?.groups?.['name'] ?? []);
  if (!listed.some((name) => HARMLESS.has(name))) return [];
  const script = await scriptOf(input, waiting);
  const made = [...script.matchAll(CREATE_EXTENSION)]
    .map(([, name = '', schema = '']) => ({ name: unquoted(name), schema: unquoted(schema) }))
    .filter(({ name }) => HARMLESS.has(name));
  const schemas = new Set(made.map(({ schema }) => schema).filter((one) => one !== 'public'));
  await withClient(input.admin, waiting.signal, async (client) => {
    const quoted = (name: string): string => client.escapeIdentifier(name);
    for (const schema of schemas) {
      const owner = quoted(input.address.user);
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)} AUTHORIZATION ${owner}`);
    }
    for (const { name, schema } of made) {
      const into = `SCHEMA ${quoted(schema)} CASCADE`;
      await client.query(`CREATE EXTENSION IF NOT EXISTS ${quoted(name)} ${into}`);
    }
  });
  const names = new Set(made.map(({ name }) => name));
  const rest = lines.filter((line) => !isOfExtension(line, names) && !isSchema(line, schemas));
  return [`--use-list=${await writeList(input.folder, 'to-restore', rest)}`];
}

function isOfExtension(line: string, names: ReadonlySet<string>): boolean {
  return names.has(EXTENSION.exec(line)?.groups?.['name'] ?? '');
}

function isSchema(line: string, schemas: ReadonlySet<string>): boolean {
  return schemas.has(/^\d+; \d+ \d+ SCHEMA - (?<name>\S+) /.exec(line)?.groups?.['name'] ?? '');
}

/**
 * The server of a copy runs on the network of its machine: through a foreign server or dblink, a trigger, a view that is
 * refreshed or a query would reach what is live, and write there. Throws Unsupported.
 */
function refuseReaching(listing: string): void {
  const found = reaching(listing);
  if (found.length === 0) return;
  const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : '';
  const message = `the dump holds what connects to other servers (${found.slice(0, SHOWN).join(', ')}${more}): a copy of it could write into what is live, and is not made; take them out of the database, or dump it without them`;
  throw new Failure('Unsupported', message);
}

/** `SERVER led` of a listing of pg_restore. */
export function reaching(listing: string): string[] {
  return listing
    .split('\n')
    .flatMap((line) => REACHING.exec(line)?.groups?.['what'] ?? [])
    .map((what) => what.replace(/ -? ?/, ' '));
}

/** The structure of a dump as SQL, with what it says of its database, of owners and of grants. */
export function scriptOf(input: Omit<DumpInput, 'address'>, waiting: Waiting): Promise<string> {
  const args = ['--create', '--section=pre-data', '--section=post-data', '--file=-'];
  return runTool(restoring(input, args, waiting));
}

const OF_DATABASE = /^\d+; \d+ \d+ (?:DATABASE|ACL) - /;

/** What the script of a dump says of its database itself: none of the lines that are in functions, views or comments of others. */
export async function databaseScriptOf(
  input: Omit<DumpInput, 'address'>,
  waiting: Waiting,
): Promise<string> {
  const listing = await runTool(restoring(input, ['--list', '--create'], waiting));
  const own = listing.split('\n').filter((line) => OF_DATABASE.test(line));
  const list = await writeList(input.folder, 'of-database', own);
  const args = ['--create', `--use-list=${list}`, '--section=pre-data', '--section=post-data'];
  return runTool(restoring(input, [...args, '--file=-'], waiting));
}

async function writeList(folder: string, name: string, lines: readonly string[]): Promise<string> {
  const file = join(folder, name);
  await rm(file, { force: true });
  await writeFile(file, lines.join('\n'), { mode: 0o600, flag: 'wx' });
  return file;
}

/** Policies are listed, and their roles are not: only a dump that has some is read once more. */
async function rolesOf(input: DumpInput, listing: string, waiting: Waiting): Promise<string[]> {
  if (!/ POLICY /.test(listing)) return [];
  const args = ['--section=post-data', '--no-owner', '--no-privileges', '--file=-'];
  return policyRoles(await runTool(restoring(input, args, waiting)));
}

export function policyRoles(script: string): string[] {
  const lists = [...script.matchAll(POLICY)].map(([, roles = '']) => roles);
  const names = lists.flatMap((list) => list.match(new RegExp(NAME, 'g')) ?? []);
  return [...new Set(names.map(unquoted))].sort();
}

export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** Nobody can log in as one of them. Answers those that were made. */
export async function makeRoles(
  address: PostgresAddress,
  names: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  if (names.length === 0) return [];
  return withClient(address, signal, async (client) => {
    const { rows } = await client.query<{ rolname: unknown }>('SELECT rolname FROM pg_roles');
    const there = new Set(rows.map(({ rolname }) => rolname));
    // Those of a newer Postgres's own cannot be made: the restore says which.
    const missing = names.filter((name) => !there.has(name) && !name.startsWith('pg_'));
    for (const name of missing) {
      await client.query(`CREATE ROLE ${client.escapeIdentifier(name)} NOLOGIN`);
    }
    return missing;
  });
}

function restoring(
  { program, folder, read }: Omit<DumpInput, 'address'>,
  args: string[],
  { signal }: Waiting,
) {
  return { program, args, env: {}, directory: folder, input: read(), signal };
}
