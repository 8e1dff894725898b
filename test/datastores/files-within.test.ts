// What is restored below a folder goes through no link that its owner put there, and root gives nothing else away.
import assert from 'node:assert/strict';
import { chown, lstat, mkdir, mkdtemp, open, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { mkdirLike } from '../../src/datastores/files/generations.ts';
import { giveTo, within } from '../../src/datastores/files/within.ts';
import { fails } from '../support/fails.ts';

const OTHER = 1234;
const AS_ROOT = process.getuid?.() === 0 ? false : 'only root gives away';

async function world(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-within-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const [copy, away] = [join(root, 'copy'), join(root, 'away')];
  await mkdir(copy);
  await mkdir(away);
  return { copy, away };
}

const made = (copy: string, path: string) =>
  within(copy, path, true, async (at, top) => {
    const handle = await open(at, 'wx');
    await giveTo(top, handle);
    await handle.close();
  });

test('what root makes below a folder belongs to its owner', { skip: AS_ROOT }, async (t) => {
  const { copy } = await world(t);
  await chown(copy, OTHER, OTHER);
  await made(copy, 'a/b/c.csv');
  for (const path of ['a', 'a/b', 'a/b/c.csv']) {
    assert.equal((await lstat(join(copy, path))).uid, OTHER, path);
  }
  const like = join(copy, 'like');
  await mkdirLike(like, copy);
  assert.equal((await lstat(like)).uid, OTHER);
});

test('a link or a file in the place of a folder is refused, and nothing is written where it leads', async (t) => {
  const { copy, away } = await world(t);
  await mkdir(join(copy, 'deep'));
  await symlink(away, join(copy, 'deep', 'link'));
  await symlink(join(away, 'new'), join(copy, 'file.csv'));
  await made(copy, 'file');
  for (const path of ['deep/link/x.csv', 'file/x.csv']) {
    const { message } = await fails('Refused', made(copy, path));
    assert.match(message, /leads through a link or a file that somebody put there/, path);
  }
  await assert.rejects(made(copy, 'file.csv'), /EEXIST/);
  const { uid } = await lstat(away);
  assert.deepEqual([await readdir(away), uid], [[], process.getuid?.()]);
});

test(
  'a folder that is exchanged for a link while it is written in is the one that is written in',
  { skip: process.platform === 'linux' ? false : 'only Linux keeps to the folder' },
  async (t) => {
    const { copy, away } = await world(t);
    await mkdir(join(copy, 'deep'));
    await within(copy, 'deep/x.csv', true, async (at) => {
      await rename(join(copy, 'deep'), join(copy, 'moved'));
      await symlink(away, join(copy, 'deep'));
      await (await open(at, 'wx')).close();
    });
    assert.deepEqual(await readdir(away), []);
    assert.deepEqual(await readdir(join(copy, 'moved')), ['x.csv']);
  },
);
