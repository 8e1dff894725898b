// Heartbeats in a Postgres: a table of their own, stamped by the server. Written into the live database, read from
// copies and from the snapshot that a dump is taken in.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import { HEARTBEAT_TABLE, type HeartbeatRecord } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { heartbeatRecordSchema } from '../manifest.ts';

const TABLE = `public.${HEARTBEAT_TABLE}`;
const COLUMNS = ['at', 'number', 'skew_ms', 'slot', 'timeline'];
const DEFINITION = `CREATE TABLE ${TABLE} (slot integer PRIMARY KEY, timeline uuid NOT NULL, number bigint NOT NULL, at timestamptz NOT NULL, skew_ms integer NOT NULL)`;

/** A view, a trigger, a rule, a default or a policy in its place would run with the rights of whoever writes heartbeats. */
const LOOK = `SELECT (SELECT coalesce(array_agg(a.attname::text ORDER BY a.attname COLLATE "C"), '{}') FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    concat_ws(', ', CASE WHEN c.relkind <> 'r' THEN 'it is no plain table' END,
      CASE WHEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid) THEN 'it has triggers' END,
      CASE WHEN c.relhasrules THEN 'it has rules' END, CASE WHEN c.relrowsecurity THEN 'its rows have policies' END,
      CASE WHEN c.relhassubclass OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) THEN 'it is inherited' END,
      CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.atthasdef OR a.attgenerated <> '' OR a.attidentity <> ''
        OR a.atttypid NOT IN ('int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'timestamptz'::regtype))) THEN 'its columns have defaults or other types' END,
      CASE WHEN EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype <> 'p') THEN 'it has constraints' END,
      CASE WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indisprimary) THEN 'it has other indexes' END) AS odd
  FROM pg_class c WHERE c.oid = to_regclass('${TABLE}')`;

const NEWEST = `SELECT timeline::text, number::text, at, skew_ms FROM ${TABLE} AS ring ORDER BY ring.number DESC LIMIT 1`;

/** Stamped here and committed a moment later: what was committed before the stamp is wherever the record is. */
const ADD = `INSERT INTO ${TABLE} (slot, timeline, number, at, skew_ms) VALUES ($1, $2, $3, clock_timestamp(), $4)
  ON CONFLICT (slot) DO UPDATE SET timeline = excluded.timeline, number = excluded.number, at = excluded.at, skew_ms = excluded.skew_ms
  RETURNING timeline::text, number::text, at, skew_ms`;

const lookSchema = z.array(z.object({ columns: z.array(z.string()), odd: z.string() })).max(1);
const clockSchema = z.tuple([z.object({ at: z.date() })]);
const recordSchema = z
  .object({ timeline: z.string(), number: z.string(), at: z.date(), skew_ms: z.number() })
  .transform(({ timeline, number, at, skew_ms }) => ({
    timeline,
    number: Number(number),
    at: at.toISOString(),
    skewMs: skew_ms,
  }))
  .pipe(heartbeatRecordSchema);

/** The newest heartbeat in a database; null where there is no such table, one that is not Fairlead's, or nothing in it. */
export async function newestHeartbeat(client: pg.Client): Promise<HeartbeatRecord | null> {
  if ((await lookAt(client)) !== 'ours') return null;
  const { rows } = await client.query<Record<string, unknown>>(NEWEST);
  return rows[0] === undefined ? null : recordSchema.parse(rows[0]);
}

/** On a connection of its own, in no transaction. */
export async function addHeartbeat(
  client: pg.Client,
  keep: number,
  clock: Pick<Clock, 'now'>,
): Promise<HeartbeatRecord> {
  const skewMs = await skewOf(client, clock);
  await client.query('BEGIN READ WRITE');
  await client.query("SET LOCAL lock_timeout = '5s'");
  await client.query("SET LOCAL statement_timeout = '10s'");
  // Two writers at once would give one number twice.
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('${HEARTBEAT_TABLE}'))`);
  await makeTable(client);
  const before = await newestHeartbeat(client);
  const { timeline, number } = before ?? { timeline: randomUUID(), number: 0 };
  const next = number + 1;
  const { rows } = await client.query<Record<string, unknown>>(ADD, [
    ...[next % keep, timeline, next, skewMs],
  ]);
  // A ring that became smaller.
  await client.query(`DELETE FROM ${TABLE} WHERE slot >= $1`, [keep]);
  await client.query('COMMIT');
  return recordSchema.parse(rows[0]);
}

/** The next heartbeat begins a timeline of its own. */
export async function forgetHeartbeats(client: pg.Client): Promise<void> {
  if ((await lookAt(client)) === 'ours') await client.query(`DELETE FROM ${TABLE}`);
}

async function makeTable(client: pg.Client): Promise<void> {
  const found = await lookAt(client);
  // Once it is locked nobody puts anything in its place.
  if (found === 'ours') await client.query(`LOCK TABLE ONLY ${TABLE} IN ROW EXCLUSIVE MODE`);
  const there = found === 'ours' ? await lookAt(client) : found;
  if (typeof there === 'object') {
    throw new Failure(
      'Refused',
      `the table ${TABLE} is not as Fairlead makes it for canary records (${COLUMNS.join(', ')}): ${there.odd}; rename it, or remove recoveryPoint.canary from the system file`,
    );
  }
  if (there === 'ours') return;
  await client.query(DEFINITION).catch((error: unknown) => {
    if (!isNotAllowed(error)) throw error;
    throw new Failure(
      'Refused',
      `the table ${TABLE} is not there, and this user may not make it; make it yourself and let the user read, insert, update and delete in it: ${DEFINITION}`,
    );
  });
}

async function lookAt(client: pg.Client): Promise<'ours' | 'none' | { odd: string }> {
  const { rows } = await client.query<Record<string, unknown>>(LOOK);
  const [found] = lookSchema.parse(rows);
  if (found === undefined) return 'none';
  if (found.columns.join() !== COLUMNS.join()) return { odd: 'it has other columns' };
  return found.odd === '' ? 'ours' : { odd: found.odd };
}

/** How far the server's clock is ahead of the worker's. */
async function skewOf(client: pg.Client, clock: Pick<Clock, 'now'>): Promise<number> {
  const asked = clock.now();
  const { rows } = await client.query<Record<string, unknown>>('SELECT clock_timestamp() AS at');
  const answered = clock.now();
  const [{ at }] = clockSchema.parse(rows);
  // Plus zero: no minus zero, which JSON does not have.
  return Math.round(at.getTime() - (asked + answered) / 2) + 0;
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501';
}
