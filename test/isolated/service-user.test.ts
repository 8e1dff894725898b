// Whom a drill starts services as where the worker is root: whom they run as live, and root nowhere else.
import assert from 'node:assert/strict';
import { chmod, chown, lstat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isolatedWorld, type IsolatedWorld } from '../support/isolated/isolated-world.ts';
import { waiting } from '../support/local-daemon.ts';

const AS_ROOT = process.getuid?.() !== 0 && 'only as root';
const OWNER = 31_234;
const NAMED = 31_235;

/** A world in which others than root may go to the system's folder. */
async function passable(t: TestContext): Promise<IsolatedWorld | undefined> {
  const it = await isolatedWorld(t);
  if (it === undefined) return undefined;
  await chmod(dirname(dirname(it.directory)), 0o755);
  return it;
}

test(
  'a service inside is the owner of its folder, with their copy, and reads nothing of root',
  { skip: AS_ROOT },
  async (t) => {
    const it = await passable(t);
    if (it === undefined) return;
    for (const path of ['', 'data', 'service.mjs'])
      await chown(join(it.directory, path), OWNER, OWNER);
    const ofRoot = join(it.directory, 'of-root');
    await writeFile(ofRoot, 'a key', { mode: 0o600 });
    await it.open('one');
    const mounts = [
      { place: it.live, copy: { kind: 'folder', of: 'files', directory: it.copy } as const },
    ];
    await it.isolation.mount({ target: 'one', mounts }, waiting());
    await it.isolation.start(it.service('one'), waiting());
    assert.deepEqual(await it.asked('one', '/who'), { uid: OWNER, gid: OWNER, groups: [OWNER] });
    for (const path of [ofRoot, '/etc/shadow', '/proc/1/environ']) {
      assert.deepEqual(await it.asked('one', `/read?path=${path}`), { error: 'EACCES' }, path);
    }
    const loans = join(it.live.path, 'loans.csv');
    assert.deepEqual(await it.asked('one', `/append?path=${loans}`), {});
    assert.deepEqual(await it.asked('one', `/read?path=${loans}`), { text: 'copy\nmore\n' });
    assert.deepEqual(await it.asked('one', `/write?path=/tmp/own`), {});
    // Mounted again, as by a retry: what its owner may have put there meanwhile is left alone.
    await it.isolation.mount({ target: 'one', mounts }, waiting());
    assert.equal((await lstat(it.copy)).uid, OWNER);
  },
);

test(
  'a service inside is whom the file names, in a folder that is all root’s',
  { skip: AS_ROOT },
  async (t) => {
    const it = await passable(t);
    if (it === undefined) return;
    await it.open('one');
    await it.isolation.start(it.service('one', { user: String(NAMED) }), waiting());
    assert.deepEqual(await it.asked('one', '/who'), { uid: NAMED, gid: NAMED, groups: [NAMED] });
  },
);

test(
  'a service inside whose file names another user than the owner of its folder is not started',
  { skip: AS_ROOT },
  async (t) => {
    const it = await passable(t);
    if (it === undefined) return;
    await chown(it.directory, OWNER, OWNER);
    await it.open('one');
    await assert.rejects(
      it.isolation.start(it.service('one', { user: 'root' }), waiting()),
      /its processes are to run as root, and user 31234 can exchange/,
    );
  },
);
