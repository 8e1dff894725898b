// A service inside finds copies where its live data would be: a folder over the live path, a server at the live address.
import assert from 'node:assert/strict';
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { isolatedWorld, liveServer, OWNER } from '../support/isolated/isolated-world.ts';
import { folderCopy, serverCopy } from '../support/datastores/copies.ts';

test('a service reads and writes the copy at the live path, and nothing live changes', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const mounts = [{ place: it.live, copy: folderCopy(it.copy) }];
  await it.isolation.mount({ target: 'one', mounts }, waiting());
  await it.isolation.mount({ target: 'one', mounts }, waiting());
  await it.isolation.start(it.service('one'), waiting());
  const loans = join(it.live.path, 'loans.csv');
  assert.deepEqual(await it.asked('one', `/read?path=${loans}`), { text: 'copy\n' });
  assert.deepEqual(await it.asked('one', `/append?path=${loans}`), {});
  assert.deepEqual(await it.asked('one', `/read?path=${loans}`), { text: 'copy\nmore\n' });
  assert.equal(await readFile(loans, 'utf8'), 'live\n');
  assert.equal(await readFile(join(it.copy, 'loans.csv'), 'utf8'), 'copy\nmore\n');
});

test('a folder with generations has its copy where `current` leads', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const { path } = it.live;
  await mkdir(join(path, 'gen-7'));
  await rename(join(path, 'loans.csv'), join(path, 'gen-7', 'loans.csv'));
  await symlink('gen-7', join(path, 'current'));
  await it.open('one');
  const mounts = [{ place: it.live, copy: folderCopy(it.copy) }];
  await it.isolation.mount({ target: 'one', mounts }, waiting());
  await it.isolation.start(it.service('one'), waiting());
  const loans = join(path, 'current', 'loans.csv');
  assert.deepEqual(await it.asked('one', `/read?path=${loans}`), { text: 'copy\n' });
});

test('a folder that was converted by an exchange has its copy under its own name', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const { path } = it.live;
  const generations = `${path}.generations`;
  await mkdir(generations);
  await rename(path, join(generations, 'gen-2'));
  await mkdir(join(generations, 'gen-1'));
  await writeFile(join(generations, 'gen-1', 'loans.csv'), 'in quarantine');
  await symlink('gen-2', join(generations, 'current'));
  await symlink(`${basename(generations)}/current`, path);
  await it.open('one', [{ ...it.live, path: generations }]);
  const mounts = [{ place: { ...it.live, path: generations }, copy: folderCopy(it.copy) }];
  await it.isolation.mount({ target: 'one', mounts }, waiting());
  await it.isolation.start(it.service('one'), waiting());
  const loans = join(path, 'loans.csv');
  assert.deepEqual(await it.asked('one', `/read?path=${loans}`), { text: 'copy\n' });
  const old = join(generations, 'gen-1', 'loans.csv');
  assert.match(JSON.stringify(await it.asked('one', `/read?path=${old}`)), /ENOENT/);
});

test('another copy at the same place is refused', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const copyAt = (directory: string) => ({
    target: 'one',
    mounts: [{ place: it.live, copy: folderCopy(directory) }],
  });
  await it.isolation.mount(copyAt(it.copy), waiting());
  const other = join(it.data, 'copies', 'two');
  await mkdir(other);
  const { message } = await fails('Refused', it.isolation.mount(copyAt(other), waiting()));
  assert.match(message, /close the target and open it anew/);
  const gone = { place: { ...it.live, path: join(it.directory, 'gone') } };
  const copy = folderCopy(it.copy);
  const missing = { target: 'one', mounts: [{ ...gone, copy }] };
  await fails('NotFound', it.isolation.mount(missing, waiting()));
});

test('a connection to the live address, or to its name, arrives at the server of the copy', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const live = await liveServer(t, 'live');
  const copy = await liveServer(t, 'copy');
  await it.open('one', [live]);
  const places = [live.host, 'db.internal', '10.1.2.3'].map((host) => ({ ...live, host }));
  const address = serverCopy({ of: 'redis', host: copy.host, port: copy.port });
  const mounts = places.map((place) => ({ place, copy: address }));
  await it.isolation.mount({ target: 'one', mounts }, waiting());
  await it.isolation.mount({ target: 'one', mounts }, waiting());
  await it.isolation.start(it.service('one'), waiting());
  for (const { host } of places) {
    const said = await it.asked('one', `/hear?host=${host}&port=${live.port}`);
    assert.deepEqual(said, { said: 'copy' }, host);
  }
  const other = await it.asked('one', `/hear?host=127.0.0.1&port=${copy.port}`);
  assert.deepEqual(other, { error: 'ECONNREFUSED' });
});

test('what is no copy of a place is refused before anything is mounted', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const copy = serverCopy({ of: 'redis', host: '127.0.0.1', port: 6379 });
  const mounts = [{ place: it.live, copy }];
  const { message } = await fails(
    'BadInput',
    it.isolation.mount({ target: 'one', mounts }, waiting()),
  );
  assert.equal(message, 'mounting loans: it is a folder, and its copy is of kind redis');
});

test('large answers come through whole', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const line = `${'0123456789'.repeat(80_000)}end`;
  const copy = await liveServer(t, line);
  const place = { datastore: 'orders', kind: 'address' as const, host: '127.0.0.1', port: 5432 };
  await it.open('one', [place]);
  const address = serverCopy({ of: 'redis', host: copy.host, port: copy.port });
  await it.isolation.mount({ target: 'one', mounts: [{ place, copy: address }] }, waiting());
  await it.isolation.start(it.service('one'), waiting());
  assert.deepEqual(await it.asked('one', '/hear?host=127.0.0.1&port=5432'), { said: line });
});

test('two targets at once have their own copies, ports and files', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const other = join(it.data, 'copies', 'two');
  await mkdir(other);
  await writeFile(join(other, 'loans.csv'), 'other copy\n');
  const run = async (target: string, directory: string): Promise<unknown> => {
    await it.open(target);
    const mounts = [{ place: it.live, copy: folderCopy(directory) }];
    await it.isolation.mount({ target, mounts }, waiting());
    await it.isolation.start(it.service(target), waiting());
    return it.asked(target, `/read?path=${join(it.live.path, 'loans.csv')}`);
  };
  const said = await Promise.all([run('one', it.copy), run('two', other)]);
  assert.deepEqual(said, [{ text: 'copy\n' }, { text: 'other copy\n' }]);
  await it.isolation.close({ target: 'one', owner: OWNER }, waiting());
  assert.deepEqual(await it.asked('two', '/health'), {});
});
