import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { describeHolder, portHolder } from '../../src/machine/port-holder.ts';
import { assertFree, freePorts } from '../../src/embedded/ports.ts';
import { StartFailure } from '../../src/embedded/start-failure.ts';

test('free ports are free and different', async () => {
  const ports = await freePorts(5);
  assert.equal(new Set(ports).size, 5);
  for (const port of ports) await assertFree(port, 'a test', 'never mind');
});

for (const host of ['127.0.0.1', '0.0.0.0']) {
  test(`a port taken on ${host} is refused with code 2, its holder's pid and what to do`, async () => {
    const server = createServer();
    const [port = 0] = await freePorts(1);
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    try {
      await assert.rejects(assertFree(port, 'the Web UI', 'choose another'), (error) => {
        assert.ok(error instanceof StartFailure);
        assert.equal(error.code, 2);
        const said = `^port ${port} for the Web UI is taken by process ${process.pid} \\(.*node.*\\); choose another$`;
        assert.match(error.message, new RegExp(said));
        return true;
      });
    } finally {
      server.close();
    }
  });
}

test('who holds a port is told without arguments of theirs, which may be secrets', async (t) => {
  const listen =
    "require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})";
  for (const [argv0, shown] of [
    ['node', /^process \d+ \(node\)$/],
    ['/usr/bin/server', /^process \d+ \(\/usr\/bin\/server\)$/],
  ] as const) {
    const child = spawn(process.execPath, ['-e', listen, '--', 'https://ana:hunter2@db'], {
      argv0,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const port = Number(String(((await once(child.stdout, 'data')) as [Buffer])[0]));
    assert.match(describeHolder(portHolder(port)), shown);
  }
});
