import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { z } from 'zod';
import { processIdentity, startTimeOf } from '../../src/machine/process-identity.ts';
import { journalOf, TestUp, until } from '../support/up/embedded.ts';

let up: TestUp;
let other: ChildProcess | undefined;
beforeEach(() => {
  up = new TestUp();
});
afterEach(async () => {
  if (other && other.exitCode === null && other.signalCode === null) {
    other.kill('SIGTERM');
    await once(other, 'exit');
  }
  other = undefined;
  await up.dispose();
});

const alive = (pid: number | undefined) => pid !== undefined && startTimeOf(pid) !== undefined;
const children = z.object({ worker: processIdentity, host: processIdentity });

/** An `up` in a process of its own that is ready; its children's pids. */
async function otherUp(): Promise<{ process: ChildProcess; worker: number; host: number }> {
  const script = resolve(import.meta.dirname, '../support/up/up-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, up.data], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  other = child;
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  await until(() => out.includes('\n') || child.exitCode !== null);
  assert.match(out, /"taskQueue":"fairlead"/);
  const file = children.parse(JSON.parse(readFileSync(join(up.data, 'children.json'), 'utf8')));
  return { process: child, worker: file.worker.pid, host: file.host.pid };
}

test('after a kill -9 the next start adopts the local host and replaces the worker', async () => {
  const first = await otherUp();
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  assert.ok(alive(first.host) && alive(first.worker), 'both outlive a killed `up`');

  const embedded = await up.start();
  assert.equal(embedded.pids().host, first.host);
  assert.notEqual(embedded.pids().worker, first.worker);
  assert.ok(!alive(first.worker));
  assert.match(up.said.join('\n'), new RegExp(`replacing the worker \\(pid ${first.worker}\\)`));
  assert.match(up.said.join('\n'), new RegExp(`adopting the local host \\(pid ${first.host}\\)`));

  process.kill(first.host, 'SIGKILL');
  await until(() => up.said.some((line) => line.startsWith('the local host is back')));
  assert.notEqual(embedded.pids().host, first.host, 'an adopted host is started again, too');
  const pids = Object.values(embedded.pids());
  await embedded.stop();
  assert.deepEqual(pids.filter(alive), []);
});

test('a start that fails leaves an adopted local host running', async () => {
  const first = await otherUp();
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  const worker = () => ({ command: '/nowhere/node', args: [], env: {} });
  await assert.rejects(up.start({ standIns: { worker } }), { code: 5 });
  assert.ok(alive(first.host));
  await up.start();
});

test('another --port-offset than that of the host left behind is refused with code 2', async () => {
  const first = await otherUp();
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  await assert.rejects(up.start({ portOffset: 100 }), (error) => {
    assert.ok(error instanceof Error && 'code' in error && error.code === 2);
    assert.match(error.message, /runs with --port-offset 0/);
    return true;
  });
  assert.ok(alive(first.host));
  await up.start();
});

test("a pid that is somebody else's by now is left alone", async () => {
  const self = { pid: process.pid, startTime: (startTimeOf(process.pid) ?? 0) - 1 };
  writeFileSync(join(up.data, 'children.json'), JSON.stringify({ worker: self, host: self }));
  const embedded = await up.start();
  assert.notEqual(embedded.pids().host, process.pid);
  assert.ok(!up.said.some((line) => /replacing|adopting/.test(line)), up.said.join('\n'));
});

test('Ctrl-C stops everything, the worker first, and ends well', async () => {
  const { process: running, worker, host } = await otherUp();
  running.kill('SIGINT');
  const [code] = (await once(running, 'exit')) as unknown[];
  assert.equal(code, 0);
  assert.ok(!alive(worker) && !alive(host));
  assert.deepEqual(journalOf(up.data).slice(-2), ['worker SIGTERM', 'host SIGTERM']);
});
