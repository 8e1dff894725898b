// A backup of files that is cut off and begun anew takes over what an earlier attempt stored, and nothing that changed
// since. Over a real folder of objects; the cut is a store that stops taking anything.
import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ObjectsPort } from '../../src/ports/objects.ts';
import type { Datastore } from '../../src/config/datastores.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { createBackupRemoval } from '../../src/datastores/removal.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { Failure } from '../../src/domain/failure.ts';
import { createObjectRemoval, createObjectsFolder } from '../../src/integrations/objects-folder.ts';
import { datastoreRef, passableFolder } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { streamedManifest } from '../support/datastores/copies.ts';

const NAMES = ['a.csv', 'b.csv', 'c.csv', 'd.csv'];

async function world(t: TestContext) {
  const folder = await passableFolder('fairlead-resume-');
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'data'));
  for (const name of NAMES) await writeFile(join(folder, 'data', name), `id\n${name}\n`);
  const objects = createObjectsFolder(join(folder, 'objects'));
  const clock = createVirtualClock();
  const secrets = { env: {}, readFile: () => Promise.reject(new Error('none')), reader: 'a test' };
  const stores = createStores({ clock, secrets });
  const copies = join(folder, 'copies');
  const store = datastoreRef('rows', folder, { kind: 'files', directory: 'data' });
  const id = backupId('shop', 'rows', 1_700_000_000_000);
  const put: string[] = [];
  /** Takes so many files, and then nothing but notes. */
  const taking = (files: number): ObjectsPort => ({
    ...objects,
    put: (input, w) => {
      if (input.key.includes('/files/')) {
        if (put.length >= files) throw new Failure('Unavailable', 'the connection is gone');
        put.push(input.key);
      }
      return objects.put(input, w);
    },
  });
  const backUp = async (
    files: number,
    backup: Partial<Datastore['backup']> = {},
    during = waiting(),
  ) => {
    put.length = 0;
    const settings = { ...store.settings, backup: { ...store.settings.backup, ...backup } };
    const input = { store: { ...store, settings }, id, systemDigest: 'd'.repeat(64) };
    const on = createBackups({ objects: taking(files), stores, copies, secrets, clock });
    return streamedManifest(await on.backup(input, during));
  };
  const cutAfter = async (files: number) => {
    await fails('Unavailable', backUp(files));
  };
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  const holdsWhatIsThere = async () => {
    const { contents } = await backups.fingerprint(store, waiting());
    assert.equal((await backups.examine({ store, id }, waiting())).verdict, 'pass');
    const target = { copy: 'copy', store };
    await backups.restore({ id, target, into: 'scratch' }, waiting());
    assert.deepEqual((await backups.fingerprint(target, waiting())).contents, contents);
  };
  const removal = createBackupRemoval({
    ...objects,
    ...createObjectRemoval(join(folder, 'objects')),
  });
  const removeLeft = () => removal.removeLeft(id, waiting());
  return { folder, objects, put, backUp, cutAfter, holdsWhatIsThere, removeLeft };
}

test('stores only what is missing, and the backup is whole', async (t) => {
  const { backUp, cutAfter, put, holdsWhatIsThere } = await world(t);
  await cutAfter(3);
  const { objects, attempt } = await backUp(9);
  assert.equal(put.length, 1);
  const earlier = objects.map((one) => one.attempt !== undefined);
  assert.deepEqual(earlier, [true, true, true, false]);
  assert.ok(objects.every((one) => one.attempt !== attempt));
  await holdsWhatIsThere();
});

test('goes on from what a worker stored that was stopped', async (t) => {
  const { backUp, put, holdsWhatIsThere } = await world(t);
  const stop = new AbortController();
  const beat = (): void => undefined;
  const stopping = backUp(9, {}, { signal: stop.signal, beat });
  while (put.length < 3) await new Promise(setImmediate);
  stop.abort(new Error('WORKER_SHUTDOWN'));
  await assert.rejects(stopping, /WORKER_SHUTDOWN/);
  await backUp(9);
  assert.ok(put.length < 4, `${put.length} files stored again`);
  await holdsWhatIsThere();
});

test('goes on from what several attempts stored', async (t) => {
  const { backUp, cutAfter, put, holdsWhatIsThere } = await world(t);
  await cutAfter(1);
  await cutAfter(2);
  const { objects } = await backUp(9);
  assert.equal(put.length, 1);
  assert.equal(new Set(objects.map((one) => one.attempt)).size, 3);
  await holdsWhatIsThere();
});

test('stores a file anew that changed meanwhile', async (t) => {
  const { folder, backUp, cutAfter, put, holdsWhatIsThere } = await world(t);
  await cutAfter(3);
  await appendFile(join(folder, 'data', 'b.csv'), 'more\n');
  await backUp(9);
  assert.equal(put.length, 2);
  await holdsWhatIsThere();
});

test('takes nothing over that is packed otherwise', async (t) => {
  const { backUp, cutAfter, put } = await world(t);
  await cutAfter(3);
  const { objects } = await backUp(9, { compression: 'gzip' });
  assert.equal(put.length, 4);
  assert.ok(objects.every((one) => one.attempt === undefined));
});

test('trusts no note that contradicts itself', async (t) => {
  const { folder, objects, backUp, cutAfter, put, holdsWhatIsThere } = await world(t);
  await cutAfter(3);
  const keys = (await objects.list('shop/rows/')).map(({ key }) => join(folder, 'objects', key));
  const note = keys.find((key) => key.includes('/progress/')) ?? assert.fail('no note');
  const text = await readFile(note, 'utf8');
  await writeFile(note, text.replace(/"hash": "sha256:[0-9a-f]{8}/, '"hash": "sha256:00000000'));
  await backUp(9);
  assert.equal(put.length, 2, 'the first file, and the fourth');
  await holdsWhatIsThere();
});

test('trusts no note that it cannot read, and none of an object that is another or gone', async (t) => {
  const { folder, objects, backUp, cutAfter, put, holdsWhatIsThere } = await world(t);
  await cutAfter(3);
  const keys = (await objects.list('shop/rows/')).map(({ key }) => join(folder, 'objects', key));
  const [first = '', second = ''] = keys.filter((key) => key.includes('/files/'));
  await rm(first);
  await appendFile(second, 'x');
  await backUp(2).catch(() => undefined);
  assert.equal(put.length, 2, 'two of them are stored again, and the last one is not');
  const notes = keys.filter((key) => key.includes('/progress/'));
  assert.equal(notes.length, 1);
  for (const note of notes) {
    await writeFile(note, (await readFile(note, 'utf8')).slice(0, -9));
  }
  await backUp(9);
  assert.equal(put.length, 2, 'the third file, of which the note is cut, and the fourth');
  await holdsWhatIsThere();
});

test('what is taken over stays when what attempts left is removed, and goes when no backup names it', async (t) => {
  const { folder, objects, backUp, cutAfter, put, holdsWhatIsThere, removeLeft } = await world(t);
  await cutAfter(3);
  await appendFile(join(folder, 'data', 'b.csv'), 'more\n');
  assert.deepEqual(await removeLeft(), { objects: 0, bytes: 0 });
  await backUp(9);
  assert.equal(put.length, 2, 'the file that changed, and the fourth');
  assert.equal((await removeLeft()).objects, 3, 'what b.csv was, a note, an end');
  const keys = (await objects.list('shop/rows/')).map(({ key }) =>
    key.split('/').slice(6).join('/'),
  );
  assert.deepEqual(
    keys.sort().map((key) => key.split('/')[0]),
    [...['files', 'files', 'files', 'files', '']].sort(),
  );
  await holdsWhatIsThere();
});
