// The write fence of a database, which is the first rename: subscriptions disabled and nobody logs in any more, then sessions
// ended and renamed. Each statement notes what it changes before, or with, the change: whoever comes after a kill goes on.
import type pg from 'pg';
import { z } from 'zod';
import type { Waiting } from '../../../ports/waiting.ts';
import { Failure } from '../../../domain/failure.ts';
import { textAt } from '../../../domain/json.ts';
import { withClient, type PostgresAddress } from '../connection.ts';
import { guarded, IN_USE, unlessChanged, type Claim } from './epochs.ts';
import { exchangedName, labelOf, quarantineName, type Database } from './names.ts';
import { currentOf, placesOf, type Quarantined } from './places.ts';
import { preparedIn, sessionsIn } from './writers.ts';

/** A rename waits 5 seconds by itself for the sessions of a database to be gone. */
const ATTEMPTS = 6;

/** Where changes are made from: a session in the maintenance database, and how others are reached. */
export interface Server {
  client: pg.Client;
  /** Where the maintenance database is reached; the other databases of the server have the same host, port and login. */
  address: PostgresAddress;
  /** May do whatever it likes: then others are kept out by a limit of no connections. */
  superuser: boolean;
}

const NAMES = 'SELECT 1 FROM pg_database WHERE datname = $1';
const SUBSCRIPTIONS = `SELECT subname AS name FROM pg_subscription WHERE subdbid = $1 AND subenabled ORDER BY 1`;
const LIMIT = 'SELECT datconnlimit AS limit FROM pg_database WHERE oid = $1';
const named = z.array(z.object({ name: z.string() }));
const limitRow = z.tuple([z.object({ limit: z.number() })]);

/** After `claim`. Raised already is fine. Throws Refused for prepared transactions, which end sessions do not. */
export async function raiseFence(
  server: Server,
  held: Claim,
  waiting: Waiting,
): Promise<Quarantined> {
  const { client } = server;
  const seen = currentOf(held.database, await placesOf(client, held.database));
  const { current } = seen;
  if (seen.fence?.name === seen.fence?.quarantine && seen.fence !== undefined) return seen.fence;
  await refusePrepared(client, current);
  if (seen.fence === undefined) await noteBefore(server, held, current);
  const places = await placesOf(client, held.database);
  const noted = places.quarantined.find(({ oid }) => oid === current.oid);
  if (noted === undefined)
    throw new Failure('Unavailable', `fencing ${held.database}: another attempt was first`);
  if (seen.fence === undefined) await shut(server, held, current);
  await whileInUse(client, current, waiting, () => renameAway(server, held, noted)).catch(
    async (error: unknown) => {
      if (error instanceof Failure && error.kind === 'Refused') {
        await openAgain(server, held, noted, waiting);
      }
      throw error;
    },
  );
  return { ...noted, name: noted.quarantine };
}

/** What it was before anything of it is changed, and what it is going to be called. */
async function noteBefore({ client }: Server, held: Claim, current: Database): Promise<void> {
  const ask = async (text: string): Promise<unknown[]> =>
    (await client.query<Record<string, unknown>>(text, [current.oid])).rows;
  const subscriptions = named.parse(await ask(SUBSCRIPTIONS)).map(({ name }) => name);
  const [{ limit }] = limitRow.parse(await ask(LIMIT));
  const literal = (text: string): string => client.escapeLiteral(text);
  const values = [
    ...[current.oid, literal(held.database), literal(await freeName(client, held))],
    ...[held.token.epoch, limit],
    `ARRAY[${subscriptions.map(literal).join(', ')}]::text[]`,
  ];
  await guarded(
    client,
    held,
    `${unlessChanged(client, current)}
    INSERT INTO fairlead.quarantined AS was (database_oid, database, name, since, connection_limit, subscriptions) VALUES (${values.join(', ')})
      ON CONFLICT (database_oid) DO UPDATE SET name = excluded.name, since = excluded.since,
        subscriptions = ARRAY(SELECT DISTINCT unnest(was.subscriptions || excluded.subscriptions));`,
  );
}

/** Two fences of one operation, or somebody's own database of that name: the change is named as well. Throws Refused. */
async function freeName(client: pg.Client, { database, token }: Claim): Promise<string> {
  const { epoch, sequence } = token;
  const names = [quarantineName(database, epoch), quarantineName(database, epoch, sequence)];
  for (const name of names) {
    if ((await client.query(NAMES, [name])).rowCount === 0) return name;
  }
  const message = `fencing the database ${database}: there are databases ${names.join(' and ')} already; rename them, or drop what nobody needs`;
  throw new Failure('Refused', message);
}

/** Superusers and tools that read are shut out too; Fairlead itself as well, until it is renamed. */
async function shut(server: Server, held: Claim, current: Database): Promise<void> {
  const { client } = server;
  const name = client.escapeLiteral(current.name);
  await guarded(
    client,
    held,
    `${unlessChanged(client, current)}
    ${disabled(server, current.oid)}
    UPDATE fairlead.exchanges SET fenced = ${current.oid} WHERE database = ${client.escapeLiteral(held.database)};
    EXECUTE format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS false', ${name});`,
  );
}

async function renameAway(server: Server, held: Claim, noted: Quarantined): Promise<void> {
  const { client, superuser } = server;
  const [name, quarantine] = [
    client.escapeLiteral(noted.name),
    client.escapeLiteral(noted.quarantine),
  ];
  const limit = superuser ? ' CONNECTION LIMIT 0' : '';
  const renamed = guarded(
    client,
    held,
    `${unlessChanged(client, noted)}
    ${ended(noted.oid)}
    PERFORM pg_sleep(0.02), pg_stat_clear_snapshot();
    ${ended(noted.oid)}
    ${disabled(server, noted.oid)}
    EXECUTE format('ALTER DATABASE %I RENAME TO %I', ${name}, ${quarantine});
    EXECUTE format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS true${limit}', ${quarantine});`,
  );
  await renamed.catch(async (error: unknown) => {
    throw await notEnded(server, noted, error);
  });
}

/** Sessions that this login may not end: who they are, and what ends them. */
async function notEnded({ client }: Server, noted: Quarantined, error: unknown): Promise<unknown> {
  const said = textAt(error, 'message') ?? '';
  if (!(error instanceof Failure) || !/terminate/.test(said)) return error;
  const who = await sessionsIn(client, noted.oid);
  const whom = who.length === 0 ? 'they are gone by now' : who.join('; ');
  const message = `fencing the database ${noted.name}: this login may not end all sessions in it (${whom}); those of a superuser end for superusers only: end each in the database postgres (SELECT pg_terminate_backend(PROCESS)), keep it from coming again, then retry`;
  return new Failure('Refused', message);
}

/**
 * ALTER SUBSCRIPTION has to be asked in the database itself, where no epoch is; what only a superuser may do is noted in a
 * catalogue of the whole server, and a worker that applies what it receives sees it there.
 */
function disabled({ superuser }: Server, oid: string): string {
  if (!superuser) return '';
  return `UPDATE pg_subscription SET subenabled = false WHERE subdbid = ${oid} AND subenabled;`;
}

function ended(oid: string): string {
  return `PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datid = ${oid} AND pid <> pg_backend_pid();`;
}

/**
 * The fenced database is this one from now on, and nobody finds it either: it has another name, until `bringLive` gives it the
 * live one. In one statement, with the look at the epoch.
 */
export async function takePlace(
  server: Server,
  held: Claim,
  { oid, name, limit }: Database & { limit: number },
  waiting: Waiting,
): Promise<void> {
  const { client, superuser } = server;
  const { epoch, sequence } = held.token;
  const fenced = client.escapeLiteral(exchangedName(held.database, epoch, sequence));
  const [now, live] = [client.escapeLiteral(name), client.escapeLiteral(held.database)];
  const body = `${unlessChanged(client, { oid, name })}
    ${ended(oid)}
    EXECUTE format('ALTER DATABASE %I RENAME TO %I', ${now}, ${fenced});
    EXECUTE format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS true${superuser ? ' CONNECTION LIMIT 0' : ''}', ${fenced});
    INSERT INTO fairlead.quarantined (database_oid, database, name, since, connection_limit, subscriptions)
      VALUES (${oid}, ${live}, ${fenced}, ${held.token.epoch}, ${limit}, '{}')
      ON CONFLICT (database_oid) DO UPDATE SET name = excluded.name, since = excluded.since, connection_limit = excluded.connection_limit;
    UPDATE fairlead.exchanges SET fenced = ${oid} WHERE database = ${live};`;
  await whileInUse(client, { oid, name }, waiting, () => guarded(client, held, body));
}

/**
 * The database is found under the live name from now on, and nobody is fenced out: in one statement, with the look at the
 * epoch. What it had to give up while it was away it gets back by `settle`.
 */
async function bringLive(
  { client }: Server,
  held: Claim,
  { oid, name, limit }: Database & { limit: number },
  waiting: Waiting,
): Promise<void> {
  const [now, live] = [client.escapeLiteral(name), client.escapeLiteral(held.database)];
  const rename =
    name === held.database
      ? ''
      : `EXECUTE format('ALTER DATABASE %I RENAME TO %I', ${now}, ${live});`;
  const body = `${unlessChanged(client, { oid, name })}
    ${name === held.database ? '' : ended(oid)}
    ${rename}
    EXECUTE format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS true CONNECTION LIMIT ${limit}', ${live});
    UPDATE fairlead.exchanges SET fenced = NULL WHERE database = ${live};`;
  await whileInUse(client, { oid, name }, waiting, () => guarded(client, held, body));
}

/** After `claim`: the subscriptions of what is live again are enabled as they were, and nothing is left to be put back. */
async function settle(server: Server, held: Claim, waiting: Waiting): Promise<void> {
  const { client } = server;
  const { live, fenced, quarantined } = await placesOf(client, held.database);
  const noted = quarantined.find(({ oid }) => oid === live?.oid);
  if (noted === undefined || fenced !== undefined) return;
  await enableSubscriptions(server, noted, waiting);
  await guarded(
    client,
    held,
    `DELETE FROM fairlead.quarantined WHERE database_oid = ${noted.oid};`,
  );
}

/** After `claim`: the fenced database is found again, as it was before the fence. Throws WorldChanged when the live name is somebody else's by now. */
export async function lowerFence(server: Server, held: Claim, waiting: Waiting): Promise<void> {
  const places = await placesOf(server.client, held.database);
  const fence = places.quarantined.find(({ oid }) => oid === places.fenced);
  if (fence !== undefined) {
    refuseOther(held.database, fence, places.live);
    await bringLive(server, held, fence, waiting);
  }
  await settle(server, held, waiting);
}

async function openAgain(
  server: Server,
  held: Claim,
  noted: Quarantined,
  waiting: Waiting,
): Promise<void> {
  await bringLive(server, held, noted, waiting);
  await settle(server, held, waiting);
}

/** Throws WorldChanged when another database is found under the live name than the one that was fenced. */
export function refuseOther(database: string, fence: Database, live: Database | undefined): void {
  if (live === undefined || live.oid === fence.oid) return;
  const seen = { expected: labelOf(fence), found: labelOf(live) };
  const message = `the database ${database} was fenced as ${seen.expected}, and somebody made ${seen.found} since; look at it, and rename one of the two`;
  throw new Failure('WorldChanged', message, seen);
}

/** In a session of the database itself, which ends when that is renamed: nothing is enabled in another one. */
async function enableSubscriptions(
  { address }: Server,
  { oid, name, subscriptions }: Quarantined,
  { signal }: Waiting,
): Promise<void> {
  if (subscriptions.length === 0) return;
  await withClient({ ...address, database: name }, signal, async (client) => {
    const own = 'SELECT 1 FROM pg_database WHERE datname = current_database() AND oid = $1';
    if ((await client.query(own, [oid])).rowCount === 0) throw changedMeanwhile(name);
    const there = 'SELECT 1 FROM pg_subscription WHERE subdbid = $1 AND subname = $2';
    for (const one of subscriptions) {
      if ((await client.query(there, [oid, one])).rowCount === 0) continue;
      await client.query(`ALTER SUBSCRIPTION ${client.escapeIdentifier(one)} ENABLE`);
    }
  });
}

/** Sessions that begin in the same moment are ended by the next attempt. Throws Unavailable with who stays. */
async function whileInUse(
  client: pg.Client,
  database: Database,
  { signal, beat }: Waiting,
  change: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    beat({ renaming: database.name, attempt });
    try {
      await change();
      return;
    } catch (error) {
      if (textAt(error, 'code') !== IN_USE) throw error;
      await refusePrepared(client, database);
      if (attempt < ATTEMPTS) continue;
      const there = await sessionsIn(client, database.oid);
      const message = `renaming the database ${database.name}: sessions in it do not end, or come again: ${there.join('; ')}`;
      throw new Failure('Unavailable', message);
    }
  }
}

async function refusePrepared(client: pg.Client, database: Database): Promise<void> {
  const prepared = await preparedIn(client, database.name);
  if (prepared.length === 0) return;
  const message = `fencing the database ${database.name}: ${prepared.join('; ')}`;
  throw new Failure('Refused', message);
}

function changedMeanwhile(database: string): Failure {
  const message = `exchanging the database ${database}: it is another one, or was renamed, meanwhile`;
  return new Failure('WorldChanged', message);
}
