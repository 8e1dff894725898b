// The door before Temporal's Web UI and before metrics: what a browser does for a page of its own goes through, what a page
// of somebody else can make it do does not, and never reaches the server behind.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as newRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { hiddenLoopback, openDoor, type Door } from '../../src/machine/http/http-door.ts';

describe('the door', () => {
  const seen: string[] = [];
  let behind: Server;
  let door: Door;
  let url: string;
  before(async () => {
    behind = createServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      if (request.url === '/gzip') {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync('packed'));
      } else if (request.url === '/moved') {
        response.writeHead(302, { location: '/there', 'set-cookie': ['_csrf=1; Path=/', 'b=2'] });
        response.end();
      } else response.end(`${request.headers.cookie ?? ''} ${request.headers.host ?? ''}`);
    });
    behind.on('upgrade', (_, socket) => {
      seen.push('upgrade');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
      socket.end('ahoy');
    });
    const host = hiddenLoopback();
    behind.listen(0, host);
    await once(behind, 'listening');
    const address = behind.address();
    assert.ok(typeof address === 'object' && address !== null);
    const target = { host, port: address.port };
    const names = ['fairlead.example', 'mapped:9000'];
    door = await openDoor({
      host: '127.0.0.1',
      port: 0,
      names,
      target,
      what: 'the server',
      shortcuts: { '/short': '/long?query=a%20b' },
    });
    url = `http://127.0.0.1:${door.port}`;
  });
  after(() => {
    door.close();
    behind.closeAllConnections();
    behind.close();
  });

  /** The status of what comes back for lines as they are. */
  async function status(...lines: string[]): Promise<string> {
    const socket = connect(door.port, '127.0.0.1');
    let all = '';
    socket.on('data', (data) => (all += String(data)));
    socket.write(
      `${lines.join('\r\n').replaceAll('PORT', String(door.port))}\r\nConnection: close\r\n\r\n`,
    );
    await once(socket, 'close');
    return all.slice(9, 12);
  }

  test('a short path leads to the long one behind the door, for whoever may come in', async () => {
    const answer = await fetch(`${url}/short`, { redirect: 'manual' });
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/long?query=a%20b']);
    assert.equal(await status('GET /short HTTP/1.1', 'Host: evil.example'), '403');
  });

  const right = 'Host: 127.0.0.1:PORT';
  const turnedAway: Record<string, string[]> = {
    'a post of text from a page of somebody else': [
      'POST / HTTP/1.1',
      right,
      'Origin: http://evil.example',
      'Content-Type: text/plain',
      'Content-Length: 0',
    ],
    'a page without an origin': ['POST / HTTP/1.1', right, 'Origin: null', 'Content-Length: 0'],
    'a page of another server of this machine': [
      'POST / HTTP/1.1',
      right,
      'Origin: http://localhost:3000',
      'Content-Length: 0',
    ],
    'an origin that only begins as ours': [
      'POST / HTTP/1.1',
      right,
      'Origin: http://127.0.0.1:PORT.evil.example',
      'Content-Length: 0',
    ],
    'a second origin': [
      'POST / HTTP/1.1',
      right,
      'Origin: http://127.0.0.1:PORT',
      'Origin: http://evil.example',
      'Content-Length: 0',
    ],
    'a name that was made to mean the loopback': ['GET / HTTP/1.1', 'Host: evil.example:PORT'],
    'a name that only begins as ours': ['GET / HTTP/1.1', 'Host: localhost.evil.example:PORT'],
    'a user before another name': ['GET / HTTP/1.1', 'Host: 127.0.0.1:PORT@evil.example'],
    'another port': ['GET / HTTP/1.1', 'Host: 127.0.0.1:1'],
    'a name at a port that is not allowed with it': ['GET / HTTP/1.1', 'Host: mapped:9001'],
    'no host': ['GET / HTTP/1.0'],
    'two hosts': ['GET / HTTP/1.1', right, 'Host: evil.example'],
    'a first line that names a host': ['GET http://evil.example/ HTTP/1.1', right],
    'a first line that names our host': [
      'GET http://127.0.0.1:PORT/ HTTP/1.1',
      'Host: evil.example',
    ],
    'a frame in a page of somebody else': [
      'GET / HTTP/1.1',
      right,
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: iframe',
    ],
    'a script in a page of another server of this machine': [
      'GET / HTTP/1.1',
      right,
      'Sec-Fetch-Site: same-site',
      'Sec-Fetch-Mode: no-cors',
      'Sec-Fetch-Dest: script',
    ],
    'a form that was sent from elsewhere': [
      'POST / HTTP/1.1',
      right,
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
      'Content-Length: 0',
    ],
    'a WebSocket of a page of somebody else': [
      'GET / HTTP/1.1',
      right,
      'Origin: http://evil.example',
      'Connection: Upgrade',
      'Upgrade: websocket',
    ],
    'an offer of another protocol from elsewhere': [
      'POST / HTTP/1.1',
      right,
      'Origin: http://evil.example',
      'Connection: Upgrade',
      'Upgrade: h2c',
      'Content-Length: 0',
    ],
  };
  for (const [what, lines] of Object.entries(turnedAway)) {
    test(`turns away ${what}`, async () => {
      const before = seen.length;
      assert.match(await status(...lines), /^40[03]$/);
      assert.equal(seen.length, before, 'the server behind has seen nothing of it');
    });
  }

  const letIn: Record<string, string[]> = {
    'a page of its own': [
      'POST / HTTP/1.1',
      right,
      'Origin: http://127.0.0.1:PORT',
      'Sec-Fetch-Site: same-origin',
      'Content-Length: 0',
    ],
    'localhost, however it is written': ['GET / HTTP/1.1', 'Host: LocalHost:PORT'],
    'the loopback of IPv6': ['GET / HTTP/1.1', 'Host: [::1]:PORT', 'Origin: http://[::1]:PORT'],
    'a name that is allowed': [
      'GET / HTTP/1.1',
      'Host: fairlead.example',
      'Origin: https://fairlead.example',
    ],
    'a name that is allowed, at its port': ['GET / HTTP/1.1', 'Host: mapped:9000'],
    'a link on a page of somebody else': [
      'GET / HTTP/1.1',
      right,
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
    ],
    'a program that is no browser': ['POST / HTTP/1.1', right, 'Content-Length: 0'],
  };
  for (const [what, lines] of Object.entries(letIn)) {
    test(`lets in ${what}`, async () => {
      assert.equal(await status(...lines), '200');
    });
  }

  test('passes redirects, cookies and packed answers as they are', async () => {
    const moved = await fetch(`${url}/moved`, { redirect: 'manual' });
    assert.deepEqual([moved.status, moved.headers.get('location')], [302, '/there']);
    assert.deepEqual(moved.headers.getSetCookie(), ['_csrf=1; Path=/', 'b=2']);
    assert.equal(moved.headers.get('x-frame-options'), 'SAMEORIGIN');
    const outgoing = newRequest(`${url}/gzip`).end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    assert.equal(String(gunzipSync(Buffer.concat(chunks))), 'packed');
    const own = await fetch(url, { headers: { cookie: 'a=1; b=2' } });
    assert.equal(await own.text(), `a=1; b=2 127.0.0.1:${door.port}`);
  });

  test('passes a WebSocket of a page of its own', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', origin: url };
    const outgoing = newRequest(url, { headers }).end();
    const [, socket, head] = (await once(outgoing, 'upgrade')) as [IncomingMessage, Socket, Buffer];
    let all = String(head);
    for await (const chunk of socket as AsyncIterable<Buffer>) all += String(chunk);
    assert.equal(all, 'ahoy');
  });

  test('gives up a request whose body does not come', async () => {
    const patient = createServer((request, response) => {
      request.resume().once('end', () => response.end('all of it'));
    }).listen(0, '127.0.0.1');
    await once(patient, 'listening');
    const address = patient.address();
    assert.ok(typeof address === 'object' && address !== null);
    const hasty = await openDoor({
      ...{ host: '127.0.0.1', port: 0, names: ['shop'], what: 'the server', patience: 200 },
      target: { host: '127.0.0.1', port: address.port },
    });
    const socket = connect(hasty.port, '127.0.0.1');
    const answered = once(socket, 'data');
    const closed = once(socket, 'close');
    socket.write('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhalf');
    assert.match(String(await answered), /^HTTP\/1.1 408 /);
    await closed;
    hasty.close();
    patient.close();
  });

  test('says so while the server behind does not answer', async () => {
    const nobody = await openDoor({
      ...{ host: '127.0.0.1', port: 0, names: [], what: 'the server' },
      target: { host: hiddenLoopback(), port: 1 },
    });
    const answer = await fetch(`http://127.0.0.1:${nobody.port}`);
    assert.equal(answer.status, 502);
    assert.match(await answer.text(), /^the server does not answer/);
    nobody.close();
  });
});
