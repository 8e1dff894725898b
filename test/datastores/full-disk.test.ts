// Disks that are full: of the object store while a backup is taken (Unavailable), of the copies while one is restored
// (Refused, which is not tried again). It is never the backup's fault: a proof takes both for inconclusive, and nothing
// half-done is left.
import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatastoreRef } from '../../src/ports/backups.ts';
import type { ObjectsPort } from '../../src/ports/objects.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { createObjectsFolder } from '../../src/integrations/objects-folder.ts';
import { processesIn } from '../../src/machine/processes-in.ts';
import { datastoreRef, passableFolder } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { startPostgres } from '../support/datastores/postgres.ts';
import { startTestRedis } from '../support/datastores/redis.ts';
import { withSmallDisk } from '../support/datastores/small-disk.ts';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};
const MANY_ROWS = `id\n${'0123456789\n'.repeat(300_000)}`;

/** Backups with copies in this folder. */
function backupsIn(
  copies: string,
  { objects, password, programs = [] }: { objects: ObjectsPort } & Partial<Server>,
) {
  const env = password === undefined ? {} : { SECRET: password };
  const secrets = { env, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };
  const stores = createStores({ clock, secrets, programs });
  return createBackups({ objects, stores, copies, secrets, clock });
}

interface Server {
  password: string | undefined;
  programs: readonly string[];
}

const inputOf = (store: DatastoreRef, at = 1_700_000_000_000) => ({
  store,
  id: backupId(store.system, store.datastore, at),
  systemDigest: 'd'.repeat(64),
});

async function folderOf(t: TestContext, text: string): Promise<string> {
  const folder = await passableFolder('fairlead-full-');
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'rows.csv'), text);
  return folder;
}

/** Backs up, restores onto a disk of this size, which has no room for it, and then where there is some. */
async function restoresOnlyWithRoom(
  t: TestContext,
  size: string,
  store: DatastoreRef,
  server: Partial<Server> = {},
): Promise<void> {
  const objects = createMemoryObjects();
  const roomy = await folderOf(t, '');
  const elsewhere = backupsIn(join(roomy, 'copies'), { objects, ...server });
  const { id } = await elsewhere.backup(inputOf(store), waiting());
  const target = { copy: 'copy', store };
  await withSmallDisk(t, size, async (disk) => {
    const backups = backupsIn(disk, { objects, ...server });
    const failure = await fails(
      'Refused',
      backups.restore({ id, target, into: 'scratch' }, waiting()),
    );
    assert.match(failure.message, /there is no room where copies go .*make room/);
    await fails('NotReady', backups.fingerprint(target, waiting()));
    await backups.discard('copy', waiting());
    assert.deepEqual([await readdir(disk), processesIn(disk)], [[], []]);
  });
  await elsewhere.restore({ id, target, into: 'scratch' }, waiting());
  await elsewhere.discard('copy', waiting());
}

test('an object store whose disk is full takes no backup, says so, and takes one when there is room', async (t) => {
  const source = await folderOf(t, MANY_ROWS);
  const store = datastoreRef('rows', source, { kind: 'files', directory: '.' });
  await withSmallDisk(t, '1m', async (disk) => {
    const backups = backupsIn(join(source, 'copies'), { objects: createObjectsFolder(disk) });
    const failure = await fails('Unavailable', backups.backup(inputOf(store), waiting()));
    assert.match(failure.message, /ENOSPC.*has space/);
    assert.deepEqual(await backups.list(store, waiting()), []);
    assert.deepEqual(await readdir(join(disk, '.incoming')), []);
    await writeFile(join(source, 'rows.csv'), 'id\n1\n');
    const { contents } = await backups.backup(inputOf(store), waiting());
    assert.equal(contents.parts[0]?.rows, 1);
  });
});

test('files are not restored onto a full disk', async (t) => {
  const source = await folderOf(t, MANY_ROWS);
  const store = datastoreRef('rows', source, { kind: 'files', directory: '.' });
  await restoresOnlyWithRoom(t, '1m', store);
});

// A new cluster does not fit at all; or it does, and not what is loaded into it. Both are seen before anything is loaded.
for (const size of ['20m', '80m']) {
  test(`a Postgres is not restored onto a disk of ${size}, and its dump is not blamed`, async (t) => {
    const postgres = await startPostgres();
    if (postgres === undefined) {
      t.skip('missing part: Postgres (looked in /usr/lib/postgresql and on PATH)');
      return;
    }
    t.after(postgres.stop);
    await postgres.query(
      'CREATE TABLE wide AS SELECT n, repeat(md5(n::text), 30) AS text FROM generate_series(1, 60000) n',
    );
    const { host, port, database, user, password } = postgres.address;
    const settings = { kind: 'postgres' as const, host, port, database, user };
    const store = datastoreRef('orders', '/', { ...settings, password: { env: 'SECRET' } });
    await restoresOnlyWithRoom(t, size, store, { password });
    // Nobody knows beforehand what an empty one takes: the disk runs full under it.
    await withSmallDisk(t, '20m', async (disk) => {
      const backups = backupsIn(disk, { objects: createMemoryObjects(), password });
      const target = { copy: 'empty', store };
      const failure = await fails('Refused', backups.empty(target, waiting()));
      assert.match(failure.message, /there is no room where copies go .*make room/);
    });
  });
}

test('a Redis is neither backed up nor restored where its dump has no room', async (t) => {
  const server = await startTestRedis();
  if (server === undefined) {
    t.skip('missing part: redis-server (looked on PATH and in the cache; npm run parts gets it)');
    return;
  }
  t.after(server.stop);
  const { host, port, password } = server.address;
  const settings = { kind: 'redis' as const, host, port, password: { env: 'SECRET' } };
  const store = datastoreRef('sessions', '/', settings);
  const own = { password, programs: [server.programs] };
  await restoresOnlyWithRoom(t, '24k', store, own);
  // Larger than the disk, which is not small once it is empty again.
  await server.ask('CONFIG', 'SET', 'rdbcompression', 'no');
  await server.ask('SETRANGE', 'large', '40000000', 'x');
  const roomy = await folderOf(t, '');
  await withSmallDisk(t, '32m', async (disk) => {
    const objects = createObjectsFolder(join(roomy, 'objects'));
    const backups = backupsIn(disk, { objects, ...own });
    const failure = await fails('Refused', backups.backup(inputOf(store), waiting()));
    assert.match(failure.message, /there is no room where copies go .*make room/);
    assert.deepEqual(await backups.list(store, waiting()), []);
    assert.deepEqual(await backups.copies(), []);
  });
});
