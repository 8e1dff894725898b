// Dumps that are in no catalogue: real ones of Postgres and Redis and a folder of files, whole and spoiled.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { DatastoreRef } from '../../src/ports/backups.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createHeartbeats } from '../../src/datastores/heartbeats.ts';
import { createCopies } from '../../src/datastores/copies.ts';
import { createNamedFiles } from '../../src/datastores/named-files.ts';
import { toolEnvironment } from '../../src/datastores/postgres/connection.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { findProgram, runTool, versionedFolders } from '../../src/datastores/tool.ts';
import { HEARTBEAT_FILE } from '../../src/domain/backup/heartbeat.ts';
import { Failure, type FailureKind } from '../../src/domain/failure.ts';
import { datastoreRef, passableFolder } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { startPostgres, type TestPostgres } from '../support/datastores/postgres.ts';
import { startTestRedis } from '../support/datastores/redis.ts';
import { copyAddress, copyFolder } from '../support/datastores/copies.ts';
import { createBindings } from '../../src/datastores/bindings.ts';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};
const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };
const reached = { kind: 'postgres', database: 'shop', user: 'u' } as const;

let root = '';
let postgres: TestPostgres | undefined;
before(async () => {
  root = await passableFolder('fairlead-named-');
  postgres = await startPostgres();
  if (postgres === undefined) return;
  await dump(postgres, 'orders.dump', ['--format=custom']);
  await dump(postgres, 'plain.sql', []);
  await dump(postgres, 'orders.tar', ['--format=tar']);
  await dump(postgres, 'schema.dump', ['--format=custom', '--schema-only']);
});
after(async () => {
  await postgres?.stop();
  await rm(root, { recursive: true, force: true });
});

async function dump({ address }: TestPostgres, name: string, args: string[]): Promise<void> {
  const program = await findProgram('pg_dump', await versionedFolders('/usr/lib/postgresql'));
  await runTool({
    program,
    args: [...args, '--no-password', `--file=${join(root, name)}`],
    env: toolEnvironment(address),
    directory: '/',
    signal: waiting().signal,
  });
}

function world(t: TestContext, programs: readonly string[] = []) {
  const stores = createStores({ clock, secrets, programs });
  const copies = join(root, 'copies');
  const objects = createMemoryObjects();
  t.after(() => createCopies(copies).discard('copy', waiting()));
  return {
    copies,
    stores,
    named: createNamedFiles({ stores, bindings: createBindings(objects), copies, clock }),
    backups: createBackups({ objects, stores, copies, secrets, clock }),
    heartbeats: createHeartbeats({ stores, bindings: createBindings(objects), copies }),
  };
}

const orders = (): DatastoreRef => datastoreRef('orders', root, reached);
const target = (store: DatastoreRef) => ({ copy: 'copy', store });

describe('a named dump of Postgres', () => {
  const check = (title: string, work: (t: TestContext) => Promise<void>): void => {
    test(title, async (t) => {
      if (postgres === undefined) t.skip('missing part: Postgres (npm run parts gets it)');
      else await work(t);
    });
  };

  check('is read to its end, loaded, and asked, by either kind of path', async (t) => {
    const { named, backups } = world(t);
    for (const file of ['orders.dump', join(root, 'orders.dump')]) {
      const { verdict, reason } = await named.examine({ store: orders(), file }, waiting());
      assert.equal(verdict, 'pass', reason);
      assert.match(reason, /kB with the SHA-256 [0-9a-f]{64}; 5 tables of data from Postgres \d+/);
    }
    const input = { file: 'orders.dump', target: target(orders()) };
    const { sha256 } = await named.restore(input, waiting());
    assert.match(sha256 ?? '', /^[0-9a-f]{64}$/);
    const asked = { target: target(orders()), query: 'SELECT count(*) FROM orders' };
    assert.equal(await backups.ask(asked, waiting()), '3000');
    const [copy] = await backups.copies();
    assert.deepEqual([copy?.backup, copy?.state], ['file:orders.dump', 'ready']);
    assert.deepEqual(await named.restore(input, waiting()), { sha256: null });
  });

  check('that is cut anywhere is found out, and loads nothing', async (t) => {
    const { named, backups } = world(t);
    const whole = await readFile(join(root, 'orders.dump'));
    for (const [part, size] of [
      ['head', 20],
      ['list', 2000],
      ['data', Math.floor(whole.length * 0.6)],
      ['end', whole.length - 1],
    ] as const) {
      const file = `cut-${part}.dump`;
      await writeFile(join(root, file), whole);
      await truncate(join(root, file), size);
      const found = await named.examine({ store: orders(), file }, waiting()).then(
        ({ verdict }) => verdict,
        (error: unknown) => (error instanceof Failure ? error.kind : String(error)),
      );
      assert.ok(found === 'fail' || found === 'CheckFailed', `${part}: ${found}`);
      const input = { file, target: target(orders()) };
      await fails('CheckFailed', named.restore(input, waiting()));
      await backups.discard('copy', waiting());
    }
  });

  const SPOILED: [title: string, file: string, kind: FailureKind, said: RegExp][] = [
    ['in plain text', 'plain.sql', 'Unsupported', /is a dump in plain text; dump with --format=cu/],
    ['in a tar archive', 'orders.tar', 'Unsupported', /is a tar archive/],
    ['without data', 'schema.dump', 'CheckFailed', /lists no table of data/],
    ['that is not there', 'gone.dump', 'NotFound', /there is no .*gone\.dump on the worker's mach/],
    ['that is empty', 'empty.dump', 'CheckFailed', /is empty: whatever made it wrote nothing/],
    ['that is compressed', 'orders.gz', 'Unsupported', /is compressed by gzip; unpack it first/],
    ['that is something else', 'secret.txt', 'CheckFailed', /does not begin as a dump of Postgres/],
    ['that is a folder', '.', 'Unsupported', /is a folder, and a dump of Postgres.* is one file/],
  ];
  for (const [title, file, kind, said] of SPOILED) {
    check(`${title} gets a sentence, and nothing of it is shown`, async (t) => {
      await writeFile(join(root, 'empty.dump'), '');
      await writeFile(join(root, 'orders.gz'), gzipSync('PGDMP'));
      await writeFile(join(root, 'secret.txt'), 'hush-hush');
      const failure = await fails(
        kind,
        world(t).named.examine({ store: orders(), file }, waiting()),
      );
      assert.match(failure.message, said);
      assert.ok(!failure.message.includes('hush'));
    });
  }

  check('that the worker may not read says nothing of the dump', async (t) => {
    if (process.getuid?.() === 0) {
      t.skip('root reads everything');
      return;
    }
    await writeFile(join(root, 'locked.dump'), 'PGDMP');
    await chmod(join(root, 'locked.dump'), 0o000);
    const input = { store: orders(), file: 'locked.dump' };
    const failure = await fails('Refused', world(t).named.examine(input, waiting()));
    assert.match(failure.message, /may not be read by the worker \(EACCES\)/);
  });

  check('brings its canary records along', async (t) => {
    if (postgres === undefined) return;
    const { named, heartbeats } = world(t);
    await postgres.query(`CREATE TABLE public.fairlead_canary (slot integer PRIMARY KEY, timeline uuid NOT NULL, number bigint NOT NULL, at timestamptz NOT NULL, skew_ms integer NOT NULL);
      INSERT INTO public.fairlead_canary VALUES (3, '8f6f7d2a-3b1c-4c7e-9a55-0d9f6c1b2a34', 3, '2026-11-22 01:02:03+00', -4)`);
    await dump(postgres, 'birds.dump', ['--format=custom']);
    await named.restore({ file: 'birds.dump', target: target(orders()) }, waiting());
    assert.deepEqual(await heartbeats.newest(target(orders()), waiting()), {
      timeline: '8f6f7d2a-3b1c-4c7e-9a55-0d9f6c1b2a34',
      number: 3,
      at: '2026-11-22T01:02:03.000Z',
      skewMs: -4,
    });
  });
});

test('a named folder of files is read, loaded with its canary records, and dated by its newest file', async (t) => {
  const { copies, stores, named, heartbeats } = world(t);
  const folder = join(root, 'exported');
  await mkdir(join(folder, 'more'), { recursive: true });
  await writeFile(join(folder, 'loans.csv'), 'id\n1\n');
  await writeFile(join(folder, 'more', 'notes.txt'), 'text');
  const recoveryPoint = { canary: {} };
  const live = datastoreRef('loans', root, { kind: 'files', directory: 'exported', recoveryPoint });
  const record = await heartbeats.write(live, waiting());
  const old = new Date('2026-01-01T00:00:00Z');
  await utimes(join(folder, 'loans.csv'), old, old);
  await utimes(join(folder, HEARTBEAT_FILE), old, old);
  const newest = new Date('2026-02-02T00:00:00Z');
  await utimes(join(folder, 'more', 'notes.txt'), newest, newest);
  const store = datastoreRef('loans', root, { kind: 'files', directory: 'data' });
  const examined = await named.examine({ store, file: 'exported' }, waiting());
  assert.equal(examined.verdict, 'pass');
  assert.match(examined.reason, /SHA-256 [0-9a-f]{64}; 2 files, read to its end/);
  await named.restore({ file: 'exported', target: target(store) }, waiting());
  const copied = await copyFolder(copies, stores, target(store));
  assert.equal(await readFile(join(copied, 'more', 'notes.txt'), 'utf8'), 'text');
  assert.deepEqual(await heartbeats.newest(target(store), waiting()), record);
  assert.equal(await named.writtenAt({ store, file: 'exported' }, waiting()), newest.getTime());
});

test('a named dump is dated by its file, and no tool reads it for that', async (t) => {
  const { named } = world(t, ['/nowhere']);
  const written = new Date('2026-03-03T00:00:00Z');
  await writeFile(join(root, 'dated.dump'), 'PGDMP and no more');
  await utimes(join(root, 'dated.dump'), written, written);
  const store = datastoreRef('orders', root, reached);
  assert.equal(await named.writtenAt({ store, file: 'dated.dump' }, waiting()), written.getTime());
  await fails('NotFound', named.writtenAt({ store, file: 'gone.dump' }, waiting()));
});

test('a named folder that is empty, or none, is told apart', async (t) => {
  const { named } = world(t);
  await mkdir(join(root, 'void'), { recursive: true });
  await writeFile(join(root, 'backup.tar'), 'x');
  const store = datastoreRef('loans', root, { kind: 'files', directory: 'data' });
  for (const [file, kind, said] of [
    ['void', 'CheckFailed', /holds no file/],
    ['backup.tar', 'Unsupported', /is a file, and a datastore of kind files is a folder; unpack/],
    ['missing', 'NotFound', /there is no/],
  ] as const) {
    const failure = await fails(kind, named.examine({ store, file }, waiting()));
    assert.match(failure.message, said);
  }
});

test('a named dump of Redis is read and loaded, and one that is cut is not', async (t) => {
  const server = await startTestRedis();
  if (server === undefined) {
    t.skip('missing part: redis-server (npm run parts gets it)');
    return;
  }
  t.after(server.stop);
  const { named, copies, stores } = world(t, [server.programs]);
  await server.ask('--rdb', join(root, 'dump.rdb'));
  const store = datastoreRef('sessions', root, { kind: 'redis' });
  const examined = await named.examine({ store, file: 'dump.rdb' }, waiting());
  assert.equal(examined.verdict, 'pass', examined.reason);
  await named.restore({ file: 'dump.rdb', target: target(store) }, waiting());
  const address = await copyAddress(copies, stores, target(store));
  assert.equal(address.of, 'redis');
  const whole = await readFile(join(root, 'dump.rdb'));
  await writeFile(join(root, 'cut.rdb'), whole.subarray(0, whole.length - 60));
  const cut = await named.examine({ store, file: 'cut.rdb' }, waiting());
  assert.equal(cut.verdict, 'fail');
  assert.match(cut.reason, /it is cut/);
});
