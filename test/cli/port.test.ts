// `fairlead port`, as a process of its own, on ports that other processes hold.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { freePort } from '../support/free-ports.ts';
import { TestHost } from '../support/local-daemon.ts';
import { runCli } from '../support/run-cli.ts';

const LISTEN = `
  const server = require('node:net').createServer();
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

/** A process that listens on a port of its choice. */
async function squatter(t: TestContext, code = LISTEN) {
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const [said] = (await once(child.stdout, 'data')) as unknown[];
  return { child, exit, pid: child.pid ?? 0, port: String(said).trim() };
}

test('a free port is said to be free: exit 0', async () => {
  const port = String(await freePort());
  assert.deepEqual(await runCli(['port', port]), {
    code: 0,
    stdout: `port ${port} is free\n`,
    stderr: '',
  });
  const { code, stdout } = await runCli(['port', port, '--free', '--json']);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), {
    schema: 'fairlead/port/v1',
    port: Number(port),
    held: false,
    pid: null,
    command: '',
    ended: null,
  });
});

test('a held port is named with the pid and the command of its holder, which lives on: exit 6', async (t) => {
  const { child, pid, port } = await squatter(t);
  const said = await runCli(['port', port]);
  assert.equal(said.code, 6, said.stderr);
  assert.match(said.stdout, new RegExp(`^port ${port} is held by process ${pid} \\(.*node\\)`));
  assert.match(said.stderr, /^end it with --free, or choose another port$/m);
  const { code, stdout } = await runCli(['port', port, '--json']);
  assert.equal(code, 6);
  const { held, pid: holder, command, ended } = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual({ held, holder, ended }, { held: true, holder: pid, ended: null });
  assert.match(String(command), /node -e/);
  assert.equal(child.exitCode ?? child.signalCode, null);
});

test('--free ends the holder and says which it was: exit 0', async (t) => {
  const { child, exit, pid, port } = await squatter(t);
  const { code, stdout, stderr } = await runCli(['port', port, '--free']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^port ${port} is free: process ${pid} \\(.*\\) was ended\n$`));
  await exit;
  assert.equal(child.signalCode, 'SIGTERM');
});

for (const port of ['0', '65536', 'http', '80.5']) {
  test(`port ${port} is refused with what is allowed: exit 2`, async () => {
    const { code, stdout, stderr } = await runCli(['port', port]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /a whole number between 1 and 65535/);
  });
}

test('what users go through is not ended by its port: exit 6, with the command that ends all of it', async (t) => {
  const host = await TestHost.start();
  t.after(() => host.end());
  const { port } = new URL(await host.url());
  const { code, stdout, stderr } = await runCli(['port', port, '--free']);
  assert.equal(code, 6, stdout);
  assert.match(stderr, /it is the local host of the `up` with the data folder /);
  assert.match(stderr, new RegExp(`end all of that with "fairlead down --data ${host.data}"`));
  assert.equal((await runCli(['port', port, '--json'])).code, 6);
});
