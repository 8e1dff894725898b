import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectsPort } from '../../src/ports/objects.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { createBackupRemoval } from '../../src/datastores/removal.ts';
import { backupFolder, backupId, parseBackupId } from '../../src/domain/backup/backup-id.ts';
import type { BackupMark } from '../../src/domain/backup/backup.ts';
import { createObjectRemoval, createObjectsFolder } from '../../src/integrations/objects-folder.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { streamedManifest } from '../support/datastores/copies.ts';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};
const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };
const SYSTEM_DIGEST = 'd'.repeat(64);
const MARK: BackupMark = {
  schema: 'fairlead/backup-mark/v1',
  kind: 'verified',
  at: '2026-11-22T08:00:00.000Z',
  by: 'verify/shop/portfolio',
  reason: '4 of 4 rungs that ran passed',
};

async function world(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-catalogue-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'data'));
  await writeFile(join(root, 'data', 'a.csv'), 'a\n1\n2\n');
  const store = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const over = (objects: ObjectsPort) =>
    createBackups({
      objects,
      stores: createStores({ clock, secrets }),
      copies: join(root, 'copies'),
      secrets,
      clock,
    });
  const objects = createMemoryObjects();
  const take = (at: number, backups = over(objects)) =>
    backups.backup(
      { store, id: backupId('shop', 'portfolio', at), systemDigest: SYSTEM_DIGEST },
      waiting(),
    );
  return { root, store, objects, over, backups: over(objects), take };
}

function folderOf(id: string): string {
  return backupFolder(parseBackupId(id) ?? assert.fail(id));
}

test('a catalogue is read on another machine from the object store alone', async (t) => {
  const { root, store, over, take } = await world(t);
  const folder = join(root, 'objects');
  const { id } = await take(1_700_000_000_000, over(createObjectsFolder(folder)));
  await take(1_600_000_000_000, over(createObjectsFolder(folder)));
  await rm(join(root, 'data'), { recursive: true });
  const elsewhere = over(createObjectsFolder(folder));
  const listed = await elsewhere.list({ system: 'shop', datastore: 'portfolio' }, waiting());
  assert.deepEqual(
    listed.map((entry) => [entry.id, entry.state]),
    [
      ['shop/portfolio/20200913T122640.000Z', 'complete'],
      [id, 'complete'],
    ],
  );
  const target = { copy: 'copy', store };
  await elsewhere.restore({ id, target, into: 'scratch' }, waiting());
  const [copy] = await elsewhere.copies();
  assert.equal(copy?.state, 'ready');
});

test('a mark lies beside the manifest, which is never written again', async (t) => {
  const { objects, backups, take } = await world(t);
  const { id } = await take(1_700_000_000_000);
  const before = objects.stored.get(`${folderOf(id)}manifest.json`);
  await backups.mark(id, MARK, waiting());
  await backups.mark(id, MARK, waiting());
  const entry = await backups.read(id, waiting());
  assert.ok(entry.state === 'complete');
  assert.deepEqual(entry.marks, [MARK]);
  assert.equal(objects.stored.get(`${folderOf(id)}manifest.json`), before);
});

test("a manifest that is no JSON, or another backup's, is unreadable and not restored", async (t) => {
  const { objects, backups, store, take } = await world(t);
  const { id } = await take(1_700_000_000_000);
  const other = await take(1_700_000_000_001);
  const key = `${folderOf(id)}manifest.json`;
  const stored = objects.stored.get(key) ?? assert.fail();
  for (const [text, said] of [
    ['{"schema": "fairlead/ba', /is no JSON/],
    [JSON.stringify({ ...other, objects: [{ name: '../../x' }] }), /objects\.0\.name/],
    [JSON.stringify(other), /its manifest is that of shop\/portfolio/],
    [JSON.stringify({ ...other, id, schema: 'fairlead/backup/v2' }), /schema/],
  ] as const) {
    objects.stored.set(key, { ...stored, bytes: Buffer.from(text) });
    const entry = await backups.read(id, waiting());
    assert.ok(entry.state === 'unreadable');
    assert.match(entry.problem, said);
    const target = { copy: 'copy', store };
    await fails('Refused', backups.restore({ id, target, into: 'scratch' }, waiting()));
  }
});

test('a path in a manifest that leads out of the copy is refused before anything is written', async (t) => {
  const { objects, backups, store, take } = await world(t);
  const manifest = streamedManifest(await take(1_700_000_000_000));
  const key = `${folderOf(manifest.id)}manifest.json`;
  const stored = objects.stored.get(key) ?? assert.fail();
  for (const path of ['../../outside.csv', '/etc/outside.csv', 'a/../../b', '']) {
    const changed = { ...manifest, objects: manifest.objects.map((one) => ({ ...one, path })) };
    objects.stored.set(key, { ...stored, bytes: Buffer.from(JSON.stringify(changed)) });
    const target = { copy: 'copy', store };
    await fails(
      'Refused',
      backups.restore({ id: manifest.id, target, into: 'scratch' }, waiting()),
    );
    assert.deepEqual(await backups.copies(), []);
  }
});

test('of two attempts at once one is the backup, and neither touches what the other wrote', async (t) => {
  const { backups, objects, take } = await world(t);
  const [one, other] = await Promise.all([take(1_700_000_000_000), take(1_700_000_000_000)]);
  assert.deepEqual(one, other);
  const attempts = [...objects.stored.keys()].filter((key) => key.endsWith('files/000001'));
  assert.equal(attempts.length, 2);
  assert.equal((await backups.read(one.id, waiting())).state, 'complete');
});

test('a removal takes the manifest first, and goes on where it was cut', async (t) => {
  const { root, store, over, take } = await world(t);
  const folder = join(root, 'objects');
  const [objects, removal] = [createObjectsFolder(folder), createObjectRemoval(folder)];
  const { id } = await take(1_700_000_000_000, over(objects));
  const kept = await take(1_700_000_000_001, over(objects));
  await over(objects).mark(id, MARK, waiting());
  let removed = 0;
  const cut = createBackupRemoval({
    ...{ ...objects, ...removal },
    remove: async (one) => {
      if ((removed += 1) === 2) throw new Error('cut');
      await removal.remove(one);
    },
  });
  await assert.rejects(cut.remove(id, waiting()), /cut/);
  assert.equal((await over(objects).read(id, waiting())).state, 'incomplete');
  const again = createBackupRemoval({ ...objects, ...removal });
  assert.equal(
    (await again.remove(id, waiting())).objects,
    3,
    'the data, the end of the attempt, the mark',
  );
  assert.deepEqual(await again.remove(id, waiting()), { objects: 0, bytes: 0 });
  assert.deepEqual(
    (await over(objects).list(store, waiting())).map((entry) => entry.id),
    [kept.id],
  );
});

test('a backup of very many objects is listed at once', { timeout: 10_000 }, async (t) => {
  const { objects, over, store } = await world(t);
  const folder = folderOf(backupId('shop', 'portfolio', 5));
  const infos = Array.from({ length: 60_000 }, (_, index) => {
    return { key: `${folder}attempt/${index}`, size: 1, modifiedAt: index, etag: 'e' };
  });
  const listed = await over({ ...objects, list: async () => infos }).list(store, waiting());
  assert.deepEqual(
    listed.map((entry) => entry.state === 'incomplete' && [entry.objects, entry.since]),
    [[60_000, 59_999]],
  );
});

test('what is no backup says what to write, and a strange object is in no list', async (t) => {
  const { objects, backups, store, take } = await world(t);
  const { id } = await take(1_700_000_000_000);
  const stored = objects.stored.get(`${folderOf(id)}manifest.json`) ?? assert.fail();
  objects.stored.set('shop/portfolio/notes.txt', stored);
  assert.equal((await backups.list(store, waiting())).length, 1);
  const failure = await fails('BadInput', backups.read('shop/portfolio/yesterday', waiting()));
  assert.match(failure.message, /write SYSTEM\/DATASTORE\/TIME/);
  const gone = backupId('shop', 'portfolio', 5);
  await fails('NotFound', backups.read(gone, waiting()));
  const wrong = { store, id: backupId('shop', 'orders', 5), systemDigest: SYSTEM_DIGEST };
  await fails('BadInput', backups.backup(wrong, waiting()));
});

test("a copy's name leads nowhere else", async (t) => {
  const { backups } = await world(t);
  for (const copy of ['', '.', '..', '../x', 'a/b', '.hidden', 'x'.repeat(300)])
    await fails('BadInput', backups.discard(copy, waiting()));
});

test('a copy whose state cannot be read is not taken for one that is not there', async (t) => {
  const { root, backups, store, take } = await world(t);
  const { id } = await take(1_700_000_000_000);
  const target = { copy: 'copy', store };
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const state = join(root, 'copies', 'copy', 'copy.json');
  await rm(state);
  // Not even root reads a folder.
  await mkdir(state);
  const failure = await fails(
    'Refused',
    backups.restore({ id, target, into: 'scratch' }, waiting()),
  );
  assert.match(failure.message, /holds something that no restore of Fairlead made/);
  const [listed] = await backups.copies();
  assert.equal(listed?.copy, 'copy');
  assert.ok(listed.problem !== undefined && listed.problem !== '');
});
