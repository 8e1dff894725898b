// Backups, proofs and drills of a system with a real Postgres and a real Redis, from the workflow down to the servers of
// the copies: the worker's own ports, a local host with a service that is live, isolated targets.
// The tests build on each other, in the order in which they stand here.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { BackupsPort } from '../../src/ports/backups.ts';
import { workerSettings } from '../../src/config/environment.ts';
import type { SweepReport } from '../../src/domain/recovery/sweep.ts';
import { freePorts } from '../support/free-ports.ts';
import { endAllIn } from '../../src/machine/end-all-in.ts';
import { processesIn } from '../../src/machine/processes-in.ts';
import { whyUnable } from '../../src/platforms/local/isolation/namespaces.ts';
import { realPorts } from '../../src/worker-assembly.ts';
import { passableFolder } from '../support/datastores/datastores.ts';
import { FaultPlace } from '../support/faults/fault-place.ts';
import { textOf } from '../support/history-text.ts';
import {
  endOf,
  freshName,
  reportOf,
  startTestWorker,
  type TestWorker,
} from '../support/operations.ts';
import { startPostgres, type TestPostgres } from '../support/datastores/postgres.ts';
import { writeRealStores } from '../support/datastores/real-stores.ts';
import { startTestRedis, type TestRedis } from '../support/datastores/redis.ts';
import { signal } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const system = freshName('real');
let missing: string | undefined;
let copies = '';
let place: FaultPlace;
let postgres: TestPostgres;
let redis: TestRedis;
let cache: TestRedis;
let worker: TestWorker;
let holdNext: () => Promise<void>;
/** Of copies that were handed over. */
const passwords = new Set<string>();
const opened: (() => Promise<void>)[] = [];

before(async () => {
  missing = await open();
});
after(async () => {
  for (const close of opened.reverse()) await close();
});

/** Why it cannot be opened. */
async function open(): Promise<string | undefined> {
  const unable = await whyUnable();
  if (unable !== undefined) return `missing part: namespaces (${unable})`;
  const { address } = await testServer();
  const orders = await startPostgres();
  if (orders === undefined) return 'missing part: Postgres (looked in /usr/lib/postgresql)';
  postgres = orders;
  opened.push(orders.stop);
  const sessions = await startTestRedis();
  if (sessions === undefined) return 'missing part: redis-server (npm run parts gets it)';
  redis = sessions;
  opened.push(sessions.stop);
  cache = (await startTestRedis()) ?? assert.fail('a second Redis');
  opened.push(cache.stop);
  process.env['REAL_ORDERS'] = postgres.address.password;
  const { user, password = '', host, port, database } = postgres.address;
  process.env['REAL_URL'] = `postgres://${user}:${password}@${host}:${port}/${database}`;
  process.env['REAL_SESSIONS'] = redis.address.password;
  process.env['REAL_CACHE'] = cache.address.password;
  process.env['PATH'] = `${redis.programs}:${process.env['PATH'] ?? ''}`;
  copies = await passableFolder('fairlead-real-copies-');
  opened.push(async () => {
    await endAllIn(copies, new AbortController().signal);
    await rm(copies, { recursive: true, force: true });
  });
  place = await FaultPlace.open({ address });
  opened.push(() => place.close());
  const [at = 0] = await freePorts(1);
  const stores = { system, port: at, postgres, redis, cache };
  await writeRealStores(join(place.systems, system), stores);
  const ports = realPorts(
    workerSettings({
      FAIRLEAD_DATA: place.data,
      FAIRLEAD_SYSTEMS: place.systems,
      FAIRLEAD_COPIES: copies,
    }),
  );
  const held = holding(ports.backups);
  ({ holdNext } = held);
  worker = await startTestWorker(address, { ...ports, backups: held.backups });
  opened.push(worker.stop);
  await succeeds('canaryDeploy', { system, service: 'api', version: 'v1' });
  return undefined;
}

function check(title: string, work: () => Promise<void>): void {
  test(title, async (t) => {
    if (missing === undefined) await work();
    else t.skip(missing);
  });
}

/** Restores, and then waits for its end by a cancel when it is told to. */
function holding(backups: BackupsPort): { backups: BackupsPort; holdNext: () => Promise<void> } {
  let next: (() => void) | undefined;
  return {
    backups: {
      ...backups,
      handOver: async (target, waiting) => {
        const address = await backups.handOver(target, waiting);
        if (address.kind === 'address')
          passwords.add(await readFile(address.login.passwordFile, 'utf8'));
        return address;
      },
      restore: async (input, waiting) => {
        await backups.restore(input, waiting);
        const reached = next;
        next = undefined;
        if (reached === undefined) return;
        reached();
        await once(waiting.signal, 'abort');
        waiting.signal.throwIfAborted();
      },
    },
    holdNext: () => {
      const { given, give } = signal();
      next = give;
      return given;
    },
  };
}

async function succeeds(type: string, input: object): Promise<WorkflowHandle> {
  const handle = await worker.start(type, { ...input, requestedBy: 'ana' });
  const { outcome, message } = await endOf(handle);
  assert.equal(outcome, 'succeeded', message);
  return handle;
}

async function everythingIn(folder: string): Promise<string> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

async function targets(): Promise<string[]> {
  return readdir(join(place.data, 'isolated')).catch(() => []);
}

async function nothingLeft(): Promise<void> {
  assert.deepEqual([await readdir(copies), await targets()], [[], []]);
  assert.deepEqual(processesIn(copies), []);
}

check('a backup takes both, and says how far apart they lie', async () => {
  const report = await reportOf(await succeeds('backup', { system }));
  const taken = report.backups ?? [];
  assert.deepEqual(
    taken.map(({ id }) => id.split('/')[1]),
    ['orders', 'sessions'],
  );
  assert.ok(taken.every(({ rows }) => rows > 600));
  await nothingLeft();
});

for (const datastore of ['orders', 'sessions']) {
  check(`the newest backup of ${datastore} is proved, and marked`, async () => {
    const report = await reportOf(await succeeds('verifyBackup', { system, datastore }));
    assert.equal(report.verdict, 'pass');
    assert.ok(report.steps.every(({ status }) => status === 'done'));
    await nothingLeft();
  });
}

check('a drill restores both, flushes and warms the others, and touches nothing live', async () => {
  const customers = await postgres.query('SELECT count(*) FROM customers');
  const handle = await succeeds('disasterRecovery', { system });
  const report = await reportOf(handle);
  assert.equal(report.verdict, 'pass');
  const found = (name: string) => report.verdicts.find((one) => one.name === name)?.verdict;
  for (const name of [
    'fence orders',
    'fence sessions',
    'fence api',
    'fence cache',
    'fence thumbs',
    'golden stores',
    'clean-up',
  ]) {
    assert.equal(found(name), 'pass', name);
  }
  const warm = report.verdicts.find(({ name }) => name === 'warm cache');
  assert.equal(warm?.got, '1 of 1 answered with 2xx; 0 keys before, 1 key after');
  assert.deepEqual(await readdir(join(place.systems, system, 'thumbs')), ['live.jpg']);
  assert.equal(await cache.ask('EXISTS', 'product'), '0');
  assert.equal(found('production orders'), 'pass');
  assert.equal(found('production sessions'), 'pass');
  assert.deepEqual(await postgres.query('SELECT count(*) FROM customers'), customers);
  assert.equal(await redis.ask('EXISTS', 'visits'), '0');
  assert.equal(passwords.size, 3);
  const texts = {
    report: JSON.stringify(report),
    history: textOf(await handle.fetchHistory()),
    kept: await everythingIn(place.data),
  };
  for (const [where, text] of Object.entries(texts)) {
    assert.ok(text.includes('{{copy.orders.password}}'), where);
    for (const secret of [postgres.address.password, redis.address.password, ...passwords]) {
      assert.ok(secret !== undefined && !text.includes(secret), `a secret in the ${where}`);
    }
  }
  await nothingLeft();
});

check(
  'a drill that is terminated in the middle of a restore leaves nothing once the janitor ran',
  async () => {
    const restored = holdNext();
    const handle = await worker.start('disasterRecovery', { system });
    await restored;
    assert.equal((await readdir(copies)).length, 1);
    assert.equal((await targets()).length, 1);
    assert.ok(processesIn(copies).length > 0, 'the server of the copy runs');
    await handle.terminate('by hand');
    const janitor = await worker.start('janitor', {});
    const { removed, failed } = (await janitor.result()) as SweepReport;
    assert.deepEqual([removed.length, failed], [2, []]);
    await nothingLeft();
    assert.deepEqual(await postgres.query('SELECT 1 AS up'), [{ up: 1 }]);
  },
);

check('a drill of a dump that was cut fails before anything is started on it', async () => {
  const objects = join(place.data, 'objects', system, 'orders');
  const files = await readdir(objects, { recursive: true });
  const dump = join(objects, files.find((name) => name.endsWith('/dump')) ?? assert.fail());
  await truncate(dump, (await readFile(dump)).length - 100);
  const { outcome, message } = await endOf(await worker.start('disasterRecovery', { system }));
  assert.equal(outcome, 'failed');
  assert.match(message, /^orders: artefact: /);
  await nothingLeft();
});
