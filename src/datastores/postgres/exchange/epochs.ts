// Who may exchange a database now: a row in the maintenance database of its server, in a schema of Fairlead's own. Every
// change compares the epoch token with it in the very statement that makes the change, and holds the row meanwhile: a
// worker that was frozen and wakes up changes nothing, and one that is killed leaves no transaction open.
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import type { EpochToken } from '../../../domain/rollout/model.ts';
import { Failure } from '../../../domain/failure.ts';
import { textAt } from '../../../domain/json.ts';
import { superseded } from '../../../domain/traffic/epoch-token.ts';

/**
 * `fenced`: the database that writers are kept out of, by its number. `quarantined`: what databases were before they were
 * renamed, so that they can be that again; a row stays as long as there is something to put back.
 */
const SETUP = `CREATE SCHEMA IF NOT EXISTS fairlead;
  CREATE TABLE IF NOT EXISTS fairlead.exchanges (database text PRIMARY KEY, owner text NOT NULL, operation text NOT NULL,
    epoch bigint NOT NULL, sequence bigint NOT NULL, fenced oid, flushed jsonb);
  CREATE TABLE IF NOT EXISTS fairlead.quarantined (database_oid oid PRIMARY KEY, database text NOT NULL, name text NOT NULL,
    since bigint NOT NULL, connection_limit integer NOT NULL, subscriptions text[] NOT NULL)`;
/** Two workers made it at once. */
const MADE_MEANWHILE = /^(23505|42P06|42P07|42710|XX000)$/;

const CLAIM = `INSERT INTO fairlead.exchanges AS held (database, owner, operation, epoch, sequence) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (database) DO UPDATE SET operation = excluded.operation, epoch = excluded.epoch, sequence = excluded.sequence
  WHERE (held.epoch, held.sequence) <= (excluded.epoch, excluded.sequence) RETURNING 1`;
const FOUND = 'SELECT epoch::text, sequence::text FROM fairlead.exchanges WHERE database = $1';

const [SUPERSEDED, CHANGED, NAME_TAKEN] = ['FL001', 'FL002', '42P04'];
const ATTEMPTS = 5;
export const IN_USE = '55006';
const NOT_ALLOWED = '42501';

const seenRow = z.tuple([z.object({ epoch: z.coerce.number(), sequence: z.coerce.number() })]);

/** What is claimed: the database by its live name, for whom. */
export interface Claim {
  database: string;
  /** `system/datastore`. */
  owner: string;
  token: EpochToken;
}

/** Throws Superseded with `{token, found}` for a token that is older than what was seen; the same one claims again. */
export async function claim(client: pg.Client, { database, owner, token }: Claim): Promise<void> {
  await setUp(client);
  const { operation, epoch, sequence } = token;
  const { rowCount } = await client.query(CLAIM, [database, owner, operation, epoch, sequence]);
  if (rowCount === 0) throw await tooLate(client, database, token);
}

async function setUp(client: pg.Client): Promise<void> {
  const { rows } = await client.query("SELECT to_regclass('fairlead.quarantined') AS there");
  const [{ there }] = z.tuple([z.object({ there: z.unknown() })]).parse(rows);
  if (there !== null) return;
  await client.query(SETUP).catch(async (error: unknown) => {
    if (!MADE_MEANWHILE.test(textAt(error, 'code') ?? '')) throw error;
    await client.query(SETUP);
  });
}

/**
 * Runs `body`, in PL/pgSQL, as one statement that ends when the token is not the newest one any more. Throws Superseded for
 * that; within `unhindered`.
 */
export async function guarded(
  client: pg.Client,
  { database, token }: Claim,
  body: string,
): Promise<void> {
  const quote = `$f${randomBytes(8).toString('hex')}$`;
  const { epoch, sequence } = token;
  const text = `DO ${quote} BEGIN
    PERFORM FROM fairlead.exchanges WHERE database = ${client.escapeLiteral(database)} AND epoch = ${epoch} AND sequence = ${sequence} FOR UPDATE;
    IF NOT FOUND THEN RAISE EXCEPTION 'superseded' USING ERRCODE = '${SUPERSEDED}'; END IF;
    ${body}
  END ${quote}`;
  await client.query(text).catch(async (error: unknown) => {
    const [code, said] = [textAt(error, 'code'), textAt(error, 'message') ?? ''];
    if (code === SUPERSEDED) throw await tooLate(client, database, token);
    if (code === NAME_TAKEN)
      throw new Failure('WorldChanged', `exchanging the database ${database}: ${said}`);
    if (code !== NOT_ALLOWED) throw error;
    const message = `exchanging the database ${database}: ${said}; docs/recovery.md says which rights the login of a recovery needs`;
    throw new Failure('Refused', message);
  });
}

/** What is done from what is found, once more when another attempt at the same changed that in between. */
export async function unhindered<T>(database: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (textAt(error, 'code') !== CHANGED) throw error;
      const said = textAt(error, 'message') ?? '';
      if (attempt === ATTEMPTS)
        throw new Failure('WorldChanged', `exchanging the database ${database}: ${said}`);
    }
  }
}

/** A statement for `guarded`: goes on only while the database has this name. */
export function unlessChanged(client: pg.Client, { oid, name }: { oid: string; name: string }) {
  const [literal, message] = [
    client.escapeLiteral(name),
    client.escapeLiteral(`the database that was ${name} (oid ${oid}) has another name, or is gone`),
  ];
  return `IF NOT EXISTS (SELECT FROM pg_database WHERE oid = ${oid} AND datname = ${literal}) THEN
    RAISE EXCEPTION USING MESSAGE = ${message}, ERRCODE = '${CHANGED}'; END IF;`;
}

async function tooLate(client: pg.Client, database: string, token: EpochToken): Promise<Failure> {
  const [found] = seenRow.parse((await client.query<never>(FOUND, [database])).rows);
  return superseded(`the database ${database}`, token, found);
}
