import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { ObjectsPort } from '../../src/ports/objects.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { generationsOf, newGeneration } from '../../src/datastores/files/generations.ts';
import { createFilesStore } from '../../src/datastores/files/store.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { judgeComplete, judgeCorrect } from '../../src/domain/backup/ladder.ts';
import { Failure } from '../../src/domain/failure.ts';
import { backupContracts } from '../support/datastores/backup-contracts.ts';
import { collected } from '../support/bytes.ts';
import { datastoreRef, into } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { waiting } from '../support/local-daemon.ts';
import { streamedManifest } from '../support/datastores/copies.ts';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};
const secrets = {
  env: {},
  readFile: () => Promise.reject(new Error('none')),
  reader: 'the test',
};

const LOANS = `loan_id,customer,note\n${Array.from({ length: 500 }, (_, n) => `L${n},C${n % 7},"two\nlines, ${n}"\n`).join('')}`;

async function dataFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-files-'));
  await mkdir(join(root, 'data', 'more of it'), { recursive: true });
  await writeFile(join(root, 'data', 'loans.csv'), LOANS);
  await writeFile(join(root, 'data', 'empty.csv'), 'a,b\n');
  await writeFile(join(root, 'data', 'more of it', 'ümläut.txt'), 'text');
  return root;
}

backupContracts('files', async () => {
  const root = await dataFolder();
  const loans = join(root, 'data', 'loans.csv');
  return {
    stores: createStores({ clock, secrets }),
    store: datastoreRef('portfolio', root, { kind: 'files', directory: 'data' }),
    within: 'loan_id',
    env: {},
    change: async () => writeFile(loans, LOANS.replace('L5,C5', 'L5,C6')),
    remove: async () => writeFile(loans, LOANS.replace('L5,C5,"two\nlines, 5"\n', '')),
    end: () => rm(root, { recursive: true, force: true }),
  };
});

async function folder(t: TestContext): Promise<string> {
  const root = await dataFolder();
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

const unused = () => Promise.reject(new Error('nothing should be written'));

test('a folder that is not there, or holds nothing, is no empty backup', async (t) => {
  const root = await folder(t);
  await mkdir(join(root, 'void', 'deeper'), { recursive: true });
  const store = createFilesStore(clock);
  for (const [directory, said] of [
    ['gone', /is no folder; is it mounted/],
    ['void', /holds no file/],
  ] as const) {
    const ref = datastoreRef('portfolio', root, { kind: 'files', directory });
    const failure = await fails('NotFound', store.backup(ref, into(unused), waiting(), unused));
    assert.match(failure.message, said);
  }
});

test('a name that is no UTF-8 is refused, and said to be that', async (t) => {
  const root = await folder(t);
  const name = Buffer.concat([Buffer.from(`${join(root, 'data')}/bad`), Buffer.from([0xff])]);
  await writeFile(name, 'id\n1\n');
  const ref = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const taking = createFilesStore(clock).backup(ref, into(unused), waiting(), unused);
  assert.match((await fails('Unsupported', taking)).message, /bad\uFFFD: the name is no UTF-8/);
});

test('a link in the folder is refused by its name, and not followed', async (t) => {
  const root = await folder(t);
  await symlink('/etc/passwd', join(root, 'data', 'users.csv'));
  const ref = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const failure = await fails(
    'Unsupported',
    createFilesStore(clock).backup(ref, into(unused), waiting(), unused),
  );
  assert.match(failure.message, /users\.csv is neither a file nor a folder/);
});

test('sockets and named pipes hold no data: they are left out by name, and no proof misses them', async (t) => {
  const root = await folder(t);
  const data = join(root, 'data');
  const socket = createServer().listen(join(data, 'more of it', 'app.sock'));
  t.after(() => socket.close());
  await once(socket, 'listening');
  await execa('mkfifo', [join(data, 'events.csv')]);
  const store = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const backups = backupsIn(root)(createMemoryObjects());
  const id = backupId(store.system, store.datastore, 0);
  const { contents } = await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  const leftOut = ['events.csv (a named pipe)', 'more of it/app.sock (a socket)'];
  assert.deepEqual(contents.notDumped, leftOut);
  assert.equal(contents.parts.length, 3);
  assert.equal((await backups.examine({ store, id }, waiting())).verdict, 'pass');
  const target = { copy: 'copy', store };
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const copy = (await backups.fingerprint(target, waiting())).contents;
  const { verdict, reason } = judgeComplete(contents, copy);
  assert.equal(verdict, 'pass', reason);
  assert.ok(reason.endsWith(`; not in the backup: ${leftOut.join(', ')}`), reason);
  const live = (await backups.fingerprint(store, waiting())).contents;
  assert.equal(judgeCorrect(contents, live).verdict, 'pass');
  const { onlyThere, onlyHere, changed } = await backups.lossAgainstLive(target, waiting());
  assert.deepEqual([onlyThere.count, onlyHere.count, changed.count], [0, 0, 0]);
});

for (const [what, change] of [
  ['changed', (root: string) => writeFile(join(root, 'data', 'loans.csv'), 'a\n1\n')],
  ['added', (root: string) => writeFile(join(root, 'data', 'zzz.csv'), 'a\n1\n')],
  ['removed', (root: string) => rm(join(root, 'data', 'empty.csv'))],
] as const) {
  test(`a file that is ${what} while the others are read makes no backup of two moments`, async (t) => {
    const root = await folder(t);
    const ref = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
    let done = 0;
    const backup = createFilesStore(clock).backup(
      ref,
      into(async (name, body, path) => {
        const { length: size } = await collected(body);
        if ((done += 1) === 3) await change(root);
        const plain = { size, sha256: '0'.repeat(64) };
        return { name, ...plain, plain, ...(path !== undefined && { path }) };
      }),
      waiting(),
      unused,
    );
    const failure = await fails('Unavailable', backup);
    assert.match(failure.message, /changed while it was read/);
  });
}

test('new generations are counted on, and open to whom the live files are', async (t) => {
  const root = await folder(t);
  const directory = join(root, 'data');
  const beside = `${directory}.generations`;
  const none = { root: beside, folder: directory, current: undefined, fencedSince: undefined };
  assert.deepEqual(await generationsOf(directory), none);
  await chmod(directory, 0o2775);
  // The first one is what is live before there are any.
  const live = { root: directory, folder: directory };
  assert.equal(await newGeneration(live), 'gen-2');
  const both = [newGeneration(live), newGeneration(live)];
  assert.deepEqual((await Promise.all(both)).sort(), ['gen-3', 'gen-4']);
  assert.equal((await stat(join(directory, 'gen-4'))).mode & 0o7777, 0o2775);
});

test('a folder with generations is backed up from the live one', async (t) => {
  const root = await folder(t);
  const directory = join(root, 'data');
  await mkdir(join(directory, 'gen-1'));
  await writeFile(join(directory, 'gen-1', 'a.csv'), 'a\n1\n');
  await symlink('gen-1', join(directory, 'current'));
  const ref = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const { contents } = await createFilesStore(clock).fingerprint(ref, waiting(), unused);
  assert.deepEqual(
    contents.parts.map(({ name, rows }) => [name, rows]),
    [['a.csv', 1]],
  );
});

test("a `current` that leads elsewhere is nobody's generation", async (t) => {
  const root = await folder(t);
  for (const target of ['/etc', '../data', 'gen-1/..', 'gen-x']) {
    await symlink(target, join(root, 'data', 'current'));
    await fails('WorldChanged', generationsOf(join(root, 'data')));
    await rm(join(root, 'data', 'current'));
  }
});

const backupsIn = (root: string) => (objects: ObjectsPort) =>
  createBackups({
    objects,
    stores: createStores({ clock, secrets }),
    copies: join(root, 'copies'),
    ...{ secrets, clock },
  });

/** A folder of files with one backup, in a store that a test may stand in front of. */
async function backedUp(t: TestContext) {
  const root = await folder(t);
  const objects = createMemoryObjects();
  const store = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const over = backupsIn(root);
  const id = backupId(store.system, store.datastore, 0);
  await over(objects).backup({ store, id, systemDigest: 'd' }, waiting());
  return { root, objects, store, over, id };
}

test('a copy that is discarded in the middle of its restore does not come back', async (t) => {
  const { root, objects, store, over, id } = await backedUp(t);
  const discarding: ObjectsPort = {
    ...objects,
    get: async (key, w) => {
      const got = await objects.get(key, w);
      if (!key.endsWith('.json')) await over(objects).discard('copy', waiting());
      return got;
    },
  };
  await assert.rejects(
    over(discarding).restore({ id, target: { copy: 'copy', store }, into: 'scratch' }, waiting()),
  );
  assert.deepEqual(await readdir(join(root, 'copies')), []);
});

test('of what is damaged or missing the file is named that it is a copy of', async (t) => {
  const root = await folder(t);
  const objects = createMemoryObjects();
  const store = datastoreRef('portfolio', root, { kind: 'files', directory: 'data' });
  const over = backupsIn(root);
  const id = backupId(store.system, store.datastore, 0);
  const taken = await over(objects).backup({ store, id, systemDigest: 'd' }, waiting());
  const { objects: kept } = streamedManifest(taken);
  const cut: ObjectsPort = {
    ...objects,
    get: async (key, w) => {
      if (key.endsWith('.json')) return objects.get(key, w);
      if (key.endsWith('1')) throw new Failure('NotFound', `there is no ${key}`);
      const { info } = await objects.get(key, w);
      const body = (async function* () {
        yield Buffer.from('cut');
      })();
      return { info, body };
    },
  };
  const { differences = [] } = await over(cut).examine({ id, store }, waiting());
  assert.equal(differences.length, kept.length);
  for (const [index, { path = '?' }] of kept.entries()) {
    assert.ok(differences[index]?.startsWith(`${path}: `), differences[index]);
  }
});

test('a link that is put into a folder while it is restored is not followed', async (t) => {
  const { root, objects, store, over, id } = await backedUp(t);
  const away = join(root, 'elsewhere');
  await mkdir(away);
  const linking: ObjectsPort = {
    ...objects,
    get: async (key, w) => {
      const copy = join(root, 'copies', 'copy');
      const names = await readdir(copy).catch(() => []);
      const data = names.find((name) => name.startsWith('data-')) ?? '';
      if (key.endsWith('000001')) await symlink(away, join(copy, data, 'more of it'));
      return objects.get(key, w);
    },
  };
  const target = { copy: 'copy', store };
  const restored = over(linking).restore({ id, target, into: 'scratch' }, waiting());
  assert.match((await fails('Refused', restored)).message, /more of it leads through a link/);
  assert.deepEqual(await readdir(away), []);
});
