// Where datastores are today: records beside the catalogue, and who goes by them.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DATASTORES } from '../../src/config/kinds.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createBindings } from '../../src/datastores/bindings.ts';
import { createHeartbeats } from '../../src/datastores/heartbeats.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { HEARTBEAT_FILE } from '../../src/domain/backup/heartbeat.ts';
import type { DatastoreCapabilities } from '../../src/domain/capabilities.ts';
import type { BindingRecord } from '../../src/domain/recovery/binding.ts';
import { fails } from '../support/fails.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };
const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'a test' };

const record = (epoch: number, database = `orders_${epoch}`): BindingRecord => ({
  schema: 'fairlead/binding/v1',
  system: 'shop',
  datastore: 'orders',
  place: { database },
  epoch,
  since: new Date(epoch).toISOString(),
  operation: `recover/shop/${epoch}`,
});
const of = { system: 'shop', datastore: 'orders' };

describe('a binding', () => {
  test('is not there until somebody binds, and then the newest one counts', async () => {
    const bindings = createBindings(createMemoryObjects());
    assert.equal(await bindings.read(of, waiting()), undefined);
    for (const epoch of [5, 900, 1_700_000_000_000]) {
      await bindings.put(record(epoch), waiting());
      assert.deepEqual(await bindings.read(of, waiting()), record(epoch));
    }
    assert.equal(await bindings.read({ ...of, datastore: 'order' }, waiting()), undefined);
  });

  test('is put twice by who asks again, and is never overwritten', async () => {
    const objects = createMemoryObjects();
    const bindings = createBindings(objects);
    await bindings.put(record(7), waiting());
    await bindings.put(record(7), waiting());
    const { details } = await fails('WorldChanged', bindings.put(record(7, 'other'), waiting()));
    assert.deepEqual(details, { expected: record(7, 'other'), found: record(7) });
    assert.deepEqual([...objects.stored.keys()], ['shop/_bindings/orders/0000000000000007.json']);
  });

  test('of a worker that was frozen changes nothing when it wakes up', async () => {
    const objects = createMemoryObjects();
    const bindings = createBindings(objects);
    await bindings.put(record(8), waiting());
    await fails('Superseded', bindings.put(record(7), waiting()));
    // It had looked before the newer one was there, and puts all the same.
    const blind = createBindings({ ...objects, list: async () => [] });
    await blind.put(record(7), waiting());
    assert.deepEqual(await bindings.read(of, waiting()), record(8));
  });

  test('of two at the same moment leaves one of them, and says so to the other', async () => {
    const bindings = createBindings(createMemoryObjects());
    const [one, other] = await Promise.allSettled([
      bindings.put(record(7, 'a'), waiting()),
      bindings.put(record(7, 'b'), waiting()),
    ]);
    assert.deepEqual([one.status, other.status].sort(), ['fulfilled', 'rejected']);
  });

  test('that nobody can read is no guess', async () => {
    const objects = createMemoryObjects();
    const bindings = createBindings(objects);
    await bindings.put(record(7), waiting());
    const [key = '', stored] = [...objects.stored][0] ?? [];
    assert.ok(stored);
    objects.stored.set(key, { ...stored, bytes: Buffer.from('{"place": {"host": "evil"}}') });
    const { message } = await fails('WorldChanged', bindings.read(of, waiting()));
    assert.match(message, /^reading where a datastore is: shop\/_bindings\/orders\/0+7\.json: /);
  });
});

test('backups, heartbeats, comparisons and live places go where a datastore is today', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-bindings-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [folder, text] of [
    ['data', 'a\n1\n'],
    ['data-2', 'a\n1\n2\n'],
  ] as const) {
    await mkdir(join(root, folder));
    await writeFile(join(root, folder, 'a.csv'), text);
  }
  const objects = createMemoryObjects();
  const bindings = createBindings(objects);
  const stores = createStores({ clock, secrets });
  const copies = join(root, 'copies');
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  const heartbeats = createHeartbeats({ stores, bindings, copies });
  const store = datastoreRef('orders', root, {
    kind: 'files',
    directory: 'data',
    recoveryPoint: { canary: {} },
  });
  const rows = async () => (await backups.fingerprint(store, waiting())).contents.parts[0]?.rows;
  assert.equal(await rows(), 1);
  await bindings.put({ ...record(7), place: { directory: 'data-2' } }, waiting());
  assert.equal(await rows(), 2);
  assert.deepEqual(await backups.place(store), {
    datastore: 'orders',
    kind: 'folder',
    path: join(root, 'data-2'),
  });
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  const manifest = await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  assert.equal(manifest.source, 'data-2');
  assert.equal(manifest.contents.parts[0]?.rows, 2);
  await heartbeats.write(store, waiting());
  assert.match(await readFile(join(root, 'data-2', HEARTBEAT_FILE), 'utf8'), /,1,/);
  await assert.rejects(readFile(join(root, 'data', HEARTBEAT_FILE)), { code: 'ENOENT' });
});

test('what the settings of a kind say that it can do is what its store does', () => {
  const stores = createStores({ clock, secrets });
  for (const kind of Object.keys(DATASTORES) as (keyof typeof DATASTORES)[]) {
    const { exchange, heartbeats, ...store } = stores[kind];
    assert.equal(store.capabilities, DATASTORES[kind].capabilities, kind);
    const can: DatastoreCapabilities = store.capabilities;
    assert.equal(can.exchange !== null, exchange !== undefined, kind);
    assert.equal(can.heartbeats, heartbeats !== undefined, kind);
  }
});
