// An isolated target lives on without the worker that opened it, and nothing of it is left when it is closed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  access,
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { amongOthers, giveFolder, openDoor } from '../../src/datastores/servers/apart.ts';
import { allPids, commandOf, startTimeOf } from '../../src/machine/process-identity.ts';
import { processesIn } from '../../src/machine/processes-in.ts';
import { endOfFile } from '../../src/platforms/local/end-of-log.ts';
import { loaderArgs } from '../support/entry.ts';
import { fails } from '../support/fails.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { isolatedWorld, liveServer, OWNER } from '../support/isolated/isolated-world.ts';
import { folderCopy, serverCopy } from '../support/datastores/copies.ts';

/** Its processes are in no folder that is seen from here, so they are found by a word in their arguments. */
function processesWith(word: string): string[] {
  return allPids()
    .map(commandOf)
    .filter((command) => command.includes(word));
}

test('a command that dies says how, with the end of what it printed', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const dying = it.service('one', { environment: { DIE_AT_START: '1' } });
  const { message } = await fails('CheckFailed', it.isolation.start(dying, waiting()));
  assert.match(
    message,
    /does not run on the copy: it exited with 3; .*too old: expected 7, found 6/,
  );
  const unknown = it.service('one', { service: 'other', command: ['no-such-program'] });
  const { message: said } = await fails('CheckFailed', it.isolation.start(unknown, waiting()));
  assert.match(said, /no-such-program.*No such file/s);
  await it.isolation.start(it.service('one'), waiting());
});

test('the door to the server of a copy ends once its folder is removed, whoever removed it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-door-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const apart = amongOthers();
  await giveFolder(folder, apart);
  await openDoor(folder, 'server.sock', apart, waiting().signal);
  const [door] = processesIn(folder);
  assert.ok(door);
  await rm(folder, { recursive: true });
  await eventually('the door to end', () => startTimeOf(door.pid) !== door.startTime);
});

test('of a log that fits into no string its end is read', async (t) => {
  const file = join(await mkdtemp(join(tmpdir(), 'fairlead-log-')), 'api.log');
  t.after(() => rm(dirname(file), { recursive: true }));
  await writeFile(file, '');
  await truncate(file, 600 * 1024 * 1024);
  await appendFile(file, 'the last words');
  assert.equal(await endOfFile(file, 10), 'last words');
  await writeFile(file, 'short');
  assert.equal(await endOfFile(file, 10), 'short');
});

test('a service that is never healthy is given up at its deadline', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const ill = it.service('one', { environment: { HEALTH: 'never' }, deadlineMs: 500 });
  const { message } = await fails('CheckFailed', it.isolation.start(ill, waiting()));
  assert.match(message, /was not ready within 500 ms: GET \/health on port 8000: answered 503/);
});

test('a port where nothing listens inside fails the question, whoever listens outside', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const { port } = await liveServer(t, 'live');
  await it.open('one');
  const question = { target: 'one', port, path: '/', timeoutMs: 1000 };
  const { message } = await fails('CheckFailed', it.isolation.ask(question, waiting()));
  assert.match(message, /ECONNREFUSED/);
});

test('a worker that is killed leaves its target to the next one, which goes on with it and closes it', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const word = `opened-by-${process.pid}`;
  const opening = {
    ...{ folder: join(it.data, 'isolated'), data: it.data },
    opening: it.opening('one'),
    start: it.service('one', { command: [process.execPath, 'service.mjs', word] }),
  };
  const program = join(import.meta.dirname, '../support/isolated/open-target.ts');
  const loader = loaderArgs().length > 0 ? loaderArgs() : ['--import', import.meta.resolve('tsx')];
  const worker = spawn(process.execPath, [...loader, program, JSON.stringify(opening)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(worker.stdout, 'data');
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  const next = it.another();
  const [found] = await next.list();
  assert.deepEqual([found?.target, found?.owner], ['one', OWNER]);
  await next.open(it.opening('one'), waiting());
  assert.deepEqual(await it.asked('one', '/health'), {});
  assert.equal(processesWith(word).length > 0, true);
  await next.close({ target: 'one', owner: OWNER }, waiting());
  assert.deepEqual(processesWith(word), []);
  assert.deepEqual(await next.list(), []);
});

test('a closed target leaves no process, no mount and no folder; closing it again is fine', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const word = `left-over-${process.pid}`;
  const copy = await liveServer(t, 'copy');
  const place = { ...copy, port: 5432 };
  await it.open('one', [it.live, place]);
  const address = serverCopy({ of: 'redis', host: copy.host, port: copy.port });
  const files = folderCopy(it.copy);
  const copyMounts = [
    { place, copy: address },
    { place: it.live, copy: files },
  ];
  await it.isolation.mount({ target: 'one', mounts: copyMounts }, waiting());
  const command = [process.execPath, 'service.mjs', word];
  await it.isolation.start(it.service('one', { command }), waiting());
  const folder = join(it.data, 'isolated', 'one');
  assert.ok(processesIn(folder).length >= 3, 'unshare, runner and relay work in the folder');
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  await it.isolation.close({ target: 'one', owner: OWNER }, waiting());
  assert.deepEqual(processesIn(folder), []);
  assert.deepEqual(processesWith(word), []);
  await assert.rejects(access(folder));
  assert.equal(await readFile('/proc/self/mountinfo', 'utf8'), mounts);
  assert.deepEqual(await readdir(it.live.path), ['loans.csv']);
  await it.isolation.close({ target: 'one', owner: OWNER }, waiting());
  await rm(it.copy, { recursive: true });
});

test('a target whose processes were ended says so, and is opened anew', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const folder = join(it.data, 'isolated', 'one');
  await eventually('the target to end', () => {
    const left = processesIn(folder);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    return left.length === 0;
  });
  const { message } = await fails('NotReady', it.isolation.start(it.service('one'), waiting()));
  assert.match(message, /target one does not answer any more .*; close it and open it anew/);
  await it.open('one');
  await it.isolation.start(it.service('one'), waiting());
});

test('a target opened for other live places is another one', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const { message } = await fails('Refused', it.open('one', []));
  assert.match(message, /was opened with other live places; close it, or name another/);
});

test('a cancel stops waiting for a service', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const stop = new AbortController();
  const ill = it.service('one', { environment: { HEALTH: 'never' } });
  let beats = 0;
  const beat = (): void => {
    beats += 1;
    if (beats === 3) stop.abort(new Error('cancelled'));
  };
  await assert.rejects(it.isolation.start(ill, { signal: stop.signal, beat }), /cancel|abort/i);
});
