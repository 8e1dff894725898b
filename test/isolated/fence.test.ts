// Nothing live can be reached in an isolated target, and its probe says so: with real namespaces and real servers.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { freePort } from '../support/free-ports.ts';
import { isolatedWorld, liveServer } from '../support/isolated/isolated-world.ts';

test('a live server is reached outside and refused inside', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const live = [await liveServer(t, 'live')];
  await it.open('one', live);
  const [probe] = await it.isolation.probe({ target: 'one', live }, waiting());
  assert.equal(probe?.outside, 'reached');
  assert.equal(probe.inside, 'refused');
  assert.match(probe.detail, /inside refused \(ECONNREFUSED\), outside reached/);
});

test('a live folder is reached outside, and inside another one is there', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  const [probe] = await it.isolation.probe({ target: 'one', live: [it.live] }, waiting());
  assert.deepEqual([probe?.inside, probe?.outside], ['refused', 'reached']);
  assert.match(probe?.detail ?? '', /another folder is there/);
});

test('a folder that was not hidden is reached inside', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one', []);
  const [probe] = await it.isolation.probe({ target: 'one', live: [it.live] }, waiting());
  assert.deepEqual([probe?.inside, probe?.outside], ['reached', 'reached']);
});

test('an address that something inside answers at is reached inside', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const live = [await liveServer(t, 'live')];
  await it.open('one', live);
  const port = live[0]?.port ?? 0;
  await it.isolation.start(it.service('one', { port }), waiting());
  const [probe] = await it.isolation.probe({ target: 'one', live }, waiting());
  assert.deepEqual([probe?.inside, probe?.outside], ['reached', 'reached']);
});

test('what is down outside too is refused on both sides, and a name that leads nowhere is silent', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const live = [
    { datastore: 'down', kind: 'address' as const, host: '127.0.0.1', port: await freePort() },
    { datastore: 'unknown', kind: 'address' as const, host: 'nowhere.invalid', port: 5432 },
    { datastore: 'gone', kind: 'folder' as const, path: join(it.directory, 'gone') },
  ];
  await it.open('one', live);
  const probes = await it.isolation.probe({ target: 'one', live }, waiting());
  assert.deepEqual(
    probes.map(({ inside, outside }) => [inside, outside]),
    [
      ['refused', 'refused'],
      ['silent', 'silent'],
      ['refused', 'refused'],
    ],
  );
});

test("a service inside sees neither Fairlead's folder, nor other processes, nor what others keep in /tmp", async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  await it.isolation.start(it.service('one'), waiting());
  assert.deepEqual(await it.asked('one', `/read?path=${join(it.data, 'secret')}`), {
    error: 'ENOENT',
  });
  assert.deepEqual(await it.asked('one', `/list?path=${it.data}`), { names: [] });
  const { pids } = await it.asked('one', '/processes');
  assert.ok(Array.isArray(pids) && pids.length < 10, JSON.stringify(pids));
  const { names } = await it.asked('one', '/list?path=/tmp');
  assert.ok(Array.isArray(names) && names.length === 2 && names.includes('home'), String(names));
});

test('a service inside cannot look into the runner, which still knows what is hidden', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  await it.isolation.start(it.service('one'), waiting());
  const { names } = await it.asked('one', '/list?path=/proc/1/fd');
  assert.ok(Array.isArray(names) && names.length > 3);
  const held = names.map((name) => `/proc/1/fd/${String(name)}`);
  for (const path of ['/proc/1/cwd', '/proc/1/root', ...held]) {
    assert.deepEqual(await it.asked('one', `/list?path=${path}`), { error: 'EACCES' }, path);
  }
});

test('a fence that cannot be raised leaves no target that can be used', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const before = process.env['PATH'] ?? '';
  t.after(() => (process.env['PATH'] = before));
  await mkdir(join(it.directory, 'bin'));
  await writeFile(join(it.directory, 'bin', 'mount'), '#!/bin/sh\necho no >&2\nexit 32\n');
  await chmod(join(it.directory, 'bin', 'mount'), 0o755);
  process.env['PATH'] = `${join(it.directory, 'bin')}:${before}`;
  const { message } = await fails('Unavailable', it.open('one'));
  assert.match(message, /^mount -t proc proc \/proc inside the target: no$/);
  await fails('NotReady', it.isolation.start(it.service('one'), waiting()));
  process.env['PATH'] = before;
  await it.open('one');
  await it.isolation.start(it.service('one'), waiting());
  const gone = { ...it.opening('two'), directory: join(it.directory, 'gone') };
  await fails('NotFound', it.isolation.open(gone, waiting()));
});

test('a server that listens by a path is not reached by it', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const path = join(it.directory, 'server.sock');
  const server = createServer((socket) => socket.end('live'));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => server.close());
  await it.open('one');
  await it.isolation.start(it.service('one'), waiting());
  assert.deepEqual(await it.asked('one', `/hear?path=${path}`), { error: 'ECONNREFUSED' });
  assert.equal(await text(connect(path)), 'live');
});

test('a service inside can read its own folder and write nowhere outside', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  await it.open('one');
  await it.isolation.start(it.service('one'), waiting());
  const program = join(it.directory, 'service.mjs');
  const { text } = await it.asked('one', `/read?path=${program}`);
  assert.equal(text, await readFile(program, 'utf8'));
  for (const path of [program, '/etc/hostname', '/usr/new']) {
    assert.deepEqual(await it.asked('one', `/write?path=${path}`), { error: 'EROFS' }, path);
  }
  assert.deepEqual(await it.asked('one', '/write?path=/tmp/own'), {});
});

test("a service inside gets its environment whole, and nothing of the worker's", async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  process.env['FAIRLEAD_LIVE_SECRET'] = 'hunter2';
  t.after(() => delete process.env['FAIRLEAD_LIVE_SECRET']);
  await it.open('one');
  await it.isolation.start(it.service('one', { environment: { MAIL: 'off' } }), waiting());
  assert.deepEqual(await it.asked('one', '/environment'), {
    PATH: process.env['PATH'],
    HOME: '/tmp/home',
    HOST: '127.0.0.1',
    PORT: '8000',
    MAIL: 'off',
  });
});
