// What every object store promises, run against the folder and the one in memory; then what only a folder can get wrong.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord } from '../../src/domain/json.ts';
import { createObjectRemoval, createObjectsFolder } from '../../src/integrations/objects-folder.ts';
import { bytes, manyBytes } from '../support/bytes.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { keepsObjectsContract, keysOf, type Objects } from '../support/objects-contract.ts';

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

for (const [name, make] of stores) keepsObjectsContract(name, make);

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
  assert.ok(beats.length >= 3, `${beats.length} beats`);
  const written = beats.map((one) => (isRecord(one) ? Number(one['written']) : 0));
  assert.equal(
    written.reduce((sum, bytes) => sum + bytes, 0),
    40 * 1024 * 1024,
  );
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

test('what a killed writer left in the folder is swept at once, and nothing that is still written', async (t) => {
  const dir = await folder(t);
  const objects = onFolder(dir);
  const code = `import { createObjectsFolder } from './src/integrations/objects-folder.ts';
    const body = async function* () { for (;;) { yield Buffer.alloc(65536); await new Promise((go) => setTimeout(go, 5)); } };
    const waiting = { signal: new AbortController().signal, beat: () => undefined };
    await createObjectsFolder(${JSON.stringify(dir)}).put({ key: 'a', body: body() }, waiting);`;
  const writer = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code]);
  t.after(() => writer.kill('SIGKILL'));
  const incoming = () => readdir(join(dir, '.incoming')).catch(() => []);
  while ((await incoming()).length === 0 && writer.exitCode === null) await sleep(20);
  assert.equal(await objects.sweep(0), 0);
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  let swept = 0;
  const body = async function* () {
    yield Buffer.from('x');
    swept = await objects.sweep(0);
  };
  await objects.put({ key: 'b', body: body() }, waiting());
  assert.equal(swept, process.platform === 'linux' ? 1 : 0);
  assert.deepEqual(await keysOf(objects), ['b']);
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

test('an object is put while others empty and remove its folder', async (t) => {
  const objects = onFolder(await folder(t));
  const puts = Array.from({ length: 40 }, async (_, n) => {
    const { key, etag } = await objects.put({ key: `a/b/${n}`, body: bytes('x') }, waiting());
    await objects.remove({ key, etag });
  });
  await Promise.all(puts);
  assert.deepEqual(await keysOf(objects), []);
});

test('a link that somebody put into the folder is not listed as an object', async (t) => {
  const dir = await folder(t);
  await symlink('/etc', join(dir, 'etc'));
  await symlink('/etc/passwd', join(dir, 'passwd'));
  assert.deepEqual(await keysOf(onFolder(dir)), []);
});

test('not everybody may write into the folder, whatever the umask', async (t) => {
  const dir = await folder(t);
  const before = process.umask(0);
  t.after(() => process.umask(before));
  await onFolder(dir).put({ key: 'a/b/c', body: bytes('x') }, waiting());
  for (const path of ['.incoming', 'a', 'a/b', 'a/b/c']) {
    assert.equal((await stat(join(dir, path))).mode & 0o002, 0, path);
  }
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
