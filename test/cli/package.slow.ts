// The packed tarball, installed in an empty folder, is the whole product: no clone, no build, no demo. Whoever runs this as
// root hands the folder to a user without rights, who runs it.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
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
  const program = join(folder, 'node_modules', '.bin', 'fairlead');
  return run(program, args, { cwd: folder, env: { ...ENV, HOME: folder }, ...USER });
}

/** A user without rights, where this runs as root. */
const NOBODY = 65_534;
const USER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** Gives the folder to the user, with Temporal's program in it: those of root cannot be reached. */
async function handOver(): Promise<void> {
  if (cli !== undefined) {
    await copyFile(cli, join(folder, 'temporal'));
    ENV['FAIRLEAD_TEMPORAL_CLI'] = join(folder, 'temporal');
  }
  if (process.getuid?.() === 0) await run('chown', ['-R', `${NOBODY}:${NOBODY}`, folder]);
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
  const known =
    /^(dist|docs|observability|systems|\.github\/actions\/deploy)\/|^(README|CHANGELOG|SECURITY)\.md$|^LICENSE$|^package\.json$|^Dockerfile$|^docker-compose\.temporal\.yml$/;
  assert.deepEqual(
    paths.filter((path) => !known.test(path)),
    [],
  );
  const broken = await Promise.all(
    paths.filter((path) => path.endsWith('.md')).map((path) => brokenLinks(path, paths)),
  );
  assert.deepEqual(broken.flat(), []);
});

/** Links of a Markdown file of the tarball to what is not in it. */
async function brokenLinks(file: string, paths: readonly string[]): Promise<string[]> {
  const text = await readFile(join(ROOT, file), 'utf8');
  const links = [...text.replaceAll(/```[^]*?```|`[^`]*`/g, '').matchAll(/\]\(<?([^)#>\s]+)/g)];
  const local = links
    .map(([, link = '']) => link)
    .filter((link) => !/^(https?|mailto):/.test(link));
  return local
    .filter((link) => {
      const path = normalize(join(dirname(file), link));
      return !paths.some((one) => one === path || one.startsWith(`${path.replace(/\/$/, '')}/`));
    })
    .map((link) => `${file}: ${link}`);
}

test('it is installed from the cache into an empty folder, and says its version', async () => {
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...quiet, join(folder, tarball)], { cwd: folder });
  await handOver();
  assert.match((await fairlead('--version')).stdout, /^\d+\.\d+\.\d+/);
});

test('a system that init wrote is served, deployed again, backed up and recovered in a drill', async () => {
  const home = join(folder, 'systems', 'tiny');
  await mkdir(join(home, 'data'), { recursive: true });
  await writeFile(join(home, 'data', 'orders.csv'), 'id,name\n1,rope\n');
  const port = await freePort();
  for (const version of ['v1', 'v2']) {
    const program = `import { createServer } from 'node:http';
createServer((_, answer) => answer.end('${version}')).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;
    await writeFile(join(home, `${version}.mjs`), program);
  }
  await handOver();
  await fairlead('init', 'tiny', '--yes', '--no-approval', '--port', String(port));
  const file = join(home, 'system.yaml');
  const quick = (await readFile(file, 'utf8'))
    .replaceAll('bake: 15s', 'bake: 1s')
    .replace('watch: 30s', 'watch: 1s')
    .replace('        analysis: errors\n', '');
  await writeFile(file, quick);
  assert.match((await fairlead('check')).stdout, /^tiny: good/m);
  up = spawn(join(folder, 'node_modules', '.bin', 'fairlead'), ['up', '--json', '--port', '0'], {
    ...{ cwd: folder, env: { ...ENV, HOME: folder }, ...USER },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  up.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!said.includes('\n')) {
    assert.equal(up.exitCode, null, 'fairlead up ended while starting');
    await sleep(100);
  }
  for (const version of ['v1', 'v2']) {
    await fairlead('deploy', 'tiny/web', version);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), version);
  }
  assert.match((await fairlead('backup', 'tiny')).stdout, /^backup\/tiny: succeeded/m);
  assert.match((await fairlead('drill', 'tiny')).stdout, /^drill\/tiny: succeeded/m);
});

test('the demonstration is left out, and says where it is', async () => {
  await assert.rejects(fairlead('demo'), /comes with the repository of Fairlead/);
});
