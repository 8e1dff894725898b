// The ready-made runbooks of the shipped systems: each passes `check` without a doubt, and the programs that they start do what
// the runbooks say of them, on real ports, files and servers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { execa } from 'execa';
import { checkSystem, listSystemRunbooks, loadSystem, warningsOf } from '../../src/config/load.ts';
import { ROOT } from '../support/entry.ts';

const SYSTEMS = join(ROOT, 'systems');
const VIEW = join(SYSTEMS, 'commercial-view');

const READY: Record<string, string[]> = {
  'commercial-view': [
    ...['certificate-expiry', 'high-error-rate', 'high-latency', 'missing-datasets', 'monthly'],
    ...['port-conflict', 'weekly'],
  ],
  ledger: ['cache-trouble', 'database-trouble', 'rotate-secret'],
};

for (const [system, expected] of Object.entries(READY)) {
  test(`the runbooks of ${system} load, and what they start is there`, async () => {
    assert.deepEqual(await checkSystem(SYSTEMS, system), []);
    const found = await listSystemRunbooks(SYSTEMS, await loadSystem(SYSTEMS, system));
    const good = found.filter(({ problem }) => problem === undefined).map(({ name }) => name);
    for (const name of expected) assert.ok(good.includes(name), name);
    const doubts = await warningsOf(SYSTEMS, system, process.env);
    assert.deepEqual(
      doubts.filter(({ file }) => file.includes('/runbooks/')),
      [],
    );
  });
}

const program = async (file: string, ...args: string[]) =>
  execa(process.execPath, [join(VIEW, file), ...args], { reject: false });

test('who holds a port is named and ended, and a free one is free', async (t) => {
  const held = spawn(process.execPath, [
    '-e',
    "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })",
  ]);
  t.after(() => held.kill('SIGKILL'));
  const [said] = (await once(held.stdout, 'data')) as [Buffer];
  const port = said.toString().trim();
  const seen = await program('checks/port-holder.mjs', port);
  assert.equal((JSON.parse(seen.stdout) as { pid: number }[])[0]?.pid, held.pid);
  assert.equal((await program('checks/port-holder.mjs', port, 'free')).exitCode, 1);
  const ended = await program('ops/end-holder.mjs', port);
  assert.equal(ended.exitCode, 0, ended.stderr);
  assert.equal((await program('checks/port-holder.mjs', port, 'free')).exitCode, 0);
});

function copyOfData(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-datasets-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  cpSync(join(VIEW, 'data', 'gen-1'), join(folder, 'gen-1'), { recursive: true });
  return folder;
}

test('a link to the datasets that is gone is put back, and to no generation that there is not', async (t) => {
  const data = copyOfData(t);
  const env = { COMMERCIAL_VIEW_DATA_PATH: data };
  const run = async (file: string, ...args: string[]) =>
    execa(process.execPath, [join(VIEW, file), ...args], { reject: false, env });
  assert.equal((await run('ops/link-generation.mjs', 'gen-1', 'check')).exitCode, 1);
  assert.notEqual((await run('ops/link-generation.mjs', 'gen-7')).exitCode, 0);
  assert.equal((await run('ops/link-generation.mjs', 'gen-1')).exitCode, 0);
  assert.equal(readlinkSync(join(data, 'current')), 'gen-1');
  assert.equal((await run('ops/link-generation.mjs', 'gen-1', 'check')).exitCode, 0);
  assert.equal((await run('checks/datasets.mjs')).exitCode, 0);
});

test('pages that fail are too slow, and those that answer in time are not', async (t) => {
  let status = 200;
  const server = createServer((_, response) => {
    response.writeHead(status).end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fine = await program('checks/latency.mjs', address, '60000', '5');
  assert.equal(fine.exitCode, 0, fine.stdout);
  status = 500;
  assert.equal((await program('checks/latency.mjs', address, '60000', '5')).exitCode, 1);
});

test('no certificate is none, and is said', async () => {
  const { exitCode, stdout } = await program('checks/certificate.mjs', '127.0.0.1:1');
  assert.equal(exitCode, 1);
  assert.match(stdout, /no certificate of 127\.0\.0\.1:1: /);
});
