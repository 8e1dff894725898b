import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { z } from 'zod';
import { ChildrenFile } from '../../src/embedded/children.ts';
import { lockDataFolder, prepareDataFolder } from '../../src/embedded/data-folder.ts';
import { ownIdentity, startTimeOf } from '../../src/machine/process-identity.ts';
import { StartFailure } from '../../src/embedded/start-failure.ts';
import { newFolder } from '../support/up/embedded.ts';

let folder = '';
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function failure(code: number, ...words: string[]) {
  return (error: unknown) => {
    assert.ok(error instanceof StartFailure, String(error));
    assert.equal(error.code, code);
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    return true;
  };
}

test('a data folder that others may write to, or read, is closed to them', () => {
  const data = join(folder, 'open', 'data');
  mkdirSync(data, { recursive: true });
  chmodSync(data, 0o777);
  const said: string[] = [];
  const say = (line: string): number => said.push(line);
  prepareDataFolder(data, { say });
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.match(said.join('\n'), /^closed .*\/open\/data to other users \(its mode was 777\)/);
  prepareDataFolder(data, { say });
  assert.equal(said.length, 1);
});

test('a data folder that everybody could write to, and somebody did, is not used', () => {
  for (const inside of ['.', 'host']) {
    const data = join(folder, `full-${inside.length}`);
    mkdirSync(join(data, inside), { recursive: true });
    writeFileSync(join(data, inside, 'children.json'), '{}');
    chmodSync(join(data, inside), 0o777);
    assert.throws(
      () => prepareDataFolder(data),
      failure(2, data, 'everybody could write', '--data'),
    );
  }
});

test('a data folder that cannot be written is one sentence and code 2', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  assert.throws(
    () => prepareDataFolder(join(file, 'data')),
    failure(2, file, 'a part of the path is a file', '--data'),
  );
  assert.throws(() => prepareDataFolder(file), failure(2, file, 'it is a file'));
  assert.throws(() => prepareDataFolder('/proc/fairlead'), failure(2, '/proc/fairlead'));
});

test('a lock held by a living process is refused with its pid and code 6', () => {
  const lock = lockDataFolder(folder);
  assert.throws(() => lockDataFolder(folder), failure(6, `pid ${process.pid}`, folder, '--data'));
  lock.release();
  lockDataFolder(folder).release();
});

test('a lock is taken over when its holder is gone, and when its pid is somebody else by now', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  const gone = { pid: child.pid ?? 0, startTime: startTimeOf(child.pid ?? 0) ?? 0 };
  await once(child, 'exit');
  const other = { ...ownIdentity(), startTime: ownIdentity().startTime - 1 };
  for (const holder of [gone, other]) {
    writeFileSync(join(folder, 'up.lock'), JSON.stringify(holder));
    lockDataFolder(folder).release();
  }
  writeFileSync(join(folder, 'up.lock'), '{"pid":');
  const lock = lockDataFolder(folder);
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'up.lock'), 'utf8')), ownIdentity());
  lock.release();
  assert.deepEqual(readdirSync(folder), []);
});

test('a lock that somebody else took over is not released', () => {
  const lock = lockDataFolder(folder);
  const other = { pid: 1, startTime: 1 };
  writeFileSync(join(folder, 'up.lock'), JSON.stringify(other));
  lock.release();
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'up.lock'), 'utf8')), other);
});

test('of many that start at once over the locks of dead ones, one has each', async () => {
  const locks = Array.from({ length: 300 }, (_, i) => join(folder, `lock-${i}`));
  for (const lock of locks) writeFileSync(lock, JSON.stringify({ pid: 1, startTime: 1 }));
  const module = new URL('../../src/machine/lock-file.ts', import.meta.url).href;
  const script = `const { lockFile } = await import(${JSON.stringify(module)});
    process.stdout.write('ready');
    process.stdin.once('data', (paths) => process.stdout.write(JSON.stringify(
      JSON.parse(String(paths)).filter((path) => 'release' in lockFile(path)))));`;
  const contenders = Array.from({ length: 4 }, () => {
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  });
  try {
    await Promise.all(contenders.map((one) => once(one.stdout, 'data')));
    const answers = contenders.map((one) => once(one.stdout, 'data'));
    for (const { stdin } of contenders) stdin.write(JSON.stringify(locks));
    const had = (await Promise.all(answers)).flatMap(([text]) =>
      z.array(z.string()).parse(JSON.parse(String(text))),
    );
    assert.deepEqual(had.toSorted(), locks.toSorted());
    assert.deepEqual(
      readdirSync(folder).toSorted(),
      locks.map((lock) => basename(lock)).toSorted(),
    );
  } finally {
    for (const one of contenders) one.kill('SIGKILL');
  }
});

test('the default data folder is no link, and lies where others cannot exchange it', () => {
  const elsewhere = join(folder, 'elsewhere');
  const link = join(folder, 'link');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, link);
  assert.throws(() => prepareDataFolder(link), failure(2, link, 'is a link', '--data'));
  assert.equal(prepareDataFolder(link, { named: true }), elsewhere);
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  assert.throws(() => prepareDataFolder(join(open, 'data')), failure(2, 'everybody may write'));
  chmodSync(open, 0o1777);
  assert.equal(prepareDataFolder(join(open, 'data')), join(open, 'data'));
});

test('a link in the place of a folder inside is refused, also in a folder that was named', () => {
  const data = join(folder, 'data');
  mkdirSync(data);
  symlinkSync(folder, join(data, 'logs'));
  assert.throws(() => prepareDataFolder(data, { named: true }), failure(2, 'logs is a link'));
});

test(
  "root uses another user's folder only where it was named, and believes nothing in it",
  { skip: process.getuid?.() !== 0 && 'only root can give a folder away' },
  () => {
    const data = join(folder, 'given');
    mkdirSync(data, { mode: 0o755 });
    writeFileSync(join(data, 'children.json'), JSON.stringify({ worker: ownIdentity() }));
    for (const path of [data, join(data, 'children.json')]) chownSync(path, 4242, 4242);
    assert.throws(() => prepareDataFolder(data), failure(2, 'belongs to user 4242'));
    assert.equal(prepareDataFolder(data, { named: true }), data);
    assert.equal(new ChildrenFile(data).get('worker'), undefined);
  },
);
