// `fairlead stop --without-temporal` against a real local host, while no Temporal server and no worker runs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { reportOfEntries } from '../../src/domain/record/report-answer.ts';
import { isRecord } from '../../src/domain/json.ts';
import { freePort } from '../support/free-ports.ts';
import { ask } from '../support/http-load.ts';
import { plainSpec, TestHost, tokens, weightsOf } from '../support/local-daemon.ts';
import { runCli, type CliResult } from '../support/run-cli.ts';
import { SHOP, systemsWith } from '../support/system-files.ts';

const service = { system: 'shop', service: 'api' };
const nextToken = tokens(Date.now());
let host: TestHost;
let url = '';
let v1: ReturnType<typeof plainSpec>;
before(async () => {
  host = await TestHost.start();
  const port = await freePort();
  url = `http://127.0.0.1:${port}/`;
  v1 = plainSpec(service, 'v1', port);
  await host.ready(v1, 1, nextToken());
});
after(() => host.end());

async function served(): Promise<void> {
  const { traffic } = host.platform;
  const { weights: expect, stopped } = await traffic.read(service);
  const token = tokens(Date.now())();
  if (stopped) await traffic.admit({ service, percent: 100, token });
  else await traffic.set({ service, weights: weightsOf([v1, 100]), expect, token });
  assert.equal((await ask(url)).status, 200);
}

async function stop(t: TestContext, ...more: string[]): Promise<CliResult> {
  const systems = await systemsWith(t, { 'shop/system.yaml': SHOP });
  const args = ['stop', 'shop', '--without-temporal', '--systems', systems, '--as', 'ana'];
  return runCli([...args, ...more], { FAIRLEAD_DATA: host.data });
}

test('keeps users out, says what was stopped and how they come back in, and is nothing to do then', async (t) => {
  await served();
  const { code, stdout, stderr } = await stop(t, '--reason', 'prices are wrong');
  assert.equal(code, 0, stderr);
  assert.equal((await ask(url)).status, 503);
  assert.match(stdout, /^stop\/shop: succeeded: 1 of 1 services stopped, without Temporal$/m);
  assert.match(stdout, /stop-api {2}no user was answered after .* s; before: v1 100 %/);
  assert.match(stdout, /let users in again: fairlead admit shop/);
  const again = await stop(t);
  assert.deepEqual([again.code, again.stderr], [0, '']);
  assert.match(again.stdout, /^stop\/shop: nothingToDo: no service has traffic$/m);
});

test('leaves a signed report, which is verified offline', async (t) => {
  await served();
  const stream = get(`${url}events`).on('error', () => undefined);
  const [answer] = (await once(stream, 'response')) as [IncomingMessage];
  // `once` of node:events would reject by the error that comes first.
  const closed = new Promise((done) => answer.on('error', () => undefined).once('close', done));
  const { code, stdout } = await stop(t, '--json');
  assert.equal(code, 0);
  await closed;
  assert.match(stdout, /; WebSockets and streams ended at once: 1; before: v1 100 %/);
  const report: unknown = JSON.parse(stdout);
  assert.ok(isRecord(report) && isRecord(report['evidence']));
  assert.equal(report['requestedBy'], 'ana');
  const made = reportOfEntries(report['evidence']['entries']);
  assert.equal(made?.outcome ?? report['outcome'], 'succeeded');
  const file = join(host.data, 'stop.json');
  await writeFile(file, stdout);
  const verified = await runCli(['report', 'verify', file]);
  assert.deepEqual([verified.code, verified.stderr], [0, '']);
});

test('supersedes what an operation of before still wants to change', async (t) => {
  await served();
  const before = nextToken();
  assert.equal((await stop(t)).code, 0);
  await assert.rejects(
    host.platform.traffic.admit({ service, percent: 100, token: before }),
    /shop\/api/,
  );
  assert.equal((await ask(url)).status, 503);
});

test('ends before anything is stopped where the system or the service is not there', async (t) => {
  await served();
  const systems = await systemsWith(t, { 'shop/system.yaml': SHOP });
  const env = { FAIRLEAD_DATA: host.data, FAIRLEAD_SYSTEMS: systems };
  const unknown = await runCli(['stop', 'shop/apj', '--without-temporal'], env);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /shop has no service apj \(did you mean api\?\)/);
  const nowhere = await runCli(['stop', 'shpo', '--without-temporal'], env);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /shpo/);
  assert.equal((await ask(url)).status, 200);
});

test('says which service may still be served where the platform does not answer', async (t) => {
  const systems = await systemsWith(t, { 'shop/system.yaml': SHOP });
  const env = { FAIRLEAD_DATA: join(host.data, 'elsewhere'), FAIRLEAD_SYSTEMS: systems };
  const { code, stdout } = await runCli(['stop', 'shop', '--without-temporal'], env);
  assert.equal(code, 8, stdout);
  assert.match(stdout, /left over: api may still be served: /);
});

test('is what a stop names where Temporal does not answer', async (t) => {
  const systems = await systemsWith(t, { 'shop/system.yaml': SHOP });
  const env = { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`, FAIRLEAD_SYSTEMS: systems };
  const { code, stderr } = await runCli(['stop', 'shop/api'], env);
  assert.equal(code, 5);
  assert.match(
    stderr,
    /To keep users out without it: .*fairlead stop shop\/api --without-temporal/,
  );
});
