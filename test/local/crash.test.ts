// The local host killed, started again, ended, refused: what lives on and what comes back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, test } from 'node:test';
import { z } from 'zod';
import { hostPaths } from '../../src/platforms/local/protocol.ts';
import { groupsWithEnvironment, isAlive } from '../../src/machine/process-identity.ts';
import { loadState } from '../../src/platforms/local/state.ts';
import { ask, Load } from '../support/http-load.ts';
import {
  eventually,
  tokens,
  plainSpec,
  TestHost,
  waiting,
  weightsOf,
} from '../support/local-daemon.ts';
import { freePort } from '../support/free-ports.ts';
import { fails } from '../support/fails.ts';

const service = { system: 'shop', service: 'api' };
const opened: TestHost[] = [];

afterEach(async () => {
  for (const host of opened.splice(0)) await host.end();
});

async function deployed() {
  const host = await TestHost.start();
  opened.push(host);
  const port = await freePort();
  const nextToken = tokens(7);
  const v1 = plainSpec(service, 'v1', port);
  const v2 = plainSpec(service, 'v2', port);
  await host.ready(v1, 2, nextToken());
  await host.ready(v2, 1, nextToken());
  const { traffic } = host.platform;
  await traffic.set({ service, weights: weightsOf([v1, 100]), expect: [], token: nextToken() });
  const weights = weightsOf([v1, 90], [v2, 10]);
  await traffic.set({ service, weights, expect: weightsOf([v1, 100]), token: nextToken() });
  return { host, v1, v2, weights, nextToken, url: `http://127.0.0.1:${port}` };
}

async function replicasOf(host: TestHost) {
  const state = await loadState(hostPaths(host.data).state);
  return Object.values(state.services).flatMap((one) =>
    Object.values(one.revisions).flatMap((revision) => revision.replicas),
  );
}

test('killed and started again, it finds replicas, weights, tokens and history as they were', async () => {
  const { host, v1, v2, weights, url } = await deployed();
  const before = await replicasOf(host);
  const traffic = await host.platform.traffic.read(service);
  await host.kill('SIGKILL');
  assert.equal(before.length, 3);
  assert.ok(
    before.every((one) => isAlive(one)),
    'the services live on',
  );
  await host.begin();
  assert.deepEqual(await replicasOf(host), before);
  assert.deepEqual(await host.platform.traffic.read(service), traffic);
  assert.deepEqual(traffic.weights, weights);
  const load = new Load(url);
  await eventually('100 requests', () => load.total >= 100);
  assert.deepEqual(Object.keys(await load.stop()), ['200']);
  const late = tokens(6)();
  await fails('Superseded', host.platform.traffic.stop({ service, token: late }));
  const states = await host.platform.workload.revisions(service);
  assert.deepEqual(
    states.map((one) => [one.spec.id, one.ready, one.crashes]),
    [
      [v1.id, 2, 0],
      [v2.id, 1, 0],
    ],
  );
});

test('an adopted replica that dies later is replaced', async () => {
  const { host, v2 } = await deployed();
  await host.kill('SIGKILL');
  await host.begin();
  const states = await host.platform.workload.revisions(service);
  const preview = states.find((one) => one.spec.id === v2.id)?.previewUrl ?? '';
  const { pid } = z.object({ pid: z.number() }).parse(JSON.parse((await ask(preview)).body));
  process.kill(pid, 'SIGKILL');
  await eventually('a new replica', async () => {
    const now = await host.platform.workload.revisions(service);
    return now.some((one) => one.spec.id === v2.id && one.crashes === 1 && one.ready === 1);
  });
});

test('killed at any moment of a change, it has what was acknowledged and no stray process', async () => {
  const { host, v1, v2, nextToken } = await deployed();
  const v3 = plainSpec(service, 'v3', v1.program.port);
  const ensured = host.platform.workload.ensure(
    { spec: v3, replicas: 3, token: nextToken() },
    waiting(),
  );
  const settled = ensured.then(
    () => true,
    () => false,
  );
  const { id } = await loadState(hostPaths(host.data).state);
  await eventually(
    'a first process of v3',
    () => groupsWithEnvironment(`FAIRLEAD_HOST=${id}`).size > 3,
  );
  await host.kill('SIGKILL');
  const acknowledged = await settled;
  await host.begin();
  const states = await host.platform.workload.revisions(service);
  if (acknowledged) assert.ok(states.some((one) => one.spec.id === v3.id));
  await eventually('as many processes as replicas', async () => {
    const known = (await replicasOf(host)).map((one) => one.pid);
    const groups = groupsWithEnvironment(`FAIRLEAD_HOST=${id}`);
    return (
      known.length >= 3 && groups.size === known.length && known.every((pid) => groups.has(pid))
    );
  });
  const { traffic } = host.platform;
  const kept = (await traffic.read(service)).weights;
  assert.deepEqual(kept, weightsOf([v1, 90], [v2, 10]));
});

test('what a living replica started in a session of its own is no stray', async () => {
  const host = await TestHost.start();
  opened.push(host);
  const port = await freePort();
  const { program } = plainSpec(service, 'v1', port);
  assert.ok(program.kind === 'process');
  const shell = 'setsid sleep 600 & exec "$@"';
  const command = ['/bin/sh', '-c', shell, 'sh', ...program.command];
  await host.ready(plainSpec(service, 'v1', port, { command }), 1, tokens()());
  const [replica] = await replicasOf(host);
  const { id } = await loadState(hostPaths(host.data).state);
  const helpers = () =>
    [...groupsWithEnvironment(`FAIRLEAD_HOST=${id}`)].filter((one) => one !== replica?.pid);
  const [helper] = await eventually('the helper', () => helpers().length === 1 && helpers());
  await host.kill('SIGKILL');
  await host.begin();
  assert.deepEqual(helpers(), [helper]);
  await host.kill('SIGTERM');
  await host.begin();
  assert.deepEqual(
    helpers().includes(helper ?? 0),
    false,
    'its replica is gone: it is a stray now',
  );
});

test('asked to end, it ends everything, and brings it back the next time', async () => {
  const { host, weights, url } = await deployed();
  const before = await replicasOf(host);
  await host.kill('SIGTERM');
  assert.ok(before.every((one) => !isAlive(one)));
  await assert.rejects(ask(url));
  await host.begin();
  assert.deepEqual((await host.platform.traffic.read(service)).weights, weights);
  assert.equal((await ask(url)).status, 200);
});

test('while it is away, calls say so and what to do', async () => {
  const { host } = await deployed();
  await host.kill('SIGKILL');
  const failure = await fails('Unavailable', host.platform.traffic.read(service));
  assert.match(failure.message, /fairlead up/);
  await host.begin();
});

test('a second one in the same folder is refused with the pid of the first', async () => {
  const host = await TestHost.start();
  opened.push(host);
  const second = host.spawn();
  await once(second, 'exit');
  assert.equal(second.exitCode, 6);
  assert.match(host.output, new RegExp(`process ${host.pid}`));
});

test('a second one in the same folder by another name is refused as well', async () => {
  const host = await TestHost.start();
  opened.push(host);
  const link = `${host.data}-link`;
  await symlink(host.data, link);
  try {
    const second = host.spawn(link);
    await once(second, 'exit');
    assert.equal(second.exitCode, 6);
  } finally {
    await unlink(link);
  }
});

test('a state that is not its own is refused and left as it is', async () => {
  const host = await TestHost.start();
  opened.push(host);
  await host.kill('SIGTERM');
  const { state } = hostPaths(host.data);
  for (const text of ['{"schema":"fairlead/host-st', '{}', '']) {
    await writeFile(state, text);
    const child = host.spawn();
    await once(child, 'exit');
    assert.equal(child.exitCode, 2);
    assert.ok(host.output.includes(state));
    assert.equal(await readFile(state, 'utf8'), text);
  }
});

test('a service port taken meanwhile does not keep it from starting, and is had when it is free', async () => {
  const { host, url } = await deployed();
  await host.kill('SIGTERM');
  const squatter = createServer().listen(Number(new URL(url).port), '127.0.0.1');
  await once(squatter, 'listening');
  await host.begin();
  await eventually('the holder in its log', () => host.output.includes(`process ${process.pid}`));
  squatter.close();
  await eventually('the service', () =>
    ask(url).then(
      (answer) => answer.status === 200,
      () => false,
    ),
  );
});
