// Whose the files of the local host are, and those of its services, where it was started with a umask that closes nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { closeToOthers, withUsualUmask } from '../../src/machine/own-umask.ts';
import { keepFile } from '../../src/machine/keep-file.ts';
import { freePort } from '../support/free-ports.ts';
import { plainSpec, TestHost, tokens } from '../support/local-daemon.ts';

const isRoot = process.getuid?.() === 0;
const AS_NOBODY = { uid: 65_534, gid: 65_534, stdio: 'pipe' } as const;
/** Writes a file, then is the plain service. */
const WRITES = "require('fs').writeFileSync(process.env.OUT, 'x'); import(process.env.SERVICE)";

async function opened(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true });
  const modes = await Promise.all(
    found.map(async (name) => [name, (await lstat(join(folder, name))).mode & 0o077] as const),
  );
  return modes.filter(([, mode]) => mode !== 0).map(([name]) => name);
}

test('what the local host writes is closed to others, and its services have the umask back', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-closed-'));
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const host = await TestHost.start();
  t.after(async () => {
    await host.end();
    await rm(folder, { recursive: true });
  });
  const out = join(folder, 'written');
  const service = { system: 'shop', service: 'api' };
  const spec = plainSpec(service, 'v1', await freePort(), {
    command: [process.execPath, '-e', WRITES],
    configuration: {
      OUT: out,
      SERVICE: join(import.meta.dirname, '../support/plain-service.mjs'),
    },
  });
  await host.ready(spec, 1, tokens()());
  assert.equal((await stat(out)).mode & 0o777, 0o666);
  assert.deepEqual(await opened(host.data), []);
  if (!isRoot) {
    t.diagnostic('not tried as another user, for which it takes root');
    return;
  }
  // As if somebody had opened the folders by hand.
  for (const at of [host.data, join(host.data, 'host')]) await chmod(at, 0o755);
  for (const name of ['state.json', 'host.json', 'host.lock']) {
    assert.throws(
      () => execFileSync('cat', [join(host.data, 'host', name)], AS_NOBODY),
      /Permission denied/,
    );
  }
});

test('a process that closes itself to others keeps the mode of what it writes for them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-closed-'));
  const before = process.umask(0o022);
  t.after(async () => {
    process.umask(before);
    await rm(folder, { recursive: true });
  });
  closeToOthers();
  await keepFile(join(folder, 'for-others'), 'x', { mode: 0o664 });
  await keepFile(join(folder, 'own'), 'x', { mode: 0o600 });
  const modes = ['for-others', 'own'].map(
    async (name) => (await stat(join(folder, name))).mode & 0o777,
  );
  assert.deepEqual(await Promise.all(modes), [0o644, 0o600]);
  assert.equal(
    withUsualUmask(() => execFileSync('sh', ['-c', 'umask'], { encoding: 'utf8' })).trim(),
    '0022',
  );
  await writeFile(join(folder, 'plain'), 'x');
  assert.equal((await stat(join(folder, 'plain'))).mode & 0o777, 0o600);
});
