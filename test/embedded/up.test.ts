import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { startTimeOf } from '../../src/machine/process-identity.ts';
import { StartFailure } from '../../src/embedded/start-failure.ts';
import { SettingsError } from '../../src/config/environment.ts';
import { journalOf, standInsFor, TestUp, until } from '../support/up/embedded.ts';

let up: TestUp;
beforeEach(() => {
  up = new TestUp();
});
afterEach(async () => {
  await up.dispose();
});

const alive = (pid: number | undefined) => pid !== undefined && startTimeOf(pid) !== undefined;

test('up.json says where everything is while it runs, and is gone afterwards', async () => {
  const embedded = await up.start();
  const file: unknown = JSON.parse(readFileSync(join(up.data, 'up.json'), 'utf8'));
  assert.deepEqual(file, {
    address: '127.0.0.1:1',
    ...{ uiUrl: null, uiKey: null, profile: null },
    namespace: 'default',
    taskQueue: 'fairlead',
    metricsUrl: null,
    hooksUrl: null,
    hooksToken: null,
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    data: up.data,
  });
  const { host, worker, temporal } = embedded.pids();
  assert.ok(alive(host) && alive(worker));
  assert.equal(temporal, undefined, 'TEMPORAL_ADDRESS is set: no server is started');
  await embedded.stop();
  assert.ok(!alive(host) && !alive(worker));
  assert.ok(!existsSync(join(up.data, 'up.json')));
  assert.ok(!existsSync(join(up.data, 'up.lock')));
});

test('the children are told the data folder and the address, and the worker is stopped first', async () => {
  const embedded = await up.start();
  await embedded.stop();
  assert.deepEqual(journalOf(up.data), [
    `host started at 127.0.0.1:1 with data ${up.data}`,
    `worker started at 127.0.0.1:1 with data ${up.data}`,
    'worker SIGTERM',
    'host SIGTERM',
  ]);
});

test('a child that is killed is started again, and both are said', async () => {
  const embedded = await up.start();
  for (const name of ['worker', 'host'] as const) {
    const before = embedded.pids()[name] ?? 0;
    process.kill(before, 'SIGKILL');
    await until(() => up.said.some((line) => line.startsWith(`the ${nameOf(name)} is back`)));
    const now = embedded.pids()[name];
    assert.notEqual(now, before);
    assert.ok(alive(now));
    const death = `the ${nameOf(name)} (pid ${before}) was killed by SIGKILL; starting it again`;
    assert.ok(
      up.said.some((line) => line.startsWith(death)),
      up.said.join('\n'),
    );
  }
});

function nameOf(child: 'worker' | 'host'): string {
  return child === 'host' ? 'local host' : 'worker';
}

test('a worker that refuses its configuration ends the start with code 2 and its last words', async () => {
  const standIns = standInsFor(up.data, { STAND_IN_EXIT: '2' });
  await assert.rejects(up.start({ standIns }), (error) => {
    assert.ok(error instanceof StartFailure);
    assert.equal(error.code, 2);
    assert.match(
      error.message,
      /^the worker ended with code 2 while starting; it said:\nthe stand-in/,
    );
    return true;
  });
  assert.deepEqual(journalOf(up.data).slice(-1), ['host SIGTERM'], 'the host is stopped again');
  assert.ok(!existsSync(join(up.data, 'up.lock')));
});

test('a worker that ends with any other code while starting is code 5', async () => {
  const standIns = standInsFor(up.data, { STAND_IN_EXIT: '1' });
  await assert.rejects(up.start({ standIns }), { code: 5 });
});

test('a start is given up when it is told to stop, and leaves nothing', async () => {
  const stop = new AbortController();
  const standIns = standInsFor(up.data, { STAND_IN_SHY: '1' });
  const starting = up.start({ standIns, signal: stop.signal });
  const refused = assert.rejects(starting, { code: 130 });
  await until(() => existsSync(join(up.data, 'journal')) && journalOf(up.data).some(isWorkerStart));
  stop.abort();
  await refused;
  assert.deepEqual(journalOf(up.data).slice(-2), ['worker SIGTERM', 'host SIGTERM']);
});

const isWorkerStart = (line: string) => line.startsWith('worker started');

test('a worker that ignores SIGTERM is killed at once when a stop is hurried', async () => {
  const embedded = await up.start({ standIns: standInsFor(up.data, { STAND_IN_DEAF: '1' }) });
  const { worker } = embedded.pids();
  const hurry = new AbortController();
  const stopped = embedded.stop(hurry.signal);
  await until(() => journalOf(up.data).includes('worker SIGTERM'));
  assert.ok(alive(worker));
  hurry.abort();
  await stopped;
  assert.ok(!alive(worker));
});

test('a second start beside a living one is refused with code 6', async () => {
  await up.start();
  const second = up.start();
  await assert.rejects(second, { code: 6 });
});

test('nonsense in the environment or in the ports is refused before anything is made', async () => {
  const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', FAIRLEAD_TASK_QUEUE: 'a b' };
  await assert.rejects(up.start({ env }), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, /FAIRLEAD_TASK_QUEUE is "a b"; it must be letters/);
    return true;
  });
  await assert.rejects(up.start({ uiPort: 8233 }), /give --port too, or leave --ui-port out/);
  await assert.rejects(up.start({ port: 65_000 }), /give --ui-port too/);
});
