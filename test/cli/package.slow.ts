// The packed tarball, installed in an empty folder, is the whole product: no clone, no build, no demo.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ROOT } from '../support/entry.ts';
import { freePort } from '../support/free-ports.ts';

const run = promisify(execFile);
/** The largest that the tarball may become, in bytes: docs/container.md tells its size. */
const MOST_BYTES = 3_000_000;

let folder: string;
let up: ChildProcess | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-package-'));
});
after(async () => {
  if (up?.exitCode === null) {
    up.kill('SIGINT');
    await once(up, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

/** Runs the installed command; a code that is not 0 rejects. */
async function fairlead(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(join(folder, 'node_modules', '.bin', 'fairlead'), args, { cwd: folder, env: ENV });
}

const cli = process.env['FAIRLEAD_TEST_TEMPORAL_CLI'];
const ENV: NodeJS.ProcessEnv = {
  ...{ PATH: process.env['PATH'], HOME: process.env['HOME'] },
  ...(cli !== undefined && { FAIRLEAD_TEMPORAL_CLI: cli }),
};

test('the tarball has what runs and what explains it, and is small', async () => {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  const [packed] = JSON.parse(stdout) as { size: number; files: { path: string }[] }[];
  assert.ok(packed !== undefined && packed.size < MOST_BYTES, `${packed?.size ?? 0} bytes`);
  const paths = packed.files.map(({ path }) => path);
  for (const path of ['dist/client.js', 'dist/workflow-bundle.js', 'README.md', 'LICENSE']) {
    assert.ok(paths.includes(path), path);
  }
  assert.deepEqual(
    paths.filter(
      (path) => !/^(dist|docs)\/|^(README|CHANGELOG)\.md$|^LICENSE$|^package\.json$/.test(path),
    ),
    [],
  );
});

test('it is installed from the cache into an empty folder, and says its version', async () => {
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...quiet, join(folder, tarball)], { cwd: folder });
  assert.match((await fairlead('--version')).stdout, /^\d+\.\d+\.\d+/);
});

test('a tiny system passes the check, is served, and is deployed again', async () => {
  const home = join(folder, 'systems', 'tiny');
  await mkdir(home, { recursive: true });
  const port = await freePort();
  for (const version of ['v1', 'v2']) {
    const program = `import { createServer } from 'node:http';
createServer((_, answer) => answer.end('${version}')).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;
    await writeFile(join(home, `${version}.mjs`), program);
  }
  const file = `system: tiny
services:
  api:
    platform: local
    command: [node, '{version}.mjs']
    files: ['{version}.mjs']
    port: ${port}
    health: { path: / }
    rollout: { canary: { steps: [{ weight: 50, bake: 200ms }], watch: 200ms } }
`;
  await writeFile(join(home, 'system.yaml'), file);
  assert.match((await fairlead('check')).stdout, /^tiny: good/m);
  up = spawn(join(folder, 'node_modules', '.bin', 'fairlead'), ['up', '--json', '--port', '0'], {
    ...{ cwd: folder, env: ENV },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  up.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!said.includes('\n')) {
    assert.equal(up.exitCode, null, 'fairlead up ended while starting');
    await sleep(100);
  }
  for (const version of ['v1', 'v2']) {
    await fairlead('deploy', 'tiny/api', version);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), version);
  }
});

test('the demonstration is left out, and says where it is', async () => {
  await assert.rejects(fairlead('demo'), /comes with the repository of Fairlead/);
});
