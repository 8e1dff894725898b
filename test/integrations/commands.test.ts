// Commands of runbooks of steps, as real processes: one that ignores SIGTERM, floods its output, waits for input, leaves a
// child, and what a killed worker would have left.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { createCommands } from '../../src/integrations/steps/commands.ts';
import { processesWhere } from '../../src/machine/process-identity.ts';
import { eventually } from '../support/local-daemon.ts';

const commands = createCommands({
  env: { ...process.env, SECRET: 'from-the-worker' },
  readFile: async () => '',
  reader: 'the worker',
});
const waiting = { signal: new AbortController().signal, beat: () => undefined };
const node = (code: string, more: object = {}) => ({
  ...{ command: ['node', '-e', code], directory: tmpdir(), environment: {} },
  ...{ timeoutMs: 120_000, mark: randomUUID(), ...more },
});

const left = (mark: string) =>
  processesWhere((_, environment) => environment.includes(`FAIRLEAD_MARK=${mark}`));

test('a command that ignores SIGTERM is ended when its time is over', async () => {
  const input = node('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)', {
    timeoutMs: 1500,
  });
  const end = await commands.run(input, waiting);
  assert.equal(end.late, true);
  assert.deepEqual(left(input.mark), []);
});

test('of a flood of output the end is kept', async () => {
  const flood =
    'for (let i = 0; i < 50000; i += 1) console.log("line " + i.toString().padStart(20)); console.log("the end")';
  const { printed, exitCode, more } = await commands.run(node(flood), waiting);
  assert.deepEqual([exitCode, more], [0, true]);
  assert.ok(printed.length <= 256 * 1024);
  assert.match(printed, /the end\n$/);
});

test('a command that waits for input gets none', async () => {
  const { exitCode } = await commands.run(
    node('process.stdin.on("end", () => process.exit(7)).resume()'),
    waiting,
  );
  assert.equal(exitCode, 7);
});

test('a child that a command leaves is ended with it', async () => {
  const input = node(
    'require("child_process").spawn("sleep", ["300"], { detached: true, stdio: "ignore" }).unref()',
  );
  assert.equal((await commands.run(input, waiting)).exitCode, 0);
  await eventually('the child to end', () => left(input.mark).length === 0);
});

test('what a worker that was killed has left is found by its mark and ended', async () => {
  const mark = randomUUID();
  const env = { ...process.env, FAIRLEAD_MARK: mark };
  const orphan = spawn('sleep', ['300'], { env, detached: true, stdio: 'ignore' });
  orphan.unref();
  assert.ok((await commands.endLeft(mark, waiting)) >= 1);
  assert.deepEqual(left(mark), []);
  assert.equal(await commands.endLeft(mark, waiting), 0);
});

test('a secret comes by reference into the environment, and shell characters stay characters', async () => {
  const end = await commands.run(
    {
      ...node('console.log(process.env.TOKEN, process.argv[1])', {
        environment: { TOKEN: { env: 'SECRET' } },
      }),
      command: [
        'node',
        '-e',
        'console.log(process.env.TOKEN, process.argv[1])',
        '$(touch /tmp/no); `id`',
      ],
    },
    waiting,
  );
  assert.equal(end.printed, 'from-the-worker $(touch /tmp/no); `id`\n');
  const missing = node('', { environment: { TOKEN: { env: 'NOT_THERE' } } });
  await assert.rejects(commands.run(missing, waiting), /NOT_THERE/);
});
