import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { freePorts } from '../support/free-ports.ts';
import { startTimeOf } from '../../src/machine/process-identity.ts';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts';
import { TestUp, until } from '../support/up/embedded.ts';
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
  const uiUrl = embedded.uiUrl ?? '';
  const page = await fetch(uiUrl);
  assert.equal(page.status, 200);
  await page.body?.cancel();
  const foreign = { method: 'POST', headers: { origin: 'http://evil.example' } };
  assert.equal((await fetch(uiUrl, foreign)).status, 403);

  for (const file of ['temporal.db', 'temporal.db-wal', 'temporal.toml']) {
    assert.equal(statSync(join(up.data, file)).mode & 0o077, 0, `${file} is read by nobody else`);
  }

  const before = embedded.pids().temporal ?? 0;
  const open = listeningOf(before);
  assert.ok(open.length >= 3, JSON.stringify(open));
  for (const { host, port } of open) {
    // The Web UI alone answers a page of somebody else, where no page can guess.
    const status = await statusOf(`http://${host}:${port}/api/v1/namespaces`);
    if (host === '127.0.0.1') assert.notEqual(status, 200, `port ${port} is an HTTP API`);
    else assert.ok(!uiUrl.includes(host), host);
  }
  // As a database of an earlier version.
  const remove = ['operator', 'search-attribute', 'remove', '--name', 'FairleadSummary', '--yes'];
  ask(temporal.cli, embedded.address, ...remove);
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

/** The IPv4 addresses at which a process listens, from /proc. */
function listeningOf(pid: number): { host: string; port: number }[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state !== '0A' || !sockets.includes(`socket:[${inode}]`)) return [];
    const [address = '', port = ''] = local.split(':');
    const bytes = address.match(/../g)?.reverse() ?? [];
    const host = bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
    return [{ host, port: Number.parseInt(port, 16) }];
  });
}

/** 0 where HTTP/1.1 is not spoken. */
function statusOf(url: string): Promise<number> {
  return fetch(url, { headers: { 'content-type': 'text/plain' } }).then(
    ({ status }) => status,
    () => 0,
  );
}

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
