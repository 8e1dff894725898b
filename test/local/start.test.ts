// What keeps a revision from starting, and what the local host says and does about it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isRecord } from '../../src/domain/json.ts';
import { endHolder, portHolder } from '../../src/machine/port-holder.ts';
import { hostPaths } from '../../src/platforms/local/protocol.ts';
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
import { ask } from '../support/http-load.ts';

describe('the local host starting a revision', () => {
  let host: TestHost;
  before(async () => {
    host = await TestHost.start(['--port-offset', '0']);
  });
  after(() => host.end());

  const ensure = (spec: ReturnType<typeof plainSpec>) =>
    host.platform.workload.ensure({ spec, replicas: 1, token: tokens()() }, waiting());

  test('names the process that holds its port', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    assert.ok(typeof address === 'object' && address !== null);
    const spec = plainSpec({ system: 'shop', service: 'squatted' }, 'v1', address.port);
    assert.match(
      (await host.platform.workload.obstacles(spec)).taken.join(),
      new RegExp(`${process.pid}`),
    );
    const failure = await fails('Refused', ensure(spec));
    assert.match(failure.message, new RegExp(`process ${process.pid} \\(.*node`));
    const { details } = failure;
    assert.ok(isRecord(details) && details['passing'] === true, 'who asked may wait for it');
    squatter.close();
  });

  test('asks for health as seldom as it was told, also where no timer can wait so long', async () => {
    const spec = plainSpec({ system: 'shop', service: 'seldom' }, 'v1', await freePort(), {
      configuration: { HEALTH: '20' },
      health: { path: '/health', interval: 366 * 86_400_000, timeout: 366 * 86_400_000 },
    });
    const state = async () => (await host.platform.workload.revisions(spec))[0];
    await ensure(spec);
    await eventually('it to be ready', async () => (await state())?.ready === 1);
    // It would be ill after 20 checks.
    const { previewUrl = '' } = (await state()) ?? {};
    for (let i = 0; i < 200; i += 1) assert.equal((await ask(`${previewUrl}/open`)).status, 200);
    assert.equal((await state())?.ready, 1);
  });

  test('starts on a port that somebody holds on another address only', async () => {
    const port = await freePort();
    const squatter = createServer().listen(port, '127.0.0.2');
    await once(squatter, 'listening');
    const spec = plainSpec({ system: 'shop', service: 'neighbour' }, 'v1', port);
    assert.deepEqual(await host.platform.workload.obstacles(spec), { missing: [], taken: [] });
    await ensure(spec);
    squatter.close();
  });

  test('refuses a second service on the port of a first one, by its name', async () => {
    const port = await freePort();
    await ensure(plainSpec({ system: 'shop', service: 'first' }, 'v1', port));
    const second = plainSpec({ system: 'shop', service: 'second' }, 'v1', port);
    const failure = await fails('Refused', ensure(second));
    assert.match(failure.message, /shop\/first/);
    assert.match((await host.platform.workload.obstacles(second)).taken.join(), /shop\/first/);
  });

  test('names a secret that is not there, and writes one that is into no file', async () => {
    const service = { system: 'shop', service: 'secretive' };
    const more = { configuration: { SECRET: { env: 'NOT_THERE' } } };
    const missing = plainSpec(service, 'v1', await freePort(), more);
    const failure = await fails('NotFound', ensure(missing));
    assert.match(failure.message, /SECRET.*NOT_THERE/);
    const planted = { configuration: { SECRET: { env: 'PLANTED_SECRET' } } };
    await ensure(plainSpec(service, 'v2', await freePort(), planted));
    const state = await readFile(hostPaths(host.data).state, 'utf8');
    assert.ok(state.includes('PLANTED_SECRET') && !state.includes('hush'));
  });

  test('calls it a crash loop when a replica keeps ending, and says how it ended', async () => {
    const service = { system: 'shop', service: 'looping' };
    const more = { configuration: { DIE_AT_START: 1 } };
    await ensure(plainSpec(service, 'v1', await freePort(), more));
    const state = await eventually('a crash loop', async () => {
      const [found] = await host.platform.workload.revisions(service);
      return found?.condition === 'crashLoop' ? found : undefined;
    });
    assert.ok(state.crashes >= 5);
    const told = await eventually('the end of its log', async () => {
      const [found] = await host.platform.workload.revisions(service);
      return found?.problem?.includes('its log is') === true ? found.problem : undefined;
    });
    assert.match(
      told,
      /^replica 1 \(process \d+\) exited with code 3; it printed last: dies at the start: 1; its log is (\/\S+)$/,
    );
    assert.ok((await readFile(/its log is (\S+)$/.exec(told)?.[1] ?? '', 'utf8')).includes('dies'));
  });

  test('says what the health check is answered with, at which address, while a revision does not become ready', async () => {
    const cases = [
      [{ HEALTH: '404' }, /^GET http:\/\/127\.0\.0\.1:\d+\/health answered 404 \(\d+\.\d s ago\)$/],
      [
        { LISTEN_ON: '127.0.0.1' },
        /\/health was refused: the program listens on 127\.0\.0\.1:\d+, and has to listen on the HOST and PORT of its environment, 127\.0\.0\.1:\d+ \(/,
      ],
      [{ LISTEN_ON: '::1' }, /\/health was refused: the program listens on \[::1\]:\d+, and has/],
      [
        { HEALTH: 'never' },
        /^GET http:\/\/127\.0\.0\.1:\d+\/health answered 500 \(\d+\.\d s ago\)$/,
      ],
      [
        { LISTEN_NOWHERE: 1 },
        /\/health was refused: nothing listens there; the program has to listen on the HOST and PORT/,
      ],
      [{ HEALTH: 'hang' }, /\/health did not answer within [\d.]+ s/],
    ] as const;
    for (const [index, [configuration, words]] of cases.entries()) {
      const service = { system: 'shop', service: `sick${index}` };
      await ensure(plainSpec(service, 'v1', await freePort(), { configuration }));
      const problem = await eventually('a problem', async () => {
        const [found] = await host.platform.workload.revisions(service);
        return words.test(found?.problem ?? '') ? found?.problem : undefined;
      });
      assert.match(problem, words);
    }
  });

  test('takes the answer of another program on the port of a replica for no health', async () => {
    const service = { system: 'shop', service: 'impostor' };
    const configuration = { LISTEN_NOWHERE: 1 };
    await ensure(plainSpec(service, 'v1', await freePort(), { configuration }));
    const problem = (words: RegExp) =>
      eventually('a problem', async () => {
        const [found] = await host.platform.workload.revisions(service);
        assert.equal(found?.ready, 0);
        return words.exec(found.problem ?? '') ?? undefined;
      });
    const [, port] = await problem(/^GET http:\/\/127\.0\.0\.1:(\d+)\/health was refused/);
    const other = createHttpServer((_, response) => response.end('ok')).listen(
      Number(port),
      '127.0.0.1',
    );
    try {
      await once(other, 'listening');
      const said = new RegExp(
        `was answered by process ${process.pid} \\(.*did not start; the program has to`,
      );
      await problem(said);
    } finally {
      other.close();
    }
  });

  test('believes the health that what a replica started answers with, wherever it went', async () => {
    const ways = [
      'setsid "$@" & wait',
      // Forked twice and its environment cleared: it writes to the log of the replica.
      '(env -i PORT="$PORT" HOST="$HOST" setsid "$@" &); exec sleep 100000',
    ];
    for (const [index, way] of ways.entries()) {
      const service = { system: 'shop', service: `afar${index}` };
      const plain = plainSpec(service, 'v1', await freePort());
      assert.ok(plain.program.kind === 'process');
      const command = ['/bin/sh', '-c', way, 'sh', ...plain.program.command];
      await host.ready(plainSpec(service, 'v1', plain.program.port, { command }), 1, tokens()());
    }
  });

  test('asks for health right before it sends users anywhere', async () => {
    const service = { system: 'shop', service: 'ill' };
    const nextToken = tokens();
    const health = { path: '/health', interval: 3_600_000, timeout: 2000 };
    const configuration = { HEALTH: 1 };
    const ill = plainSpec(service, 'v2', await freePort(), { configuration, health });
    await host.ready(ill, 1, nextToken());
    const change = { service, weights: weightsOf([ill, 100]), expect: [], token: nextToken() };
    await fails('NotReady', host.platform.traffic.set(change));
    const [found] = await host.platform.workload.revisions(service);
    assert.equal(found?.ready, 0);
  });

  test('hides secrets in what a replica printed last', async () => {
    const service = { system: 'shop', service: 'talkative' };
    const more = { configuration: { DIE_AT_START: { env: 'PLANTED_SECRET' } } };
    await ensure(plainSpec(service, 'v1', await freePort(), more));
    const problem = await eventually('the end of its log', async () => {
      const [found] = await host.platform.workload.revisions(service);
      return found?.problem?.includes('its log is') === true ? found.problem : undefined;
    });
    assert.doesNotMatch(problem, /hush/);
    assert.match(problem, /it printed last: dies at the start/);
  });

  test('says of a process that somebody killed that it was not Fairlead', async () => {
    const service = { system: 'shop', service: 'killed' };
    await ensure(plainSpec(service, 'v1', await freePort(), { configuration: { KILL_ITSELF: 1 } }));
    const problem = await eventually('a problem', async () => {
      const [found] = await host.platform.workload.revisions(service);
      return found?.problem?.includes('SIGKILL') === true ? found.problem : undefined;
    });
    assert.match(
      problem,
      /was ended by SIGKILL, which Fairlead did not send: the machine, for want of memory, or somebody/,
    );
  });

  test('takes a service to another port with a new version, and both answer until the old one goes', async () => {
    const service = { system: 'shop', service: 'moving' };
    const nextToken = tokens();
    const v1 = plainSpec(service, 'v1', await freePort());
    const v2 = plainSpec(service, 'v2', await freePort());
    const { traffic, workload } = host.platform;
    await host.ready(v1, 1, nextToken());
    await host.ready(v2, 1, nextToken());
    const moved = { service, weights: weightsOf([v2, 100]), expect: [], token: nextToken() };
    assert.equal((await traffic.set(moved)).url, `http://127.0.0.1:${v2.program.port}`);
    for (const { program } of [v1, v2]) {
      assert.equal((await fetch(`http://127.0.0.1:${program.port}/`)).status, 200);
    }
    await workload.remove({ service, revision: v1.id, token: nextToken() }, waiting());
    await eventually('the old port to be free', () => portHolder(v1.program.port) === null);
    assert.equal((await fetch(`http://127.0.0.1:${v2.program.port}/`)).status, 200);
  });

  test('writes what a replica says into its log', async () => {
    const service = { system: 'shop', service: 'talking' };
    const command = [process.execPath, '-e', 'console.log("ahoy from the service")'];
    await ensure(plainSpec(service, 'v1', await freePort(), { command }));
    const log = join(hostPaths(host.data).logs, 'shop', 'talking', 'v1-0123456789.1.log');
    await eventually('the line', async () =>
      (await readFile(log, 'utf8').catch(() => '')).includes('ahoy from the service'),
    );
  });
});

test('freeing a port ends its holder, also one that ignores SIGTERM, and only then', async () => {
  const port = await freePort();
  const deaf = `process.on('SIGTERM', () => {}); require('node:net').createServer().listen(${port}, '127.0.0.1')`;
  const holder = spawn(process.execPath, ['-e', deaf], { stdio: 'ignore' });
  const exit = once(holder, 'exit');
  const seen = await eventually('the holder', () => portHolder(port) ?? undefined);
  assert.equal(seen.pid, holder.pid);
  assert.equal(holder.exitCode, null, 'looking changes nothing');
  assert.equal((await endHolder(port, 200))?.pid, holder.pid);
  await exit;
  assert.equal(holder.signalCode, 'SIGKILL');
  assert.equal(portHolder(port), null);
  assert.equal(await endHolder(port), null);
});
