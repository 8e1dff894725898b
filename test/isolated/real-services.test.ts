// Real services on real copies: the portfolio API on the port that it has live, a client of Postgres on a restored
// cluster; a worker that is not root; a machine that does not allow it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { processesIn } from '../../src/machine/processes-in.ts';
import { whyUnable } from '../../src/platforms/local/isolation/namespaces.ts';
import { ROOT } from '../support/entry.ts';
import { waiting } from '../support/local-daemon.ts';
import { isolatedWorld, OWNER } from '../support/isolated/isolated-world.ts';
import { startPostgres } from '../support/datastores/postgres.ts';
import { folderCopy, serverCopy } from '../support/datastores/copies.ts';

test('the portfolio API answers from a copy on its own port, which somebody else holds outside', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const holder = createServer().unref();
  // Whoever holds it already will do as well.
  await new Promise<void>((resolve) => {
    holder.once('error', () => {
      resolve();
    });
    holder.listen(8000, '127.0.0.1', resolve);
  });
  t.after(() => holder.close());
  const directory = join(ROOT, 'systems', 'commercial-view');
  const live = { datastore: 'portfolio', kind: 'folder' as const, path: join(directory, 'data') };
  const copy = join(it.data, 'copies', 'portfolio');
  await cp(join(live.path, 'current'), copy, { recursive: true, dereference: true });
  const loans = (await readFile(join(copy, 'loans.csv'), 'utf8')).trim().split('\n');
  await writeFile(join(copy, 'loans.csv'), `${loans.slice(0, 4).join('\n')}\n`);
  const opening = { target: 'one', owner: OWNER, system: 'commercial-view', directory };
  await it.isolation.open({ ...opening, live: [live] }, waiting());
  const mounts = [{ place: live, copy: folderCopy(copy) }];
  await it.isolation.mount({ target: 'one', mounts }, waiting());
  const { detail } = await it.isolation.start(
    it.service('one', {
      directory,
      command: ['node', 'versions/v1.mjs'],
      environment: { COMMERCIAL_VIEW_DATA_PATH: 'data' },
    }),
    waiting(),
  );
  assert.match(detail, /GET \/health answered 200/);
  const { loans: answered } = await it.asked('one', '/api/loans?limit=100');
  assert.equal(Array.isArray(answered) && answered.length, 3);
});

test('a client of Postgres finds the copy at the live address', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  const postgres = await startPostgres();
  if (postgres === undefined) {
    t.skip('missing part: Postgres (looked in /usr/lib/postgresql and on PATH)');
    return;
  }
  t.after(postgres.stop);
  const { host, port, database, user, password = '' } = postgres.address;
  const place = { datastore: 'orders', kind: 'address' as const, host: '127.0.0.1', port: 5432 };
  // The client needs the driver: it has to see the repository, wherever that lies.
  await it.isolation.open({ ...it.opening('one', [place]), directory: ROOT }, waiting());
  const copy = serverCopy({ of: 'postgres', host, port, fields: { user, database } });
  await it.isolation.mount({ target: 'one', mounts: [{ place, copy }] }, waiting());
  const environment = { PGHOST: place.host, PGPORT: '5432', PGDATABASE: database };
  await it.isolation.start(
    it.service('one', {
      command: ['node', 'isolated-query.mjs'],
      directory: join(ROOT, 'test', 'support', 'isolated'),
      environment: { ...environment, PGUSER: user, PGPASSWORD: password },
    }),
    waiting(),
  );
  assert.deepEqual(await it.asked('one', '/rows'), { count: 501 });
});

test('a worker that is not root has isolated targets too', async (t) => {
  const it = await isolatedWorld(t);
  if (it === undefined) return;
  if (process.getuid?.() !== 0) {
    t.diagnostic('this is a worker that is not root');
    return;
  }
  const root = join(it.directory, '..', '..');
  const others = await mkdtemp(join(tmpdir(), 'fairlead-isolated-user-'));
  t.after(() => rm(others, { recursive: true, force: true }));
  await chmod(root, 0o755);
  await chown(others, 65_534, 65_534);
  const opening = {
    ...{ folder: join(others, 'isolated'), data: others },
    opening: it.opening('one'),
    start: it.service('one'),
  };
  const program = join(import.meta.dirname, '../support/isolated/open-target.ts');
  const as = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
  const node = [process.execPath, '--import', import.meta.resolve('tsx'), program];
  const worker = spawn('setpriv', [...as, ...node, JSON.stringify(opening)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  const started = once(worker.stdout, 'data');
  await Promise.race([started, once(worker, 'exit').then(() => assert.fail('it ended'))]);
  const inFolder = processesIn(join(others, 'isolated', 'one'));
  assert.ok(inFolder.length >= 2);
  for (const { pid } of inFolder) process.kill(pid, 'SIGKILL');
  worker.kill('SIGKILL');
});

/** A folder with one program, before all others on PATH. */
async function withProgram(t: TestContext, name: string, said: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-program-'));
  const before = process.env['PATH'] ?? '';
  t.after(async () => {
    process.env['PATH'] = before;
    await rm(folder, { recursive: true, force: true });
  });
  await writeFile(join(folder, name), `#!/bin/sh\necho "${said}" >&2\nexit 1\n`);
  await chmod(join(folder, name), 0o755);
  process.env['PATH'] = `${folder}:${before}`;
}

test('a machine that forbids namespaces says what came back, and what to allow', async (t) => {
  await withProgram(t, 'unshare', 'unshare: unshare failed: Operation not permitted');
  const why = await whyUnable();
  assert.match(why ?? '', /unshare in new namespaces came back with "unshare: unshare failed/);
  assert.match(why ?? '', /kernel\.unprivileged_userns_clone=1/);
});

test('a machine without a tool says which, and what to install', async (t) => {
  const before = process.env['PATH'];
  t.after(() => (process.env['PATH'] = before));
  process.env['PATH'] = '/nowhere';
  assert.match((await whyUnable()) ?? '', /needs the program setpriv .*install util-linux/);
});
