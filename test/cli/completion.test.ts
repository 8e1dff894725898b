// Completion, asked for by the shells themselves; zsh and fish where they are installed.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { entryArgs } from '../support/entry.ts';
import { runCli } from '../support/run-cli.ts';
import { SHOP } from '../support/system-files.ts';

const run = promisify(execFile);

async function folderWithShop(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-completion-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'systems', 'shop'), { recursive: true });
  const datastores = 'datastores: { orders: { kind: files, directory: data } }\n';
  await writeFile(join(folder, 'systems', 'shop', 'system.yaml'), `${SHOP}${datastores}`);
  return folder;
}

/** Nothing answers there, at once. */
const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:9' };

async function wordsFor(folder: string, ...typed: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runCli(
    ['completion', '--words', '--', ...typed],
    NOWHERE,
    folder,
  );
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return stdout.split('\n').filter((one) => one !== '');
}

test('completes verbs, options, values, systems, services and datastores', async (t) => {
  const folder = await folderWithShop(t);
  assert.deepEqual(await wordsFor(folder, 'de'), ['demo', 'deploy']);
  assert.deepEqual(await wordsFor(folder, 'deploy', ''), ['shop/api']);
  assert.deepEqual(await wordsFor(folder, 'backup', 'sh'), ['shop', 'shop/orders']);
  assert.deepEqual(await wordsFor(folder, 'stop', ''), ['shop', 'shop/api']);
  assert.deepEqual(await wordsFor(folder, 'deploy', 'shop/api', 'v2', '--str'), ['--strategy']);
  assert.deepEqual(await wordsFor(folder, 'deploy', '--strategy', ''), ['blue-green', 'canary']);
  assert.deepEqual(await wordsFor(folder, 'completion', 'z'), ['zsh']);
});

test('says nothing where nobody answers, and where the files cannot be read', async (t) => {
  const folder = await folderWithShop(t);
  assert.deepEqual(await wordsFor(folder, 'approve', ''), []);
  assert.deepEqual(await wordsFor(folder, 'approve', 'deploy/shop/api/v2', '--gate', ''), []);
  assert.deepEqual(await wordsFor(folder, 'nonsense', ''), []);
  await writeFile(join(folder, 'systems', 'shop', 'system.yaml'), 'a: [');
  assert.deepEqual(await wordsFor(folder, 'deploy', ''), []);
});

test('refuses a shell that it does not know: exit 2', async () => {
  const { code, stderr } = await runCli(['completion', 'tcsh']);
  assert.equal(code, 2);
  assert.match(stderr, /the shell is "tcsh", allowed: bash, zsh, fish/);
});

/** What each shell has to run to complete `fairlead deploy sh`. */
const ASKED: Readonly<Record<string, string>> = {
  bash: 'eval "$SCRIPT"; COMP_WORDS=(fairlead deploy sh); COMP_CWORD=2; _fairlead; printf "%s\\n" "${COMPREPLY[@]}"; complete -p fairlead',
  zsh: 'compdef() { print compdef $@ }; compadd() { print -l -- ${@[3,-1]} }; eval "$SCRIPT"; words=(fairlead deploy sh); CURRENT=3; _fairlead',
  fish: 'echo $SCRIPT | source; complete -C "fairlead deploy sh"',
};

for (const [shell, asked] of Object.entries(ASKED)) {
  const missing = spawnSync(shell, ['-c', 'true']).error !== undefined;
  test(
    `${shell} completes a service`,
    { skip: missing ? `${shell} is not installed` : false },
    async (t) => {
      const folder = await folderWithShop(t);
      const { stdout: script } = await run(process.execPath, [
        ...entryArgs('client'),
        'completion',
        shell,
      ]);
      const env = { ...NOWHERE, PATH: process.env['PATH'], HOME: folder, SCRIPT: script };
      const { stdout } = await run(shell, ['-c', asked], { cwd: folder, env });
      assert.ok(
        stdout.split('\n').some((line) => line.trim() === 'shop/api'),
        stdout,
      );
    },
  );
}

test('completes runbooks of steps, their own and those of a base, and what they are given', async (t) => {
  const folder = await folderWithShop(t);
  const book =
    'title: Slow\nleases: []\ninputs: { lines: { type: integer, default: 5 } }\nsteps: [{ id: seen, look: { command: [df] } }]\n';
  await mkdir(join(folder, 'systems', 'shop', 'runbooks'));
  await writeFile(join(folder, 'systems', 'shop', 'runbooks', 'slow.yaml'), book);
  await mkdir(join(folder, 'systems', 'shop-live'));
  await writeFile(
    join(folder, 'systems', 'shop-live', 'system.yaml'),
    'system: shop-live\nbase: shop\n',
  );
  assert.deepEqual(await wordsFor(folder, 'run', ''), ['shop-live/slow', 'shop/slow']);
  assert.deepEqual(await wordsFor(folder, 'runbooks', 'shop-'), ['shop-live']);
  assert.deepEqual(await wordsFor(folder, 'run', 'shop/slow', '--input', ''), ['lines=']);
  assert.deepEqual(await wordsFor(folder, 'schema', ''), ['runbook', 'system']);
  assert.deepEqual(await wordsFor(folder, 'tick', 'run/shop/slow', ''), []);
});
