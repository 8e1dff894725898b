// A copy of a Postgres that people look into: what its rows and those of the live database do not have in common, and a
// login that reads. Rows are told apart by hashes of their keys, so that nothing of what they hold leaves the servers.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import type { CopyView } from '../../ports/backups.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Loss } from '../../domain/recovery/exchange.ts';
import { countOf } from '../../domain/text/amounts.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import { lossCounter, together, type LossCounter } from '../loss.ts';
import { databaseArgument, withClient, type PostgresAddress } from './connection.ts';
import { tablesOf } from './contents.ts';
import { pinSession } from './session.ts';
import { inSnapshot } from './snapshot.ts';
import { rowsOf, rowTexts, tablePart, type Table } from './table-rows.ts';

const READER = 'fairlead_look';
const READER_PASSWORD = 'look-password';
const AT_ONCE = 1000;

const KEY = `SELECT coalesce(array_agg(quote_ident(a.attname) ORDER BY a.attname COLLATE "C"), '{}') AS columns
  FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
  JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE i.indisprimary AND n.nspname = $1 AND c.relname = $2`;

const keyRow = z.tuple([z.object({ columns: z.array(z.string()) })]);
const lines = z.array(z.object({ key: z.string(), content: z.string() }));
type Line = z.output<typeof lines>[number];

/** What one kind of difference comes to over all tables, and in the table that is compared now. */
interface Difference {
  all: LossCounter;
  rows: number;
}
type Differences = Record<keyof Loss, Difference>;

/** Both as they are at one moment each; in constant memory, whatever they hold: the servers sort. */
export async function lossBetween(
  live: PostgresAddress,
  copy: PostgresAddress,
  clock: Pick<Clock, 'now'>,
  waiting: Waiting,
): Promise<Loss> {
  const fresh = (): Difference => ({ all: lossCounter(), rows: 0 });
  const differences = { onlyThere: fresh(), onlyHere: fresh(), changed: fresh() };
  await inSnapshot(live, clock, waiting, (there) =>
    inSnapshot(copy, clock, waiting, async (here) => {
      const tables = { there: await tablesOf(there), here: await tablesOf(here) };
      for await (const both of together(sorted(tables.there), sorted(tables.here), byName)) {
        waiting.signal.throwIfAborted();
        await compareTable({ there, here }, both, differences);
        waiting.beat({ compared: nameOf(both.there ?? both.here) });
      }
    }),
  );
  const { onlyThere, onlyHere, changed } = differences;
  return {
    onlyThere: onlyThere.all.count(),
    onlyHere: onlyHere.all.count(),
    changed: changed.all.count(),
  };
}

async function compareTable(
  clients: { there: pg.Client; here: pg.Client },
  { there, here }: { there?: Table; here?: Table },
  differences: Differences,
): Promise<void> {
  if (there !== undefined && here !== undefined) {
    await compareRows(clients, { there, here }, differences);
  } else if (there !== undefined) await oneSide(clients.there, there, differences.onlyThere);
  else if (here !== undefined) await oneSide(clients.here, here, differences.onlyHere);
}

async function compareRows(
  clients: { there: pg.Client; here: pg.Client },
  table: { there: Table; here: Table },
  differences: Differences,
): Promise<void> {
  const was = await tablePart(clients.there, table.there);
  const is = await tablePart(clients.here, table.here);
  if (was.hash === is.hash && was.rows === is.rows) return;
  const columns = shared(table.there, table.here);
  const key = await keyOf(clients.there, clients.here, table.there);
  const there = linesOf(clients.there, table.there, columns, key);
  const here = linesOf(clients.here, table.here, columns, key);
  const more = key.length > 0 ? oneMore : countedMore;
  for await (const both of together(there, here, byKey)) note(was.name, more, both, differences);
  for (const one of Object.values(differences)) {
    if (one.rows > 0) one.all.tell(`${was.name} (${countOf(one.rows, 'row')})`);
    one.rows = 0;
  }
}

async function oneSide(client: pg.Client, table: Table, { all }: Difference): Promise<void> {
  const { hash, rows } = await tablePart(client, table);
  all.add(nameOf(table), hash, rows ?? 0);
  all.tell(`all of ${nameOf(table)} (${countOf(rows ?? 0, 'row')})`);
}

const NO_ROW: Line = { key: '', content: '' };

type Both = { there?: Line; here?: Line };

/** `more`: how many rows of this key are live beyond those of the copy. */
function note(
  table: string,
  more: (both: Both) => number,
  both: Both,
  { onlyThere, onlyHere, changed }: Differences,
): void {
  const count = more(both);
  const { there = NO_ROW, here = NO_ROW } = both;
  if (count === 0 && there.content === here.content) return;
  const into = [onlyHere, changed, onlyThere][Math.sign(count) + 1] ?? changed;
  const rows = Math.max(1, Math.abs(count));
  into.all.add(`${table} ${there.key}${here.key}`, `${there.content} ${here.content}`, rows);
  into.rows += rows;
}

/** With a primary key: there is one row of each. */
function oneMore({ there, here }: Both): number {
  return Number(there !== undefined) - Number(here !== undefined);
}

/** Without one, a row is known by all that it holds, and its content is how many of it there are. */
function countedMore({ there, here }: Both): number {
  return Number(there?.content ?? 0) - Number(here?.content ?? 0);
}

/** Sorted by the hash of the key, whose order every server has. */
async function* linesOf(
  client: pg.Client,
  table: Table,
  columns: readonly string[],
  key: readonly string[],
): AsyncGenerator<Line, undefined> {
  const hash = (text: string): string =>
    `hashtextextended(${text}, 0)::text || ':' || hashtextextended(${text}, 1)::text`;
  const query =
    key.length === 0
      ? `SELECT ${hash('line')} AS key, count(*)::text AS content FROM (${rowTexts(client, table, { line: columns })}) AS texts GROUP BY line`
      : `SELECT ${hash('key')} AS key, ${hash('line')} AS content FROM (${rowTexts(client, table, { key, line: columns })}) AS texts`;
  await client.query(
    `DECLARE compared NO SCROLL CURSOR FOR SELECT * FROM (${query}) AS hashed ORDER BY key COLLATE "C"`,
  );
  for (;;) {
    const some = await rowsOf(client, `FETCH ${AT_ONCE} FROM compared`, lines);
    yield* some;
    if (some.length < AT_ONCE) break;
  }
  await client.query('CLOSE compared');
  return undefined;
}

/** The primary key, if both sides have the same; a table without one has no columns here. */
async function keyOf(there: pg.Client, here: pg.Client, table: Table): Promise<string[]> {
  const [was, is] = await Promise.all(
    [there, here].map(async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(KEY, [table.schema, table.name]);
      return keyRow.parse(rows)[0].columns;
    }),
  );
  return was?.join() === is?.join() ? (was ?? []) : [];
}

function shared(one: Table, other: Table): string[] {
  return (one.columns ?? []).filter((column) => other.columns?.includes(column));
}

/** Walks tables in one order, whatever a server sorts names by. */
async function* sorted(tables: readonly Table[]): AsyncGenerator<Table, undefined> {
  yield* tables.toSorted(byName);
  return undefined;
}

function nameOf(table: Table | undefined): string {
  return table === undefined ? '' : `${table.schema}.${table.name}`;
}

function byName(one: Table, other: Table): number {
  const [a, b] = [nameOf(one), nameOf(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function byKey(one: Line, other: Line): number {
  return one.key < other.key ? -1 : Number(one.key > other.key);
}

/** A login of its own, which may read everything; whoever logs in from now on writes nothing. */
export async function openForReading(
  address: PostgresAddress,
  folder: string,
  { signal }: Waiting,
): Promise<CopyView> {
  const { host, port, database } = address;
  const password = randomBytes(24).toString('base64url');
  await withClient(address, signal, async (client) => {
    await pinSession(client);
    const name = client.escapeIdentifier(database);
    await client.query(`DO $$ BEGIN CREATE ROLE ${READER} LOGIN BYPASSRLS IN ROLE pg_read_all_data;
      EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
    await client.query(`ALTER ROLE ${READER} PASSWORD ${client.escapeLiteral(password)}`);
    await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  });
  const file = join(folder, READER_PASSWORD);
  await writeFile(file, password, { mode: 0o600 });
  const name = /^\w+$/.test(database) ? database : shellWord(databaseArgument(database));
  const login = `-h ${host} -p ${port} -U ${READER} ${name}`;
  return {
    where: `the database ${database} of a server of its own at ${host}:${port}`,
    look: [`PGPASSWORD="$(cat ${shellWord(file)})" psql ${login}`],
  };
}
