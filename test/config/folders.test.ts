// Where a worker's folders lead: what runs in them is found by its real path, so no link may stay in theirs.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { foldersOf } from '../../src/worker-assembly.ts';

test('links to a bigger disk are followed, also of folders that are not there yet', async (t) => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'fairlead-folders-')));
  t.after(() => rm(root, { recursive: true, force: true }));
  const [data, big] = [join(root, 'data'), join(root, 'big')];
  await mkdir(data);
  for (const name of ['copies', 'isolated', 'objects']) {
    await mkdir(join(big, name), { recursive: true });
    await symlink(join(big, name), join(data, name));
  }
  await symlink(data, join(root, 'link'));
  const linked = { copies: join(big, 'copies'), isolated: join(big, 'isolated') };
  assert.deepEqual(foldersOf({ data: join(root, 'link') }), {
    ...{ data, ...linked },
    objects: join(big, 'objects'),
  });
  await symlink(big, join(root, 'disk'));
  const named = { objects: join(root, 'disk', 'later', 'o'), copies: join(root, 'disk', 'c') };
  assert.deepEqual(foldersOf({ data, ...named }), {
    ...{ data, isolated: linked.isolated },
    ...{ objects: join(big, 'later', 'o'), copies: join(big, 'c') },
  });
});
