// `fairlead down`, as a process of its own, on an `up` that runs as another one.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { startTimeOf } from '../../src/machine/process-identity.ts';
import { runCli } from '../support/run-cli.ts';
import { journalOf, TestUp, until } from '../support/up/embedded.ts';

let up: TestUp;
const spawned: ChildProcess[] = [];
beforeEach(() => {
  up = new TestUp();
});
afterEach(async () => {
  for (const child of spawned.splice(0)) child.kill('SIGKILL');
  await up.dispose();
});

const alive = (pid: number | undefined) => pid !== undefined && startTimeOf(pid) !== undefined;
const down = (...more: string[]) => runCli(['down', '--data', up.data, ...more]);

async function otherUp(): Promise<ChildProcess> {
  const script = resolve(import.meta.dirname, '../support/up/up-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, up.data], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  spawned.push(child);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await until(() => out.includes('\n') || child.exitCode !== null);
  return child;
}

test('ends an `up` and all that it runs, the worker first, and says which', async () => {
  const running = await otherUp();
  const gone = once(running, 'exit');
  const { code, stdout, stderr } = await down();
  assert.equal(code, 0, stderr);
  const pids = [...stdout.matchAll(/^ended .+ \(pid (\d+)\)$/gm)].map(([, pid]) => Number(pid));
  assert.match(stdout, new RegExp(`^ended \`up\` \\(pid ${running.pid ?? 0}\\)\nended the worker`));
  assert.match(stdout, /^ended the local host with its services/m);
  assert.deepEqual([pids.length, pids.filter(alive)], [3, []]);
  assert.deepEqual(await gone, [0, null], '`up` ended well');
  assert.deepEqual(journalOf(up.data).slice(-2), ['worker SIGTERM', 'host SIGTERM']);
  const again = await down('--json');
  assert.equal(again.code, 0);
  const said = { schema: 'fairlead/down/v1', data: up.data, ended: [], left: [], copies: [] };
  assert.deepEqual(JSON.parse(again.stdout), said);
  assert.equal((await down()).stdout, `nothing of an \`up\` runs on ${up.data}\n`);
});

test('ends what an `up` left that was killed', async () => {
  const running = await otherUp();
  running.kill('SIGKILL');
  await once(running, 'exit');
  const { code, stdout } = await down('--json');
  assert.equal(code, 0);
  const { ended, left } = JSON.parse(stdout) as Record<'ended' | 'left', { pid: number }[]>;
  assert.deepEqual([ended.length, left], [2, []]);
  assert.deepEqual(
    ended.filter(({ pid }) => alive(pid)),
    [],
  );
});

test('leaves the server of a copy that people look into, and says so', async () => {
  const copy = join(up.data, 'copies', 'recover-shop-orders');
  mkdirSync(copy, { recursive: true });
  const server = spawn('sleep', ['600'], { cwd: copy });
  spawned.push(server);
  await once(server, 'spawn');
  const { code, stdout } = await runCli(['down', '--data', up.data], {
    FAIRLEAD_COPIES: join(up.data, 'copies'),
  });
  assert.equal(code, 0);
  assert.match(
    stdout,
    new RegExp(
      `a copy of a backup goes on in \\S+recover-shop-orders \\(pid ${server.pid ?? 0}\\)`,
    ),
  );
  assert.ok(alive(server.pid));
});

test('leaves alone what a folder names that is somebody else by now', async () => {
  const self = { pid: process.pid, startTime: (startTimeOf(process.pid) ?? 0) - 1 };
  for (const name of ['up.lock', 'children.json'])
    writeFileSync(join(up.data, name), JSON.stringify({ ...self, worker: self }));
  assert.match((await down()).stdout, /^nothing of an `up` runs/);
});

const isRoot = process.getuid?.() === 0;
test("does nothing to another user's, and refuses", { skip: !isRoot && 'needs root' }, async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { uid: 54_321 });
  spawned.push(child);
  const pid = child.pid ?? 0;
  const theirs = { pid, startTime: startTimeOf(pid) };
  mkdirSync(join(up.data, 'host'), { recursive: true });
  const lock = join(up.data, 'up.lock');
  writeFileSync(lock, JSON.stringify(theirs));
  const byProcess = await down();
  assert.equal(byProcess.code, 6);
  assert.match(byProcess.stderr, /is another user's process: nothing was ended/);
  chownSync(lock, 54_321, 54_321);
  const byFile = await down();
  assert.equal(byFile.code, 6);
  assert.match(byFile.stderr, /up\.lock is another user's file: nothing was ended/);
  assert.ok(alive(pid));
});
