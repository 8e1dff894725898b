// What every object store promises, run against the folder and the one in memory; then what only a folder can get wrong.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { ObjectRemovalPort, ObjectsPort } from '../../src/activities/ports-data.ts';
import { Failure } from '../../src/domain/failure.ts';
import { createObjectRemoval, createObjectsFolder } from '../../src/integrations/objects-folder.ts';
import { bytes, collected, manyBytes } from '../support/bytes.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory-objects.ts';

type Objects = ObjectsPort & ObjectRemovalPort;

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-objects-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const onFolder = (dir: string): Objects => ({
  ...createObjectsFolder(dir),
  ...createObjectRemoval(dir),
});

const stores: [string, (t: TestContext) => Promise<Objects>][] = [
  ['the folder', async (t) => onFolder(await folder(t))],
  ['the memory', async () => createMemoryObjects()],
];

const keysOf = async (objects: ObjectsPort, prefix = ''): Promise<string[]> =>
  (await objects.list(prefix)).map(({ key }) => key);

for (const [name, make] of stores) {
  describe(`${name} keeps the objects contract`, () => {
    test('what is put is read back, with its size and SHA-256', async (t) => {
      const objects = await make(t);
      const put = await objects.put({ key: 'a/b', body: bytes('one ', 'two') }, waiting());
      assert.equal(put.size, 7);
      assert.equal(put.sha256, createHash('sha256').update('one two').digest('hex'));
      const { info, body } = await objects.get('a/b', waiting());
      assert.equal(await collected(body), 'one two');
      assert.deepEqual({ ...info, sha256: put.sha256 }, put);
    });

    test('an empty object is an object', async (t) => {
      const objects = await make(t);
      await objects.put({ key: 'empty', body: bytes() }, waiting());
      assert.deepEqual(await keysOf(objects), ['empty']);
      assert.equal(await collected((await objects.get('empty', waiting())).body), '');
    });

    test('a key that is taken is refused and stays as it is', async (t) => {
      const objects = await make(t);
      await objects.put({ key: 'a', body: bytes('first') }, waiting());
      await fails('Refused', objects.put({ key: 'a', body: bytes('second') }, waiting()));
      assert.equal(await collected((await objects.get('a', waiting())).body), 'first');
    });

    test('of many that put one key at once, one does', async (t) => {
      const objects = await make(t);
      const results = await Promise.allSettled(
        ['1', '2', '3', '4', '5'].map((text) =>
          objects.put({ key: 'x/a', body: bytes(text) }, waiting()),
        ),
      );
      const done = results.filter((one) => one.status === 'fulfilled');
      assert.equal(done.length, 1);
      for (const one of results) {
        if (one.status === 'rejected') {
          assert.ok(one.reason instanceof Failure && one.reason.kind === 'Refused');
        }
      }
    });

    test('a body that throws, and a cancel, leave nothing and can be tried again', async (t) => {
      const objects = await make(t);
      const broken = async function* () {
        yield Buffer.from('half');
        throw new Failure('CheckFailed', 'the tool failed');
      };
      await fails('CheckFailed', objects.put({ key: 'a', body: broken() }, waiting()));
      const stop = new AbortController();
      const cancelled = async function* () {
        yield Buffer.from('half');
        stop.abort(new Failure('Unavailable', 'cancelled'));
        yield Buffer.from('rest');
      };
      const put = { key: 'a', body: cancelled() };
      await fails('Unavailable', objects.put(put, { ...waiting(), signal: stop.signal }));
      assert.deepEqual(await keysOf(objects), []);
      await objects.put({ key: 'a', body: bytes('whole') }, waiting());
    });

    test('lists by prefix in the order of keys', async (t) => {
      const objects = await make(t);
      for (const key of ['s/b/2', 's/a/9', 's/a-b/1', 's/a/10', 't/a', 's/aa'])
        await objects.put({ key, body: bytes(key) }, waiting());
      assert.deepEqual(await keysOf(objects, 's/a'), ['s/a-b/1', 's/a/10', 's/a/9', 's/aa']);
      assert.deepEqual(await keysOf(objects, 's/a/'), ['s/a/10', 's/a/9']);
      assert.deepEqual(await keysOf(objects, 'nothing/'), []);
      assert.equal((await keysOf(objects)).length, 6);
    });

    test('a missing object is NotFound', async (t) => {
      const objects = await make(t);
      await fails('NotFound', objects.get('no/such', waiting()));
    });

    test('removes what is as expected, refuses what is not, and is fine with what is gone', async (t) => {
      const objects = await make(t);
      const { etag } = await objects.put({ key: 'a/b', body: bytes('x') }, waiting());
      await fails('WorldChanged', objects.remove({ key: 'a/b', etag: `${etag}0` }));
      await objects.remove({ key: 'a/b', etag });
      await objects.remove({ key: 'a/b', etag });
      assert.deepEqual(await keysOf(objects), []);
    });

    test('no key leads out of the store', async (t) => {
      const objects = await make(t);
      for (const key of ['', '..', '../x', 'a/../b', '/etc/x', 'a//b', '.hidden', 'a/.b', 'a\0b'])
        await fails('BadInput', objects.put({ key, body: bytes('x') }, waiting()));
      assert.deepEqual(await keysOf(objects), []);
    });
  });
}

test('the folder shows no reader half an object, and says how far it is', async (t) => {
  const dir = await folder(t);
  const objects = onFolder(dir);
  const beats: unknown[] = [];
  let seen = 0;
  let listed = Promise.resolve<string[]>([]);
  const body = manyBytes(40 * 1024 * 1024, () => {
    if ((seen += 1) === 600) listed = keysOf(objects);
  });
  const beat = (progress: unknown): void => {
    beats.push(progress);
  };
  await objects.put({ key: 'big', body }, { ...waiting(), beat });
  assert.deepEqual(await listed, []);
  assert.deepEqual(beats, [{ written: 16_777_216 }, { written: 33_554_432 }]);
});

test('what a killed writer left in the folder is no object, and is swept when it is old', async (t) => {
  const dir = await folder(t);
  const objects = onFolder(dir);
  await objects.put({ key: 'a', body: bytes('x') }, waiting());
  await writeFile(join(dir, '.incoming', 'left'), 'half');
  assert.deepEqual(await keysOf(objects), ['a']);
  assert.equal(await objects.sweep(Date.now() - 60_000), 0);
  assert.equal(await objects.sweep(Date.now() + 60_000), 1);
  assert.deepEqual(await readdir(join(dir, '.incoming')), []);
  assert.deepEqual(await keysOf(objects), ['a']);
});

test('an object of the folder that somebody changed is not removed', async (t) => {
  const dir = await folder(t);
  const objects = onFolder(dir);
  const { etag } = await objects.put({ key: 'a/b', body: bytes('x') }, waiting());
  await appendFile(join(dir, 'a/b'), 'y');
  await fails('WorldChanged', objects.remove({ key: 'a/b', etag }));
});

test('removing the last object of a folder removes the folder, and not the store', async (t) => {
  const dir = await folder(t);
  const objects = onFolder(dir);
  const { etag } = await objects.put({ key: 'a/b/c', body: bytes('x') }, waiting());
  await objects.put({ key: 'a/d', body: bytes('x') }, waiting());
  await objects.remove({ key: 'a/b/c', etag });
  assert.deepEqual(await readdir(join(dir, 'a')), ['d']);
});

test('a link that somebody put into the folder is not listed as an object', async (t) => {
  const dir = await folder(t);
  await symlink('/etc', join(dir, 'etc'));
  await symlink('/etc/passwd', join(dir, 'passwd'));
  assert.deepEqual(await keysOf(onFolder(dir)), []);
});

test('a store that cannot be written says so, and may be tried again', async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'file'), '');
  const failure = await fails(
    'Unavailable',
    onFolder(join(dir, 'file')).put({ key: 'a', body: bytes('x') }, waiting()),
  );
  assert.match(failure.message, /Check that the folder is there, writable and has space/);
});

test('an object of the folder that cannot be looked at is not taken for missing', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-objects-'));
  // By a tool that goes down folder by folder: the whole path is too long for anybody.
  t.after(() => execFileSync('rm', ['-rf', dir]));
  let deep = dir;
  while (deep.length + 200 < 4090) deep = join(deep, 'd'.repeat(199));
  await mkdir(deep, { recursive: true });
  execFileSync('/bin/sh', ['-c', `: > ${'f'.repeat(199)}`], { cwd: deep });
  const failure = await fails('Unavailable', onFolder(dir).list(''));
  assert.match(failure.message, /looking at .*ENAMETOOLONG/);
});

test('a body that fails on a file of its own is not taken for trouble of the folder', async (t) => {
  const objects = onFolder(await folder(t));
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
  const failing = async function* () {
    yield Buffer.from('half');
    throw full;
  };
  await assert.rejects(objects.put({ key: 'a', body: failing() }, waiting()), full);
});
