// What attempts at a backup of a dump left is removed, over every object store there is: never what the backup is made of, also
// where an attempt was stopped and wakes up.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { ObjectsPort } from '../../src/ports/objects.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { createBackupRemoval } from '../../src/datastores/removal.ts';
import { backupFolder, backupId, parseBackupId } from '../../src/domain/backup/backup-id.ts';
import { Failure } from '../../src/domain/failure.ts';
import { createObjectRemoval, createObjectsFolder } from '../../src/integrations/objects-folder.ts';
import { bytes } from '../support/bytes.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { keysOf, type Objects } from '../support/objects-contract.ts';

const OBJECT_STORES: [string, (t: TestContext) => Promise<Objects>][] = [
  [
    'the folder',
    async (t) => {
      const root = await mkdtemp(join(tmpdir(), 'fairlead-left-'));
      t.after(() => rm(root, { recursive: true, force: true }));
      return { ...createObjectsFolder(root), ...createObjectRemoval(root) };
    },
  ],
  ['the memory', async () => createMemoryObjects()],
];

const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'a test' };
const store = datastoreRef('orders', '/', { kind: 'files', directory: 'data' });
const id = backupId('shop', 'orders', 1_700_000_000_000);
const folder = backupFolder(parseBackupId(id) ?? assert.fail());
const input = { store, id, systemDigest: 'd'.repeat(64) };

function world(objects: Objects) {
  const stores = createStores({ clock, secrets });
  const at = new Date(0).toISOString();
  /** As a dump: one object of one moment. */
  const dumps: typeof stores.files = {
    ...stores.files,
    backup: async (_, { write }) => ({
      ...{ source: 'there', artefact: 'streamed' as const, tools: {} },
      objects: [await write('dump', bytes('ten bytes.'))],
      contents: { parts: [], definitions: [], sequences: [] },
      recoveryPoint: { notBefore: at, notAfter: at, clock: 'worker' as const, skewMs: 0 },
    }),
  };
  const over = (on: ObjectsPort) =>
    createBackups({
      ...{ objects: on, stores: { ...stores, files: dumps }, copies: '/none', secrets, clock },
    });
  const take = (on: ObjectsPort = objects) => over(on).backup(input, waiting());
  /** An attempt that stands still before it puts an object of this name. */
  const stoppedAt = async (name: string) => {
    let wake = (): void => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let taken: ReturnType<typeof take> | undefined;
    await new Promise<void>((reached) => {
      taken = take({
        ...objects,
        put: async (one, w) => {
          if (one.key.endsWith(`/${name}`)) {
            reached();
            await woken;
          }
          return objects.put(one, w);
        },
      });
    });
    const end = taken ?? assert.fail();
    end.catch(() => undefined);
    return { wake, end };
  };
  const left = () => createBackupRemoval(objects).removeLeft(id, waiting());
  const dumpsThere = async () =>
    (await keysOf(objects, folder)).filter((key) => key.endsWith('/dump'));
  const isWhole = async () => {
    const examined = await over(objects).examine({ store, id }, waiting());
    assert.equal(examined.verdict, 'pass', examined.reason);
  };
  return { take, stoppedAt, left, dumpsThere, isWhole };
}

for (const [name, make] of OBJECT_STORES) {
  describe(`what attempts left in ${name}`, () => {
    test('goes, attempt by attempt, and the backup stays', async (t) => {
      const objects = await make(t);
      const { take, left, dumpsThere, isWhole } = world(objects);
      const cut: ObjectsPort = {
        ...objects,
        put: (one, w) => {
          if (one.key.endsWith('/dump')) return objects.put(one, w);
          throw new Failure('Unavailable', 'away');
        },
      };
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await fails('Unavailable', take(cut));
        assert.equal((await dumpsThere()).length, 1);
        assert.deepEqual(await left(), { objects: 1, bytes: 10 });
      }
      await take();
      await left();
      assert.deepEqual((await keysOf(objects, folder)).map((key) => key.split('/').at(-1)).sort(), [
        'dump',
        'manifest.json',
      ]);
      await isWhole();
      assert.deepEqual(await left(), { objects: 0, bytes: 0 });
    });

    test('goes of an attempt that was stopped, which cannot become the backup when it wakes up', async (t) => {
      const { take, stoppedAt, left, dumpsThere, isWhole } = world(await make(t));
      const { wake, end } = await stoppedAt('end.json');
      assert.deepEqual(await left(), { objects: 1, bytes: 10 });
      wake();
      const failure = await fails('Unavailable', end);
      assert.match(failure.message, /another attempt at it began meanwhile/);
      const manifest = await take();
      assert.equal((await dumpsThere()).length, 1);
      assert.equal(manifest.artefact, 'streamed');
      await isWhole();
    });

    test('stays of an attempt that said that it is whole, until there is a backup', async (t) => {
      const { take, stoppedAt, left, dumpsThere, isWhole } = world(await make(t));
      const { wake, end } = await stoppedAt('manifest.json');
      assert.deepEqual(await left(), { objects: 0, bytes: 0 });
      const other = await stoppedAt('manifest.json');
      wake();
      await end;
      assert.equal((await dumpsThere()).length, 2);
      await left();
      assert.equal((await dumpsThere()).length, 1);
      other.wake();
      assert.deepEqual(await other.end, await take());
      await isWhole();
    });

    test('goes of no other backup, and marks stay', async (t) => {
      const objects = await make(t);
      const { take, left } = world(objects);
      await take();
      const others = [`${folder}verified/x.json`, 'shop/orders/2023/11/y/0a1b2c3d/dump'];
      for (const key of others) await objects.put({ key, body: bytes('x') }, waiting());
      await left();
      for (const key of others) assert.deepEqual(await keysOf(objects, key), [key]);
    });
  });
}
