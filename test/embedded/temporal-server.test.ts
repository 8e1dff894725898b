import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { freePorts } from '../../src/embedded/ports.ts';
import { startTimeOf } from '../../src/machine/process-identity.ts';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { TestUp, until } from '../support/embedded.ts';
import { temporalOrSkip } from '../support/temporal-server.ts';

let up: TestUp;
beforeEach(() => {
  up = new TestUp();
});
afterEach(async () => {
  await up.dispose();
});

function ask(cli: string, address: string, ...args: string[]): string {
  return execFileSync(cli, [...args, '--address', address, '-o', 'json'], { encoding: 'utf8' });
}

test("a server of our own has the UI, the search attributes and 90 days' memory, also after a kill", async (t) => {
  const temporal = await temporalOrSkip(t);
  if (!temporal) return;
  const env = {
    ...process.env,
    FAIRLEAD_TEMPORAL_CLI: temporal.cli,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    TEMPORAL_NAMESPACE: 'elsewhere',
  };
  const embedded = await up.start({ port: 0, env });
  assert.notEqual(embedded.address, '127.0.0.1:1', '--port means a server of our own');
  assert.equal(embedded.namespace, 'default');
  const page = await fetch(embedded.uiUrl ?? '');
  assert.equal(page.status, 200);
  await page.body?.cancel();

  const before = embedded.pids().temporal ?? 0;
  process.kill(before, 'SIGKILL');
  await until(() => up.said.some((line) => line.startsWith("Temporal's server is back")));
  assert.notEqual(embedded.pids().temporal, before);

  const { cli } = temporal;
  const attributes = ask(cli, embedded.address, 'operator', 'search-attribute', 'list');
  for (const name of SEARCH_ATTRIBUTES) assert.ok(attributes.includes(name), attributes);
  const namespace = ask(
    cli,
    embedded.address,
    'operator',
    'namespace',
    'describe',
    '-n',
    'default',
  );
  assert.match(namespace, /"workflowExecutionRetentionTtl":\s*"7776000s"/);

  const pids = Object.values(embedded.pids());
  assert.equal(pids.length, 3);
  await embedded.stop();
  assert.deepEqual(
    pids.filter((pid) => startTimeOf(pid) !== undefined),
    [],
  );
});

for (const flag of ['port', 'uiPort'] as const) {
  test(`a taken ${flag} is refused with its holder, and nothing is started`, async () => {
    const [port = 0, other = 0] = await freePorts(2);
    const taken = flag === 'port' ? port : other;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
    try {
      await assert.rejects(up.start({ port, uiPort: other, cliSources: [] }), (error) => {
        assert.ok(error instanceof Error);
        assert.ok(error.message.includes(`port ${taken}`), error.message);
        assert.ok(error.message.includes(`process ${process.pid} (`), error.message);
        return 'code' in error && error.code === 2;
      });
    } finally {
      server.close();
    }
  });
}

test('without a way to the CLI a start ends with code 5 and starts nothing', async () => {
  await assert.rejects(up.start({ port: 0, cliSources: [] }), { code: 5 });
});
