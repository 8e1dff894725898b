// What only watches (`logs -f`, `status --watch`, `health --watch`) ends by Ctrl-C, by SIGTERM and by a reader that has gone: at
// once, with its code, with every line printed that was read, and without a word. A worker that does not answer is no reason to stay.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { ROOT, entryArgs } from '../support/entry.ts';
import { runCli } from '../support/run-cli.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

let shop: Shop;
let env: Record<string, string>;
let system: string;
/** What the service has said so far. */
const said = ['one', 'two', 'three'];

before(async () => {
  const { address } = await testServer();
  shop = await openShop();
  shop.ports.platforms.local.workload.logs = async (_, since) => ({
    lines: said.slice(since?.['api'] ?? 0).map((text) => ({ source: 'v1-0', text })),
    position: { api: said.length },
  });
  env = { TEMPORAL_ADDRESS: address, FAIRLEAD_TASK_QUEUE: shop.worker.taskQueue };
  system = shop.live();
});
after(() => shop.worker.stop());

interface Following {
  child: ChildProcess;
  out: () => string;
  err: () => string;
}

/** A command that follows, once it has printed something. */
async function following(
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<Following> {
  const child = spawn(process.execPath, [...entryArgs('client'), ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: ROOT, ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  return { child, out: () => out, err: () => err };
}

const followers = (): [string, RegExp][] => [
  [`logs ${system}/api -f`, /^v1-0 \| one\nv1-0 \| two\nv1-0 \| three\n$/],
  [`status ${system} --watch`, /v1/],
  [`status ${system}/api --watch`, /v1/],
  [`health ${system} --watch 1`, /api/],
];

describe('what follows', { concurrency: 2 }, () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`ends with ${code} by ${signal}, with all it read and no word`, async () => {
      for (const [line, shows] of followers()) {
        const { child, out, err } = await following(line.split(' '));
        const closed = once(child, 'close');
        child.kill(signal);
        await closed;
        assert.deepEqual([child.exitCode, child.signalCode, err()], [code, null, ''], line);
        assert.match(out(), shows, line);
      }
    });
  }

  test('ends with 141 once its reader has gone, and the pipeline with the code of that reader', async () => {
    for (const [line] of followers().slice(1)) {
      const { child, err } = await following(line.split(' '));
      const closed = once(child, 'exit');
      child.stdout?.destroy();
      await closed;
      assert.deepEqual([child.exitCode, child.signalCode, err()], [141, null, ''], line);
    }
    const { child } = await following(['logs', `${system}/api`, '-f']);
    const closed = once(child, 'exit');
    child.stdout?.destroy();
    said.push('four');
    await closed;
    assert.equal(child.exitCode, 141);
  });
});

test('logs that have nothing to print say so beside what they print', async () => {
  const [target, kept] = [`${system}/api`, said.splice(0)];
  const none = await runCli(['logs', target], env);
  said.push(...kept);
  assert.deepEqual([none.code, none.stdout], [0, '']);
  assert.match(none.stderr, /nothing that \S+\/api said is kept: see "fairlead status /);
  const quiet = await runCli(['logs', target, '--errors'], env);
  assert.deepEqual([quiet.code, quiet.stdout], [0, '']);
  assert.match(quiet.stderr, /no trouble in what \S+\/api said lately/);
});

test('what waits for an answer that does not come ends by Ctrl-C all the same', async () => {
  const other = await openShop();
  const name = other.live();
  const { child } = await following(['status', name, '--watch'], {
    FAIRLEAD_TASK_QUEUE: other.worker.taskQueue,
  });
  await other.worker.stop();
  const closed = once(child, 'close');
  child.kill('SIGINT');
  await closed;
  assert.equal(child.exitCode, 130);
});

test('a deploy whose course nobody reads any more ends with its own code', async () => {
  const args = ['deploy', `${shop.live()}/api`, 'v2', '--auto-promote'];
  const child = spawn(process.execPath, [...entryArgs('client'), ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: ROOT, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(child.stderr, 'data');
  child.stderr.destroy();
  await once(child, 'exit');
  assert.deepEqual([child.exitCode, child.signalCode], [0, null]);
});
