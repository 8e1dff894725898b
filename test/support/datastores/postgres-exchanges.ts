// A real Postgres whose databases are exchanged: with logical decoding, prepared transactions and subscriptions, and for
// each test a database of an application's own, which logs in as its owner.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, type TestContext } from 'node:test';
import type pg from 'pg';
import { createBackups } from '../../../src/datastores/backups.ts';
import { createBindings } from '../../../src/datastores/bindings.ts';
import { createHeartbeats } from '../../../src/datastores/heartbeats.ts';
import { createNamedFiles } from '../../../src/datastores/named-files.ts';
import type { NamedFilesPort } from '../../../src/ports/named-files.ts';
import type { HeartbeatPort } from '../../../src/ports/heartbeats.ts';
import { createExchanges } from '../../../src/datastores/exchanges.ts';
import { withClient, type PostgresAddress } from '../../../src/datastores/postgres/connection.ts';
import { PLAIN_LOCALE, startServer } from '../../../src/datastores/postgres/scratch-cluster.ts';
import { createStores } from '../../../src/datastores/registry.ts';
import {
  findProgram,
  runTool,
  serverIdentity,
  versionedFolders,
} from '../../../src/datastores/tool.ts';
import { textAt } from '../../../src/domain/json.ts';
import { datastoreRef, endServer, passableFolder } from './datastores.ts';
import type { ExchangeWorld } from './exchange-contracts.ts';
import { eventually, waiting } from '../local-daemon.ts';
import { createMemoryObjects } from '../memory/memory-objects.ts';
import { clock } from './postgres-backups.ts';

const SETTINGS = [
  ...['wal_level=logical', 'max_prepared_transactions=10', 'max_logical_replication_workers=4'],
  ...['wal_retrieve_retry_interval=100ms', 'max_connections=60', 'fsync=off'],
];

export interface ExchangeServer {
  address: PostgresAddress;
  folder: string;
  stop: () => Promise<void>;
}

/** Undefined where there is no Postgres. */
export async function startExchangeServer(): Promise<ExchangeServer | undefined> {
  const programs = await versionedFolders('/usr/lib/postgresql');
  const control = await findProgram('pg_ctl', programs).catch(() => undefined);
  if (control === undefined) return undefined;
  const folder = await passableFolder('fairlead-postgres-');
  const stop = () => endServer('Postgres', folder);
  const as = serverIdentity();
  const run = (args: string[]): Promise<string> =>
    runTool({
      ...{ program: control, env: {}, directory: folder, ...(as && { as }) },
      ...{ args: ['--pgdata', join(folder, 'pg'), '--wait', ...args], signal: waiting().signal },
    });
  try {
    const input = { folder, programs, database: 'unused', locale: PLAIN_LOCALE };
    const address = await startServer(input, waiting());
    await run(['--mode', 'fast', 'stop']);
    const options = [`port=${address.port}`, 'listen_addresses=127.0.0.1', ...SETTINGS];
    const given = [...options, "unix_socket_directories=''"].map((one) => `-c ${one}`).join(' ');
    await run(['--log', join(folder, 'log'), '--timeout', '200', '--options', given, 'start']);
    return { address, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface PostgresExchangeWorld extends ExchangeWorld {
  server: ExchangeServer;
  /** The name of the application's database. */
  database: string;
  /** As a superuser, in a database; in the maintenance one unless told. */
  ask: (text: string, database?: string) => Promise<Record<string, unknown>[]>;
  /** As the application. */
  application: PostgresAddress;
  heartbeats: HeartbeatPort;
  named: NamedFilesPort;
  /** Makes a place for a copy of so many bytes. */
  begin: (folder: string, bytes: number) => Promise<void>;
}

/** One server for the tests of a file, each with a database of its own; without Postgres they skip. */
export function oneExchangeServer() {
  let server: ExchangeServer | undefined;
  let count = 0;
  before(async () => {
    server = await startExchangeServer();
  });
  after(() => server?.stop());
  return async (t: TestContext, options = ''): Promise<PostgresExchangeWorld | undefined> => {
    if (server === undefined) {
      t.skip('missing part: Postgres (looked in /usr/lib/postgresql and on PATH)');
      return undefined;
    }
    count += 1;
    return exchangeWorld(t, server, `orders${count}`, options);
  };
}

/** Keys are schemas, so that what is lost is told by their names. `options` of CREATE DATABASE. */
async function exchangeWorld(
  t: TestContext,
  server: ExchangeServer,
  database: string,
  options: string,
): Promise<PostgresExchangeWorld> {
  const { host, port, password } = server.address;
  const ask = (text: string, to = 'postgres') =>
    withClient({ ...server.address, database: to }, waiting().signal, async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(text);
      return rows;
    });
  const user = `app_${database}`;
  await ask(`CREATE ROLE ${user} LOGIN PASSWORD 'app'`);
  await ask(`CREATE DATABASE ${database} OWNER ${user} ${options}`);
  const application = { host, port, database, user, password: 'app' };
  for (const key of ['a', 'b', 'c', 'd'])
    await asApplication(application, (client) =>
      client.query(
        `CREATE SCHEMA ${key}; CREATE TABLE ${key}.kept (key text PRIMARY KEY, text text)`,
      ),
    );
  await quietIn(ask, database);
  const secrets = {
    env: { PGSECRET: password },
    readFile: () => Promise.reject(new Error('none')),
    reader: 'the test',
  };
  const settings = { kind: 'postgres', host, port, database, user: server.address.user } as const;
  const store = datastoreRef('orders', '/', {
    ...settings,
    password: { env: 'PGSECRET' },
    recoveryPoint: { canary: {} },
  });
  const root = await passableFolder('fairlead-pg-exchange-');
  const objects = createMemoryObjects();
  const stores = createStores({ clock, secrets });
  const backups = createBackups({ objects, stores, copies: root, secrets, clock });
  const bindings = createBindings(objects);
  t.after(async () => {
    await dropAll(ask, database);
    await rm(root, { recursive: true, force: true });
  });
  return {
    ...{ server, database, ask, application, store, backups },
    heartbeats: createHeartbeats({ stores, bindings, copies: root }),
    begin: (folder, bytes) =>
      stores.postgres.exchange?.begin(store, folder, bytes) ?? Promise.reject(new Error('none')),
    exchanges: createExchanges({ stores, bindings, copies: root }),
    named: createNamedFiles({ stores, bindings, copies: root, clock }),
    read: (key) =>
      asApplication(application, async (client) => {
        const { rows } = await client.query<{ text: string }>(`SELECT text FROM ${key}.kept`);
        return rows[0]?.text;
      }).catch((error: unknown) => {
        // No such database, or none that takes connections.
        if (/^(3D000|55000)$/.test(textAt(error, 'code') ?? '')) return undefined;
        throw error;
      }),
    write: async (key, text) => {
      await asApplication(application, (client) =>
        client.query(
          `INSERT INTO ${key}.kept VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET text = excluded.text`,
          [key, text],
        ),
      );
      await quietIn(ask, database);
    },
    meddle: async () => {
      await ask(`ALTER DATABASE ${database} RENAME TO ${database}_of_somebody`);
      await ask(`CREATE DATABASE ${database}`);
    },
    halfAnExchange: async ({ operation, epoch, sequence }) => {
      // Of a worker that was killed after its claim; the kills at each later statement are a test of their own.
      await ask(`CREATE SCHEMA IF NOT EXISTS fairlead`);
      await ask(`CREATE TABLE IF NOT EXISTS fairlead.exchanges (database text PRIMARY KEY, owner text NOT NULL, operation text NOT NULL,
        epoch bigint NOT NULL, sequence bigint NOT NULL, fenced oid, flushed jsonb)`);
      await ask(
        `INSERT INTO fairlead.exchanges VALUES ('${database}', 'shop/orders', '${operation}', ${epoch}, ${sequence})`,
      );
    },
  };
}

/** A connection of its own, which is gone when this resolves. Errors are the driver's. */
export async function asApplication<T>(
  address: PostgresAddress,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { Client } = await import('pg');
  const client = new Client(address).on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

type Ask = (text: string) => Promise<Record<string, unknown>[]>;

/** A session is there for a moment after its connection was closed. */
async function quietIn(ask: Ask, database: string): Promise<void> {
  await eventually(`nobody to be in ${database}`, async () => {
    const there = await ask(
      `SELECT 1 FROM pg_stat_activity WHERE datname = '${database}' AND backend_type = 'client backend'`,
    );
    return there.length === 0;
  });
}

/** With what a database is not dropped with. */
async function dropAll(ask: Ask, database: string): Promise<void> {
  const own = `datname ~ '^${database}(_|$)'`;
  await ask(`DELETE FROM pg_subscription s USING pg_database d WHERE d.oid = s.subdbid AND ${own}`);
  await ask(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE ${own.replace('datname', 'database')}`,
  );
  const rows = await ask(
    `SELECT format('DROP DATABASE %I WITH (FORCE)', datname) AS text FROM pg_database WHERE ${own}`,
  );
  for (const { text } of rows) await ask(String(text));
}
