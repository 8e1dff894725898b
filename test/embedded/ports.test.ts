import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
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
