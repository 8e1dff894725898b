// Completion of what is known only to a running Fairlead: operations that wait, their gates and their steps, in every shell that is here.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import { entryArgs, ROOT } from '../support/entry.ts';
import { freshName, untilStatus } from '../support/operations.ts';
import { runCli } from '../support/run-cli.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';
import { eventually } from '../support/local-daemon.ts';

const run = promisify(execFile);
let shop: Shop;
let env: Record<string, string>;
let [deploy, book] = ['', ''];

before(async () => {
  const { address } = await testServer();
  shop = await openShop();
  env = { TEMPORAL_ADDRESS: address, FAIRLEAD_TASK_QUEUE: shop.worker.taskQueue };
  const system = shop.live();
  deploy = `deploy/${system}/api/v2`;
  const asked = { system, service: 'api', version: 'v2', requestedBy: 'ci' };
  const waiting = await shop.start('canaryDeploy', asked, deploy);
  await untilStatus(waiting, ({ state }) => state === 'waiting');
  const name = freshName('book');
  const steps = [{ id: 'told', manual: 'Tell the ops channel' }];
  const runbook = runbookSchema.parse({ title: 'A test', leases: [], steps });
  const file = `systems/${system}/runbooks/${name}.yaml`;
  shop.ports.steps.written.set(name, { name, file, digest: digestOf(runbook), runbook });
  book = `run/${system}/${name}`;
  const steered = await shop.start('runbook', { system, runbook: name }, book);
  await untilStatus(steered, ({ asks }) => asks !== undefined);
});
after(() => shop.worker.stop());

async function words(...typed: string[]): Promise<string[]> {
  const { code, stdout } = await runCli(['completion', '--words', '--', ...typed], env);
  assert.equal(code, 0);
  return stdout.split('\n').filter((one) => one !== '');
}

/** Completion gives up soon, so that nobody waits for a Tab: on a busy machine somebody types it again. */
async function completed(...typed: string[]): Promise<string[]> {
  let found: string[] = [];
  await eventually(`completion of ${typed.join(' ')}`, async () => {
    found = await words(...typed);
    return found.length > 0;
  });
  return found;
}

test('completes operations that wait, the gate that is open, and the step that asks', async () => {
  // Lists of the server lag behind a little.
  await eventually('both to be listed', async () => {
    const found = await words('status', '');
    return found.includes(deploy) && found.includes(book);
  });
  assert.ok((await completed('approve', 'dep')).includes(deploy));
  assert.deepEqual(await completed('approve', deploy, '--gate', ''), ['weight-5']);
  assert.deepEqual(await completed('tick', book, ''), ['told']);
});

/** What each shell has to run to complete `fairlead approve deploy/`. */
const ASKED: Readonly<Record<string, string>> = {
  bash: 'eval "$SCRIPT"; COMP_WORDS=(fairlead approve deploy/); COMP_CWORD=2; _fairlead; printf "%s\\n" "${COMPREPLY[@]}"',
  zsh: 'compdef() { : }; compadd() { print -l -- ${@[3,-1]} }; eval "$SCRIPT"; words=(fairlead approve deploy/); CURRENT=3; _fairlead',
  fish: 'echo $SCRIPT | source; complete -C "fairlead approve deploy/"',
};

for (const [shell, asked] of Object.entries(ASKED)) {
  const missing = spawnSync(shell, ['-c', 'true']).error !== undefined;
  test(
    `${shell} completes an operation`,
    {
      skip: missing ? `${shell} is not installed` : false,
    },
    async () => {
      const { stdout: script } = await run(process.execPath, [
        ...entryArgs('client'),
        'completion',
        shell,
      ]);
      const shellEnv = { ...env, PATH: process.env['PATH'], HOME: ROOT, SCRIPT: script };
      await eventually(`${shell} to complete ${deploy}`, async () => {
        const { stdout } = await run(shell, ['-c', asked], { cwd: ROOT, env: shellEnv });
        return stdout.split('\n').some((line) => line.trim() === deploy);
      });
    },
  );
}
