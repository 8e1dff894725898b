// What keeps others out of a private server: the door that asks for a certificate, the network that leads nowhere, the key
// of the Web UI.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import {
  createServer,
  request as newRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { connect as connectPlain, createServer as createEcho, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test, type TestContext } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import { makeCertificates, type ClientFiles } from '../../src/embedded/private/certificates.ts';
import {
  enclosed,
  networkOfItsOwn,
  openPrivateDoor,
  socketIn,
  socketsFolder,
  type PrivateDoor,
} from '../../src/embedded/private/private-server.ts';
import { keyedPath } from '../../src/machine/http/door-key.ts';
import { openDoor } from '../../src/machine/http/http-door.ts';
import { processIdentity, startTimeOf, isAlive } from '../../src/machine/process-identity.ts';
import { freePort } from '../support/free-ports.ts';
import { awaitThat } from '../support/faults/await-that.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-private-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

function shown({ authority, certificate, key }: ClientFiles): ConnectionOptions {
  const [ca, cert, its] = [authority, certificate, key].map((file) => readFileSync(file));
  return { ca, cert, key: its, servername: 'localhost' };
}

describe('the door of a private server', () => {
  const { client, door: certificates } = makeCertificates(join(folder, 'tls'));
  const others = makeCertificates(join(folder, 'others'));
  let behind: Server;
  let door: PrivateDoor;
  before(async () => {
    behind = createEcho((socket) => socket.pipe(socket));
    const socket = join(folder, 'echo');
    behind.listen(socket);
    await once(behind, 'listening');
    door = await openPrivateDoor(0, socket, certificates);
  });
  after(() => {
    door.close();
    behind.close();
  });

  /** What comes back for a word; undefined where the connection is refused or cut. */
  async function answer(options: ConnectionOptions): Promise<string | undefined> {
    const socket = connect({
      port: door.port,
      host: '127.0.0.1',
      ALPNProtocols: ['h2'],
      ...options,
    });
    socket.write('ahoy');
    return new Promise((resolve) => {
      socket.once('data', (said: Buffer) => {
        resolve(said.toString());
        socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.once('close', () => {
        resolve(undefined);
      });
    });
  }

  test('lets in who shows a certificate of its authority, and nobody else', async () => {
    const own = shown(client);
    assert.equal(await answer(own), 'ahoy');
    const { ca } = own;
    assert.equal(await answer({ ca, servername: 'localhost' }), undefined);
    assert.equal(await answer({ ...shown(others.client), ca }), undefined);
    assert.equal(await answer({ ...own, maxVersion: 'TLSv1.2' }), undefined);
  });

  test('is known by its own certificate: one of another start is not believed', async () => {
    assert.equal(await answer({ ...shown(client), ...pick(shown(others.client)) }), undefined);
  });

  test('says nothing to who speaks without TLS', async () => {
    const socket = connectPlain(door.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    let said = '';
    socket.on('data', (data: Buffer) => (said += data.toString('latin1')));
    await once(socket, 'close');
    assert.ok(!said.includes('PRI'), said);
  });

  test('its files are for their owner alone, and other ones after each start', () => {
    for (const file of [client.authority, client.certificate, client.key])
      assert.equal(statSync(file).mode & 0o777, 0o600);
    const before = readFileSync(client.key, 'utf8');
    makeCertificates(join(folder, 'again'));
    const { client: next } = makeCertificates(join(folder, 'again'));
    assert.notEqual(readFileSync(next.key, 'utf8'), before);
  });
});

const pick = ({ ca }: ConnectionOptions): ConnectionOptions => ({ ca });

describe('a server in a network of its own', () => {
  async function namespacesOr(t: TestContext): Promise<readonly string[] | undefined> {
    return networkOfItsOwn().catch((error: unknown) => {
      t.skip(String(error));
      return undefined;
    });
  }

  test('is reached by its sockets and not by its ports, and ends with what started it', async (t) => {
    const namespaces = await namespacesOr(t);
    if (namespaces === undefined) return;
    const [port, uiPort] = [await freePort(), await freePort()];
    const sockets = socketsFolder(folder);
    assert.equal(statSync(sockets).mode & 0o777, 0o700);
    const program = `
      const http = require('node:http');
      for (const port of [${port}, ${uiPort}]) http.createServer((_, a) => a.end(process.pid + ' ' + port)).listen(port, '127.0.0.1');
    `;
    const places = { temporal: `127.0.0.1:${port}`, ui: `127.0.0.1:${uiPort}` };
    const { command, args } = enclosed({ sockets, namespaces }, places, [
      process.execPath,
      '-e',
      program,
    ]);
    const child = spawn(command, args, { stdio: 'inherit' });
    t.after(() => child.kill('SIGKILL'));
    const socket = socketIn(sockets);
    const said = await awaitThat('the server to answer', () => ask(socket('temporal')));
    const [pid = 0, its] = said.split(' ').map(Number);
    assert.equal(its, port);
    assert.match((await ask(socket('ui'))) ?? '', new RegExp(` ${uiPort}$`));
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
    const server = { pid, startTime: startTimeOf(pid) ?? assert.fail('it has ended') };
    assert.ok(processIdentity.safeParse(server).success);
    child.kill('SIGKILL');
    await awaitThat('the server to end', () => (isAlive(server) ? undefined : true));
  });
});

async function ask(socket: string): Promise<string | undefined> {
  const stream = connectPlain({ path: socket });
  stream.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  let all = '';
  stream.on('data', (data: Buffer) => (all += data.toString()));
  try {
    await once(stream, 'close');
  } catch {
    return undefined;
  }
  return all.split('\r\n\r\n')[1]?.replace(/^\d+\r\n|\r\n0$/g, '') || undefined;
}

describe('a door with a key', () => {
  test('lets a browser in that opened the link once, and answers nobody else', async (t) => {
    const behind = createServer((_, response) => response.end('the page'));
    behind.listen(0, '127.0.0.1');
    await once(behind, 'listening');
    const address = behind.address();
    assert.ok(typeof address === 'object' && address !== null);
    const target = { host: '127.0.0.1', port: address.port };
    const key = { key: 'secret-key', name: 'own.localhost', hint: 'open the link' };
    const door = await openDoor({ host: '127.0.0.1', port: 0, names: [], target, what: 'it', key });
    t.after(() => {
      door.close();
      behind.closeAllConnections();
      behind.close();
    });
    const get = (path: string, cookie = '', host = `own.localhost:${door.port}`) =>
      answered(door.port, path, { host, cookie });
    const refused = await get('/');
    assert.equal(refused.status, 401);
    assert.match(refused.text, /shows no key\. open the link/);
    // What is no URL is refused as well, and ends nothing.
    for (const path of ['//', '///', '//:x', '/\\', '/%', '/?key=%']) {
      assert.equal((await get(path)).status, 401, path);
    }
    // The key in a cookie of a host goes to every port of it: only the name of its own is answered.
    const elsewhere = await get(keyedPath('/', 'secret-key'), '', `127.0.0.1:${door.port}`);
    assert.deepEqual([elsewhere.status, elsewhere.headers['set-cookie']], [403, undefined]);
    const foreign = await get(`//evil.example${keyedPath('', 'secret-key')}`);
    assert.equal(foreign.headers.location, '/evil.example');
    assert.equal((await get(keyedPath('/', 'wrong'))).status, 401);
    assert.equal((await get('/', `fairlead-door-${door.port}=wrong`)).status, 401);
    const welcome = await get(`${keyedPath('/a', 'secret-key')}&b=2`);
    assert.equal(welcome.status, 302);
    assert.equal(welcome.headers.location, '/a?b=2');
    const [cookie = ''] = (welcome.headers['set-cookie']?.[0] ?? '').split(';');
    assert.equal((await get('/', `other=1; ${cookie}`)).text, 'the page');
    const socket = connectPlain(door.port, '127.0.0.1');
    socket.write(
      `GET / HTTP/1.1\r\nHost: own.localhost:${door.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    const [said] = (await once(socket, 'data')) as [Buffer];
    assert.match(said.toString(), /^HTTP\/1\.1 403/);
    socket.destroy();
  });
});

interface Answered {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Asked by the address, under the name that the headers give. */
async function answered(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<Answered> {
  const request = newRequest({ host: '127.0.0.1', port, path, headers, agent: false }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, text: await text(response) };
}
