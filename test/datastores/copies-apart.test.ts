// The servers of copies reach nothing, and who logs in to one as a service does cannot make them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readlinkSync, statSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createFirestoreStore } from '../../src/datastores/firestore/store.ts';
import { emulatorProgram } from '../../src/datastores/firestore/scratch-emulator.ts';
import { createMongoStore } from '../../src/datastores/mongodb/store.ts';
import type { SecretSources } from '../../src/integrations/secret-value.ts';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import {
  adminAddress,
  PLAIN_LOCALE,
  startCluster,
} from '../../src/datastores/postgres/scratch-cluster.ts';
import { askRedis, type RedisAddress } from '../../src/datastores/redis/client.ts';
import { redisAddress, startRedis } from '../../src/datastores/redis/scratch-redis.ts';
import { passwordIn, serverRuns, serversIn } from '../../src/datastores/scratch-server.ts';
import { findProgram, versionedFolders } from '../../src/datastores/tool.ts';
import { whyUnable } from '../../src/platforms/local/isolation/namespaces.ts';
import { looksOf, probeServers } from '../../src/platforms/local/isolation/probe-servers.ts';
import type { TargetMount } from '../../src/ports/isolation.ts';
import { endAllIn } from '../../src/machine/end-all-in.ts';
import { datastoreRef, passableFolder } from '../support/datastores/datastores.ts';
import { mongoPrograms } from '../support/datastores/mongodb.ts';
import { fails } from '../support/fails.ts';
import { startTestRedis } from '../support/datastores/redis.ts';
import { waiting } from '../support/local-daemon.ts';

const unable = await whyUnable();
const postgres = await versionedFolders('/usr/lib/postgresql');
const lacksPostgres = await findProgram('initdb', postgres).then(
  () => false,
  () => 'missing part: Postgres',
);

async function folderOf(t: TestContext): Promise<string> {
  const folder = await passableFolder('fairlead-apart-');
  t.after(async () => {
    await endAllIn(folder, waiting().signal);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A live place on the loopback, and how often somebody came. */
async function livePlace(t: TestContext): Promise<{ port: number; came: () => number }> {
  let came = 0;
  const server = createServer((socket) => {
    came += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { port: address.port, came: () => came };
}

test(
  'a superuser of a copy of a Postgres reaches nothing that is live, and its folder is nobody’s else',
  { skip: lacksPostgres || unable },
  async (t) => {
    const folder = await folderOf(t);
    const input = { folder, programs: postgres, database: 'shop', locale: PLAIN_LOCALE };
    const address = await startCluster(input, waiting());
    const live = await livePlace(t);
    // As code in a dump that found a way to be superuser would: a program that connects.
    const admin = await adminAddress(folder);
    const program = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${live.port}'`;
    await assert.rejects(
      withClient(admin, waiting().signal, (client) =>
        client.query(`COPY (SELECT 1) TO PROGRAM ${client.escapeLiteral(program)}`),
      ),
      /failed/,
    );
    assert.equal(live.came(), 0);
    await withClient(address, waiting().signal, async (client) => {
      for (const attack of [
        `COPY (SELECT 1) TO PROGRAM 'true'`,
        'CREATE EXTENSION dblink',
        'CREATE EXTENSION postgres_fdw',
        `SELECT pg_read_file('postgresql.conf')`,
        'ALTER ROLE fairlead_copy SUPERUSER',
      ]) {
        await assert.rejects(client.query(attack), /permission denied|must be superuser/, attack);
      }
    });
  },
);

test(
  'the servers of two copies are two users, neither of them nobody or root',
  { skip: lacksPostgres || unable || (process.getuid?.() !== 0 && 'only as root') },
  async (t) => {
    const users: number[] = [];
    for (const folder of [await folderOf(t), await folderOf(t)]) {
      const input = { folder, programs: postgres, database: 'shop', locale: PLAIN_LOCALE };
      await startCluster(input, waiting());
      const [server] = serversIn(folder);
      users.push(statSync(`/proc/${server?.pid ?? 0}`).uid);
      assert.equal(statSync(folder).uid, users.at(-1));
      assert.notEqual(
        readlinkSync(`/proc/${server?.pid ?? 0}/ns/net`),
        readlinkSync('/proc/self/ns/net'),
      );
    }
    assert.equal(new Set([...users, 0, 65_534]).size, 4);
  },
);

const SECRETS: SecretSources = {
  env: {},
  readFile: () => Promise.reject(new Error('no file is named')),
  reader: 'this test',
};
const lacksEmulator = await emulatorProgram([]).then(
  () => false,
  () => true,
);
const SERVERS = {
  mongodb: () => {
    const programs = mongoPrograms();
    return programs && createMongoStore({ secrets: SECRETS, clock: Date, programs });
  },
  firestore: () =>
    lacksEmulator ? undefined : createFirestoreStore({ env: {}, clock: Date, programs: [] }),
};

for (const kind of ['mongodb', 'firestore'] as const) {
  const storeOf = SERVERS[kind];
  const skip = storeOf() === undefined ? `missing part: ${kind}` : unable;
  test(
    `the server of a copy of a ${kind} reaches nothing that is live, and is asked for it`,
    { skip },
    async (t) => {
      const folder = await folderOf(t);
      const live = await livePlace(t);
      const store = storeOf();
      assert.ok(store);
      const settings = { kind, project: 'shop', database: 'orders', host: '127.0.0.1', port: 1 };
      await store.empty(datastoreRef('orders', '/', settings), folder, waiting());
      const copy = await store.address(folder, waiting());
      assert.ok(copy.kind === 'address' && copy.server !== undefined);
      assert.notEqual(networkOf(copy.server), networkOf('self'));
      const place = { datastore: 'orders', kind: 'address', host: '127.0.0.1' } as const;
      const mounts: TargetMount[] = [{ place: { ...place, port: live.port }, copy }];
      assert.match(await probeServers(mounts, waiting()), /of orders no live place is reached/);
      assert.equal(live.came(), 0);
      // What runs there may do nothing to its network, which would let it out again.
      const status = await readFile(`/proc/${copy.server}/status`, 'utf8');
      const rights = /^CapEff:\s*(\w+)$/m.exec(status)?.[1];
      const isRoots = statSync(`/proc/${copy.server}`).uid === 0;
      if (!isRoots) assert.equal(rights, '0000000000000000');
      if (process.getuid?.() === 0 && !isRoots) {
        // It, and nobody else, reads what the copy holds.
        assert.equal(statSync(folder).uid, statSync(`/proc/${copy.server}`).uid);
        assert.throws(() => execFileSync('ls', [folder], { uid: 65_534, gid: 65_534 }));
      }
      assert.deepEqual((await store.fingerprintCopy(folder, waiting())).contents.parts, []);
    },
  );
}

function networkOf(pid: number | 'self'): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

test('a server of a copy from which a live place is reached has nothing mounted', async (t) => {
  const { port } = await livePlace(t);
  const mount = (server: number): TargetMount => ({
    place: { datastore: 'orders', kind: 'address', host: '127.0.0.1', port },
    copy: {
      ...{ kind: 'address', of: 'postgres', host: '127.0.0.1', port: 1, server },
      login: { fields: {}, passwordFile: '' },
    },
  });
  if (process.getuid?.() === 0) {
    // This process is on the network of the machine.
    const reached = fails('CheckFailed', probeServers([mount(process.pid)], waiting()));
    assert.match((await reached).message, /copy of orders reaches the live orders/);
  }
  if (lacksPostgres || unable) {
    t.skip(String(lacksPostgres || unable));
    return;
  }
  const folder = await folderOf(t);
  const input = { folder, programs: postgres, database: 'shop', locale: PLAIN_LOCALE };
  await startCluster(input, waiting());
  const seen = await probeServers([mount(serverRuns(folder))], waiting());
  assert.match(seen, /from the servers of the copies of orders no live place is reached/);
});

test('a place that was not looked at is not taken as not reached', () => {
  const place = { kind: 'address' as const, addresses: ['127.0.0.1'], port: 1 };
  const refused = { reach: 'refused' as const, said: 'ECONNREFUSED' };
  assert.deepEqual(looksOf([place], JSON.stringify([refused])), [refused]);
  assert.throws(
    () => looksOf([place, place], JSON.stringify([refused])),
    /looked at 1 of 2 places/,
  );
  assert.throws(() => looksOf([place], '[]'), /looked at 0 of 1 places/);
});

test('who logs in to a copy of a Redis as a service does cannot make it connect, write files or load code', async (t) => {
  const live = await startTestRedis();
  if (live === undefined) {
    t.skip('missing part: redis-server (looked on PATH and in the cache; npm run parts gets it)');
    return;
  }
  t.after(live.stop);
  const folder = await folderOf(t);
  const programs = {
    server: `${live.programs}/redis-server`,
    cli: `${live.programs}/redis-cli`,
  };
  await startRedis(folder, { programs, databases: 16 }, waiting());
  const admin = await redisAddress(folder);
  const as = (address: RedisAddress, ...command: string[]): Promise<string> =>
    askRedis(programs.cli, address, command, waiting());
  const service = { ...admin, user: undefined, password: await passwordIn(folder) };
  await as(admin, 'REPLICAOF', 'NO', 'ONE');
  assert.equal(await as(service, 'SET', 'a', 'b'), 'OK');
  const { port, came } = await livePlace(t);
  for (const attack of [
    `MIGRATE 127.0.0.1 ${port} a 0 1000`,
    `REPLICAOF 127.0.0.1 ${port}`,
    `SLAVEOF 127.0.0.1 ${port}`,
    'CONFIG SET dir /tmp',
    'DEBUG SLEEP 0',
    'MODULE LOAD /tmp/x.so',
    'ACL SETUSER default allcommands',
    'SHUTDOWN NOSAVE',
    'SAVE',
    `EVAL return(redis.call('MIGRATE','127.0.0.1','${port}','a',0,1000)) 0`,
  ]) {
    await assert.rejects(
      as(service, ...attack.split(' ')),
      /NOPERM|no permissions|can't run|not allowed/,
      attack,
    );
  }
  if (unable === undefined) {
    await assert.rejects(as(admin, 'MIGRATE', '127.0.0.1', String(port), 'a', '0', '1000'));
  }
  assert.equal(came(), 0);
});
