// Who can ask the local host, and what it tells whom: control over a socket that is its user's alone, marks that are good
// once, metrics for whoever asks for the loopback by name; and nothing for who took a port of it meanwhile.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createCheckRunner } from '../../src/integrations/check-runner.ts';
import { localServices } from '../../src/platforms/local/adapter.ts';
import { requireOwn } from '../../src/platforms/local/control-socket.ts';
import { Marks } from '../../src/platforms/local/marks.ts';
import { hostFileSchema, hostPaths } from '../../src/platforms/local/protocol.ts';
import { parsedJson } from '../../src/domain/json.ts';
import { fails } from '../support/fails.ts';
import { freePort } from '../support/free-ports.ts';
import {
  eventually,
  plainSpec,
  TestHost,
  tokens,
  waiting,
  weightsOf,
} from '../support/local-daemon.ts';

const service = { system: 'shop', service: 'web' };

async function socketOf(data: string): Promise<string> {
  const { socket } = hostFileSchema.parse(parsedJson(await readFile(hostPaths(data).host, 'utf8')));
  return socket ?? '';
}

describe('the control socket', () => {
  let host: TestHost;
  before(async () => {
    host = await TestHost.start();
  });
  after(() => host.end());

  test("is its user's alone, and so is its folder", async () => {
    const socket = await socketOf(host.data);
    assert.equal((await stat(socket)).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(socket))).mode & 0o777, 0o700);
  });

  test('is the only place where it can be told anything', async () => {
    for (const path of ['/v1/stop', '/v1/read', '/']) {
      const answer = await fetch(`${await host.url()}${path}`, {
        method: 'POST',
        body: JSON.stringify({ service, byHand: 'eve' }),
      });
      assert.equal(answer.status, 404);
    }
  });

  test('metrics are for who asks for the loopback, and not for a page of somebody else', async () => {
    const url = new URL(`${await host.url()}/metrics`);
    const asked = async (headers: Record<string, string>): Promise<number> => {
      const outgoing = request(url, { headers }).end();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode ?? 0;
    };
    assert.equal(await asked({}), 200);
    assert.equal(await asked({ host: `localhost:${url.port}` }), 200);
    assert.equal(await asked({ host: `evil.example:${url.port}` }), 403);
    assert.equal(await asked({ origin: 'http://evil.example' }), 403);
  });

  test('a folder that is not ours alone is not used', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-socket-'));
    const inside = join(folder, 'own');
    await mkdir(inside, { mode: 0o700 });
    await requireOwn(join(inside, 'control.sock'));
    await symlink(inside, join(folder, 'link'));
    await fails('Refused', requireOwn(join(folder, 'link', 'control.sock')));
    await chmod(inside, 0o750);
    const failure = await fails('Refused', requireOwn(join(inside, 'control.sock')));
    assert.match(failure.message, /mode 750/);
    await fails('Refused', requireOwn(join(folder, 'missing', 'control.sock')));
    await rm(folder, { recursive: true });
  });

  test('a file of its place that names another socket is not followed into a folder of others', async () => {
    const data = await mkdtemp(join(tmpdir(), 'fairlead-stale-'));
    const paths = hostPaths(data);
    await mkdir(paths.folder, { recursive: true });
    const open = await mkdtemp(join(tmpdir(), 'fairlead-open-'));
    await chmod(open, 0o777);
    const socket = join(open, 'control.sock');
    const heard: string[] = [];
    const trap = createServer((incoming, response) => {
      heard.push(incoming.url ?? '');
      response.end('{}');
    }).listen(socket);
    await once(trap, 'listening');
    const self = { url: 'http://127.0.0.1:1', socket, pid: process.pid, startTime: 1 };
    await writeFile(paths.host, JSON.stringify(self));
    await fails(
      'Refused',
      localServices(data).traffic.read(
        {
          ...service,
          directory: '/',
          platform: { kind: 'local', directory: '.', host: '127.0.0.1' },
        },
        waiting(),
      ),
    );
    assert.deepEqual(heard, []);
    trap.close();
    for (const folder of [data, open]) await rm(folder, { recursive: true });
  });
});

test('a data folder with a long path has its socket where one fits', async () => {
  const long = join(await mkdtemp(join(tmpdir(), 'fairlead-long-')), 'x'.repeat(120));
  await mkdir(long);
  const host = await TestHost.start([], long);
  try {
    assert.deepEqual(await host.platform.workload.revisions(service), []);
    assert.match(await socketOf(long), /^\/tmp\/fairlead-\w{6}\/control\.sock$/);
  } finally {
    await host.end();
    await rm(dirname(long), { recursive: true });
  }
});

test('what holds the port of a service after a crash is sent nothing, and believed nothing', async () => {
  const host = await TestHost.start();
  const nextToken = tokens();
  const port = await freePort();
  const spec = plainSpec(service, 'v1', port);
  await host.ready(spec, 1, nextToken());
  const { traffic } = host.platform;
  await traffic.set({ service, weights: weightsOf([spec, 100]), expect: [], token: nextToken() });
  await host.kill('SIGKILL');
  const heard: unknown[] = [];
  const stranger = createServer((incoming, response) => {
    heard.push(incoming.headers);
    response.end('ok');
  }).listen(port, '127.0.0.1');
  await once(stranger, 'listening');
  await fails('Unavailable', traffic.probe({ service, count: 20 }, waiting()));
  await host.begin();
  const probed = await fails('Unavailable', traffic.probe({ service, count: 20 }, waiting()));
  assert.match(probed.message, new RegExp(`port ${port} is held by process ${process.pid} `));
  const url = `http://127.0.0.1:${port}`;
  const check = { name: 'home', http: '/', status: 200, timeout: 2000 };
  const headers = () => traffic.mark(service);
  const target = { check, address: url, url, version: 'v1', directory: '/', headers };
  const runner = createCheckRunner({ environment: {}, redact: (text) => text });
  await fails('Unavailable', runner.run(target, waiting()));
  assert.deepEqual(heard, [], 'no probe, no check, no mark');
  stranger.closeAllConnections();
  stranger.close();
  await eventually('the service', () => runner.run(target, waiting()).catch(() => undefined));
  await host.end();
});

test('a mark is good once, for its service, and for five minutes', () => {
  const marks = new Marks();
  const [one = '', two = '', three = ''] = marks.issue('shop/web', 3, 0);
  assert.equal(new Set([one, two, three]).size, 3);
  assert.ok(marks.use(one, 'shop/web', 1));
  assert.ok(!marks.use(one, 'shop/web', 2), 'once');
  assert.ok(!marks.use(two, 'shop/api', 2), 'of another service');
  assert.ok(!marks.use(two, 'shop/web', 3), 'and used up by that');
  assert.ok(!marks.use(three, 'shop/web', 300_001), 'too old');
  assert.ok(!marks.use('', 'shop/web', 1));
  assert.ok(!marks.use('made-up', 'shop/web', 1));
});
