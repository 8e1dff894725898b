// Timeouts that a database has of its own (ALTER DATABASE ... SET) end no backup: they are lifted before the first query,
// also where a pooler takes no options at the beginning of a connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { withClient, type PostgresAddress } from '../../src/datastores/postgres/connection.ts';
import { inSnapshot } from '../../src/datastores/postgres/snapshot.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { clock, onePostgres } from '../support/datastores/postgres-backups.ts';
import { databaseWith, verified } from '../support/datastores/postgres-verify.ts';

const world = onePostgres();
type World = NonNullable<Awaited<ReturnType<typeof world>>>;

async function impatient(t: TestContext, it: World, after: string): Promise<string> {
  const database = await databaseWith(t, it, [
    'CREATE TABLE t AS SELECT generate_series(1, 5) AS a',
  ]);
  for (const name of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
    await it.postgres.query(`ALTER DATABASE ${database} SET ${name} = '${after}'`);
  return database;
}

const asking = (address: PostgresAddress, text: string) =>
  withClient(
    address,
    waiting().signal,
    async (client) => (await client.query<Record<string, unknown>>(text)).rows,
  );

const SETTINGS = `SELECT name, setting, source FROM pg_settings
  WHERE name ~ '^(statement|lock|idle_in_transaction_session|idle_session|transaction)_timeout$' AND setting <> '0'
    OR name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') ORDER BY 1`;

test('timeouts of a database are lifted from the first query on', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const database = await impatient(t, it, '1ms');
  await it.postgres.query(`ALTER DATABASE ${database} SET idle_session_timeout = '1h'`);
  const source = 'client';
  assert.deepEqual(await asking({ ...it.postgres.address, database }, SETTINGS), [
    { name: 'idle_in_transaction_session_timeout', setting: '0', source },
    { name: 'lock_timeout', setting: '300000', source },
    { name: 'statement_timeout', setting: '0', source },
  ]);
  const { rungs } = await verified(it, database);
  assert.deepEqual(
    rungs.map(({ rung, verdict, reason }) => (verdict === 'pass' ? rung : reason)),
    ['artefact', 'loads', 'complete', 'correct'],
  );
});

test('pg_dump is given the options that its session needs, from its first query on', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const optionsOf = (address: PostgresAddress) =>
    inSnapshot(address, clock, waiting(), (_, { options }) =>
      Promise.resolve(options['PGOPTIONS'] ?? ''),
    );
  const { address } = it.postgres;
  const lifted = '-c idle_in_transaction_session_timeout=0 -c statement_timeout=0';
  assert.equal(await optionsOf(address), lifted);
  const pooled = { ...address, port: await pooler(t, address) };
  assert.equal(await optionsOf(pooled), '');
  const database = await impatient(t, it, '1h');
  assert.equal(await optionsOf({ ...pooled, database }), lifted);
});

test('a pooler that takes no options is asked without, and timeouts are lifted then', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const port = await pooler(t, it.postgres.address);
  const database = await impatient(t, it, '1h');
  const source = 'session';
  assert.deepEqual(await asking({ ...it.postgres.address, port, database }, SETTINGS), [
    { name: 'idle_in_transaction_session_timeout', setting: '0', source },
    { name: 'lock_timeout', setting: '300000', source },
    { name: 'statement_timeout', setting: '0', source },
  ]);
  const store = { ...it.store, settings: { ...it.store.settings, port } };
  const { contents } = await it.backups.backup({ ...it.input, store }, waiting());
  assert.ok(contents.parts.some(({ name }) => name === 'public.orders'));
});

test('a statement that was canceled is no sign of a server that is down', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { address } = it.postgres;
  const late = "SET statement_timeout = '1ms'; SELECT pg_sleep(60)";
  const { message } = await fails('Unavailable', asking(address, late));
  assert.match(message, /due to statement timeout\. The server is up: somebody canceled it/);
  for (const code of ['25P03', '25P04', '57P05']) {
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'so' USING ERRCODE = '${code}'; END $$`;
    const failure = await fails('Unavailable', asking(address, raise));
    assert.match(failure.message, /: so\. The server is up/);
  }
  const gone = await fails('Unavailable', asking({ ...address, port: 1 }, 'SELECT 1'));
  assert.match(gone.message, /Is the server up, and reachable from the worker\?/);
});

/** Answers as PgBouncer does: no TLS, and no options. The port. */
async function pooler(t: TestContext, { host, port }: PostgresAddress): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    sockets.push(client.on('error', () => undefined));
    const begin = (packet: Buffer): void => {
      // A question for TLS or GSSAPI.
      if (packet.length === 8) client.write('N');
      else if (packet.includes('\0options\0')) client.end(refusal());
      else {
        client.off('data', begin);
        const behind = connect(port, host).on('error', () => client.destroy());
        sockets.push(behind);
        behind.write(packet);
        behind.pipe(client).pipe(behind);
      }
    };
    client.on('data', begin);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

function refusal(): Buffer {
  const fields = ['SFATAL', 'VFATAL', 'C08P01', 'Munsupported startup parameter: options', ''];
  const body = Buffer.from(`${fields.join('\0')}\0`);
  const head = Buffer.from('E....');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
