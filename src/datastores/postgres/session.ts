// Settings of a session that decide how values and definitions are written, or end it in the middle. A server, a
// database or a role may have others (ALTER DATABASE ... SET): here they are the same for whoever reads and for pg_dump.
import type pg from 'pg';
import { z } from 'zod';

/** Milliseconds for a lock that somebody else holds: a migration is over by then, or nobody will end it. */
export const LOCK_WAIT_MS = 5 * 60_000;

/**
 * Milliseconds for a lock that pg_dump wants of a table whose lock its reader has: whoever is before it in the queue waits
 * for the reader, which waits for pg_dump, and so does every user of that table. No server sees that as a deadlock.
 */
export const DUMP_LOCK_WAIT_MS = 10_000;

const PINNED: Readonly<Record<string, string>> = {
  search_path: '',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  xmloption: 'content',
  lc_monetary: 'C',
  standard_conforming_strings: 'on',
  quote_all_identifiers: 'off',
  transform_null_equals: 'off',
  array_nulls: 'on',
  row_security: 'off',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  lock_timeout: String(LOCK_WAIT_MS),
};

/** What pg_dump does not set for itself. */
const NOT_SET_BY_TOOL = [
  ...['bytea_output', 'xmlbinary', 'xmloption', 'standard_conforming_strings'],
  ...['quote_all_identifiers', 'transform_null_equals', 'array_nulls', 'idle_session_timeout'],
  ...['transaction_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'],
];

/** Every server has these. A database's own could end the very query that lifts them. */
const FROM_THE_START = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
const TIMEOUTS = [...FROM_THE_START, 'idle_session_timeout', 'transaction_timeout'];

/** For the beginning of a connection. */
export const START_OPTIONS = FROM_THE_START.map((name) => `-c ${name}=${PINNED[name] ?? ''}`).join(
  ' ',
);

/** `lc_monetary` matters to the type `money` (oids 790, 791) only, and poolers refuse options of a session. */
const HAS_MONEY =
  "SELECT 'lc_monetary' AS name WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE atttypid IN (790, 791)) OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE typbasetype IN (790, 791))";

const named = z.array(z.object({ name: z.string() }));

/**
 * Right after connecting: no timeouts, also those that only newer servers have. The server looks every second whether
 * somebody still waits for its answer (14 and newer). What is so already keeps its source.
 */
export async function liftTimeouts(client: pg.Client): Promise<void> {
  const lifted = Object.fromEntries(TIMEOUTS.map((name) => [name, PINNED[name] ?? '']));
  await client.query(
    'SELECT pg_catalog.set_config(name, wanted.value, false) FROM pg_catalog.json_each_text($1) AS wanted(name, value) JOIN pg_catalog.pg_settings USING (name) WHERE setting <> wanted.value',
    [JSON.stringify({ ...lifted, client_connection_check_interval: '1000' })],
  );
}

/** Before BEGIN: settings last as long as the connection. A server that is too old for one has not got it. */
export async function pinSession(client: pg.Client): Promise<void> {
  await client.query(
    'SELECT pg_catalog.set_config(name, wanted.value, false) FROM pg_catalog.json_each_text($1) AS wanted(name, value) JOIN pg_catalog.pg_settings USING (name)',
    [JSON.stringify(PINNED)],
  );
}

/**
 * The options (PGOPTIONS) of a tool's session, where its settings would be others when it logs in, or where nobody can
 * tell, as this session's own options are in their place; before `pinSession`.
 */
export async function toolOptions(client: pg.Client): Promise<Record<string, string>> {
  const money = named.parse((await client.query<Record<string, unknown>>(HAS_MONEY)).rows);
  const names = [...NOT_SET_BY_TOOL, ...money.map(({ name }) => name)];
  const wanted = Object.fromEntries(names.map((name) => [name, PINNED[name] ?? '']));
  const { rows } = await client.query<Record<string, unknown>>(
    "SELECT name FROM pg_catalog.json_each_text($1) AS wanted(name, value) JOIN pg_catalog.pg_settings USING (name) WHERE reset_val <> wanted.value OR source = 'client' ORDER BY 1",
    [JSON.stringify(wanted)],
  );
  const options = named.parse(rows).map(({ name }) => `-c ${name}=${wanted[name] ?? ''}`);
  return options.length === 0 ? {} : { PGOPTIONS: options.join(' ') };
}

const SUPERUSER =
  'SELECT rolsuper AS superuser FROM pg_catalog.pg_roles WHERE rolname = current_user';
const superuserRow = z.tuple([z.object({ superuser: z.boolean() })]);

/** The one who is asked as: of a copy's own server never, of a live one perhaps. */
export async function isSuperuser(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<Record<string, unknown>>(SUPERUSER);
  return superuserRow.parse(rows)[0].superuser;
}
