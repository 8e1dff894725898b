// Where a database stands, so that a second look shows whether somebody wrote in between: the counters of its tables, the
// largest keys, its sequences. All of it is of this database alone: the position of the log (WAL) is the whole server's,
// and moves by vacuum and checkpoints.
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import type { Clock } from '../../../ports/clock.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import type { WritePosition } from '../../../domain/recovery/exchange.ts';
import { withClient, type PostgresAddress } from '../connection.ts';
import { pinSession } from '../session.ts';
import { OWN } from '../structure.ts';
import { sequencesOf } from './make-alike.ts';
import type { Database } from './names.ts';
import { writersIn } from './writers.ts';

const KEYS_AT_ONCE = 50;

/** Also those of the catalogue: a table that is made or altered shows. What the server counts by itself (ANALYZE) does not, long values of that neither. */
const COUNTERS = `SELECT s.relid::text AS id, concat_ws(' ', c.relfilenode, s.n_tup_ins, s.n_tup_upd, s.n_tup_del) AS counted
  FROM pg_stat_all_tables s JOIN pg_class c ON c.oid = s.relid
  WHERE NOT c.relisshared AND c.relpersistence <> 't' AND c.oid NOT IN (
    SELECT unnest(ARRAY[oid, reltoastrelid]) FROM pg_class WHERE oid IN ('pg_catalog.pg_statistic'::regclass, coalesce(to_regclass('pg_catalog.pg_statistic_ext_data'), 'pg_catalog.pg_statistic'))) ORDER BY s.relid`;

/** Counters come late from a session that goes on; keys do not. */
const KEYS = `SELECT format('SELECT %L AS id, max(%I)::text AS counted FROM %s', c.oid, a.attname, c.oid::regclass) AS text
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
  WHERE i.indisprimary AND i.indisvalid AND NOT c.relispartition AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${OWN}
    AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) ORDER BY c.oid`;

const counters = z.array(z.object({ id: z.string(), counted: z.string().nullable() }));
const texts = z.array(z.object({ text: z.string() }));
const statsRow = z.tuple([z.object({ all: z.boolean() })]);

export async function positionOf(
  address: PostgresAddress,
  database: Database,
  clock: Pick<Clock, 'now'>,
  waiting: Waiting,
): Promise<WritePosition> {
  return withClient({ ...address, database: database.name }, waiting.signal, async (client) => {
    await pinSession(client);
    const at = clock.now();
    const hash = createHash('sha256');
    const take = (of: unknown): unknown => hash.update(`${JSON.stringify(of)}\n`);
    take(counters.parse(await rowsOf(client, COUNTERS)));
    const keys = texts.parse(await rowsOf(client, KEYS)).map(({ text }) => text);
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      const query = keys.slice(from, from + KEYS_AT_ONCE).join(' UNION ALL ');
      take(counters.parse(await rowsOf(client, query)));
      waiting.beat({ looked: from });
    }
    take([...(await sequencesOf(client))].map(([name, { far }]) => [name, String(far)]));
    const writers = await writersIn(client, database.oid, database.name);
    const [{ all }] = statsRow.parse(
      await rowsOf(client, "SELECT pg_has_role('pg_read_all_stats', 'USAGE') AS all"),
    );
    const unseen = `what sessions of others do could not be looked at: GRANT pg_read_all_stats TO "${address.user}"`;
    return { position: `sha256:${hash.digest('hex')}`, writers, ...(!all && { unseen }), at };
  });
}

async function rowsOf(client: pg.Client, text: string): Promise<unknown[]> {
  return (await client.query<Record<string, unknown>>(text)).rows;
}
