// A real Postgres for as long as a test file runs, filled with what is easily lost: several schemas, odd names, indexes,
// constraints, sequences, large objects, types whose text depends on settings.
import { withClient, type PostgresAddress } from '../../../src/datastores/postgres/connection.ts';
import { PLAIN_LOCALE, startServer } from '../../../src/datastores/postgres/scratch-cluster.ts';
import { findProgram, versionedFolders } from '../../../src/datastores/tool.ts';
import { endServer, passableFolder } from './datastores.ts';
import { waiting } from '../local-daemon.ts';

export interface TestPostgres {
  address: PostgresAddress;
  query: (text: string) => Promise<unknown[]>;
  stop: () => Promise<void>;
}

const FILLING = `
  CREATE SCHEMA "Odd ""Schema""";
  CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL, since timestamptz, share float8, CHECK (id < 100000));
  CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customers, total numeric(12,2), paid interval, raw bytea, tags text[]);
  CREATE TABLE "Odd ""Schema"""."t.able" (fairlead text, t text, "select" jsonb, UNIQUE (t));
  CREATE TABLE empty (a int);
  CREATE INDEX orders_by_customer ON orders (customer, total DESC) WHERE total > 0;
  CREATE SEQUENCE never_used;
  CREATE SEQUENCE downwards INCREMENT -1;
  SELECT nextval('downwards'), nextval('downwards');
  CREATE TABLE parted (at date, n int) PARTITION BY RANGE (at);
  CREATE TABLE parted_old PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
  INSERT INTO parted SELECT '2020-02-03', n FROM generate_series(1, 20) n;
  INSERT INTO customers (name, since, share) SELECT 'Customer ' || n, '2020-01-01'::timestamptz + n * interval '1 hour', n / 7.0 FROM generate_series(1, 500) n;
  INSERT INTO orders (customer, total, paid, raw, tags) SELECT 1 + n % 500, n * 1.5, n * interval '1 minute', decode(md5(n::text), 'hex'), ARRAY['a', NULL, '"' || n] FROM generate_series(1, 3000) n;
  INSERT INTO "Odd ""Schema"""."t.able" SELECT 'same', n::text, jsonb_build_object('n', n) FROM generate_series(1, 50) n;
  SELECT lo_from_bytea(0, 'large'::bytea);
  CREATE VIEW richest AS SELECT customer, sum(total) FROM orders GROUP BY 1;
`;

/** Undefined where there is no Postgres. */
export async function startPostgres(): Promise<TestPostgres | undefined> {
  const programs = await versionedFolders('/usr/lib/postgresql');
  const there = await findProgram('initdb', programs).catch(() => undefined);
  if (there === undefined) return undefined;
  const folder = await passableFolder('fairlead-postgres-');
  const stop = () => endServer('Postgres', folder);
  try {
    const input = { folder, programs, database: 'shop', locale: PLAIN_LOCALE };
    const address = await startServer(input, waiting());
    const query = (text: string) =>
      withClient(address, waiting().signal, async (client) => {
        const { rows } = await client.query<Record<string, unknown>>(text);
        return rows;
      });
    await query(FILLING);
    return { address, query, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
