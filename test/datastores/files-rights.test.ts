// Modes of files and folders go with a backup, and come back with it.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createBackups } from '../../src/datastores/backups.ts';
import { generationsOf } from '../../src/datastores/files/generations.ts';
import { rightsAt } from '../../src/datastores/files/rights.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { accountNames } from '../../src/machine/account-names.ts';
import { streamedManifest } from '../support/datastores/copies.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects, type MemoryObjects } from '../support/memory/memory-objects.ts';

const clock = { now: () => Date.now(), sleep: () => Promise.reject(new Error('nothing waits')) };
const secrets = {
  env: {},
  readFile: () => Promise.reject(new Error('none')),
  reader: 'the test',
};

async function dataFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-files-'));
  await mkdir(join(root, 'data', 'more of it'), { recursive: true });
  await writeFile(join(root, 'data', 'loans.csv'), 'a,b\n1,2\n');
  await writeFile(join(root, 'data', 'empty.csv'), 'a,b\n');
  await writeFile(join(root, 'data', 'more of it', 'ümläut.txt'), 'text');
  return root;
}

/** A backup of a folder whose files and folders are open to whom they are open, and what a copy of it made of that. */
async function restoredModes(
  t: TestContext,
  { before, between }: { before: boolean; between?: (live: string) => Promise<unknown> },
): Promise<{ modes: Record<string, string>; said: string }> {
  const root = await dataFolder();
  t.after(() => rm(root, { recursive: true, force: true }));
  const live = join(root, 'data');
  await chmod(join(live, 'loans.csv'), 0o600);
  await chmod(join(live, 'empty.csv'), 0o664);
  await chmod(join(live, 'more of it'), 0o750);
  await chmod(join(live, 'more of it', 'ümläut.txt'), 0o440);
  const objects = createMemoryObjects();
  const backups = createBackups({
    ...{ objects, secrets, clock },
    stores: createStores({ clock, secrets }),
    copies: join(root, 'copies'),
  });
  const store = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const id = backupId(store.system, 'portfolio', 0);
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  if (before) withoutRights(objects);
  await between?.(live);
  const { reason } = await backups.examine({ store, id }, waiting());
  const target = { store, copy: 'copy' };
  await backups.restore({ id, target, into: 'beside' }, waiting());
  const { root: generations, folder } = await generationsOf(live);
  const into = (await readdir(generations)).find((name) => name !== 'current') ?? folder;
  const modes: Record<string, string> = {};
  for (const path of ['loans.csv', 'empty.csv', 'more of it', 'more of it/ümläut.txt']) {
    const { mode } = await stat(join(generations, into, path));
    modes[path] = (mode & 0o7777).toString(8);
  }
  await backups.discard('copy', waiting());
  return { modes, said: /modes.*/.exec(reason)?.[0] ?? '' };
}

/** Manifests as they were written before there were rights in them. */
function withoutRights({ stored }: MemoryObjects): void {
  for (const [key, one] of stored) {
    if (!key.endsWith('/manifest.json')) continue;
    const manifest = JSON.parse(one.bytes.toString()) as {
      folders?: unknown;
      objects: { rights?: unknown }[];
    };
    delete manifest.folders;
    for (const object of manifest.objects) delete object.rights;
    stored.set(key, { ...one, bytes: Buffer.from(JSON.stringify(manifest)) });
  }
}

const KEPT = {
  'loans.csv': '600',
  'empty.csv': '664',
  'more of it': '750',
  'more of it/ümläut.txt': '440',
};

test('a restored file may be read by whom it could be read, whatever became of the live one', async (t) => {
  const between = (live: string) => chmod(join(live, 'loans.csv'), 0o644);
  assert.deepEqual(await restoredModes(t, { before: false, between }), { modes: KEPT, said: '' });
});

test('a backup of before modes were kept takes those of the live files, and says so', async (t) => {
  const { modes, said } = await restoredModes(t, { before: true });
  assert.deepEqual(modes, KEPT);
  assert.match(said, /modes were kept: files are restored with those of the live ones/);
});

test('what is neither in such a backup nor live is for its owner alone', async (t) => {
  const between = async (live: string) => {
    await rm(join(live, 'empty.csv'));
    await rm(join(live, 'more of it'), { recursive: true });
  };
  const { modes } = await restoredModes(t, { before: true, between });
  assert.deepEqual(modes, {
    'loans.csv': '600',
    'empty.csv': '600',
    'more of it': '700',
    'more of it/ümläut.txt': '600',
  });
});

test('the mode that is kept is that of the very file that was read, whatever is at its name by then', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-files-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const folder of ['data/a', 'open']) await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, 'data', 'a', 'secret'), 'mine', { mode: 0o600 });
  await writeFile(join(root, 'data', 'b'), 'b', { mode: 0o640 });
  await writeFile(join(root, 'open', 'secret'), 'other', { mode: 0o644 });
  const [there, away] = [join(root, 'data', 'a'), join(root, 'away')];
  const objects = createMemoryObjects();
  const racing: typeof objects.put = async (input, w) => {
    if (input.key.endsWith('files/000002')) {
      await rm(there);
      await rename(away, there);
    }
    const put = await objects.put(input, w);
    if (input.key.endsWith('files/000001')) {
      await rename(there, away);
      await symlink(join(root, 'open'), there);
    }
    return put;
  };
  const backups = createBackups({
    ...{ objects: { ...objects, put: racing }, secrets, clock },
    stores: createStores({ clock, secrets }),
    copies: join(root, 'copies'),
  });
  const store = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const id = backupId(store.system, 'portfolio', 0);
  const manifest = await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  const modes = streamedManifest(manifest).objects.map(({ rights }) => rights?.mode);
  assert.deepEqual(modes, [0o600, 0o640]);
});

test('no rights are taken from what lies behind a link', async (t) => {
  const root = await dataFolder();
  t.after(() => rm(root, { recursive: true, force: true }));
  await symlink(join(root, 'data', 'more of it'), join(root, 'data', 'link'));
  await symlink('loans.csv', join(root, 'data', 'file-link'));
  const names = await accountNames();
  for (const path of ['link', 'link/ümläut.txt', 'file-link', 'none']) {
    assert.equal(await rightsAt(join(root, 'data'), path, names), undefined, path);
  }
  assert.ok(await rightsAt(join(root, 'data'), 'more of it/ümläut.txt', names));
});
