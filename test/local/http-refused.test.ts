// What the local host refuses: requests that cannot be read, each answered once before the connection is closed. Written to
// sockets by hand, since no client sends such.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { eventually } from '../support/local-daemon.ts';
import { useOddHost } from '../support/odd-host.ts';

const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

describe('the local host refuses', () => {
  const { opened, said, asked } = useOddHost();

  test('by one answer what cannot be read on, before or after its answer, and then the end', async () => {
    const chunked = 'Host: shop\r\nTransfer-Encoding: chunked\r\n\r\n';
    const told = [
      ...['zz\r\nbad', '1\r\nabc\r\n', '0\r\n\r\nnonsense', ''].map(
        (body) => `POST /two HTTP/1.0\r\n${chunked}${body}`,
      ),
      'POST /two HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: gzip, chunked\r\n\r\nzz\r\nbad',
      `POST /two HTTP/1.1\r\n${chunked}zz\r\nbad`,
    ];
    for (const text of told) {
      // In one piece, and with the body when the head was read.
      const [head = '', ...body] = text.split(/(?<=\r\n\r\n)/);
      for (const parts of [[text], [head, body.join('')]]) {
        const socket = await opened();
        const closed = once(socket, 'close');
        let all = '';
        socket.on('data', (data) => (all += String(data)));
        for (const part of parts) {
          socket.write(part);
          await new Promise((done) => setTimeout(done, 20));
        }
        await closed;
        assert.match(all, /^HTTP\/1.1 (400|501) /, text);
        assert.equal(all.match(/HTTP\/1\.1/g)?.length, 1, `${text}\n${all}`);
      }
    }
  });

  test('by no second answer a request that goes bad after it was answered', async () => {
    const socket = await opened();
    const closed = once(socket, 'close');
    let all = '';
    socket.on('data', (data) => (all += String(data)));
    const head = 'POST /early HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.write(`${head}1\r\na\r\n`);
    await eventually('the early answer', () => all.endsWith('too much'));
    socket.write('zz\r\nbad');
    await closed;
    assert.match(all, /^HTTP\/1.1 413 /);
    assert.equal(all.match(/HTTP\/1\.1/g)?.length, 1, all);
  });

  test('nobody else’s time for an offer to speak another protocol that is long', async () => {
    const offer = `Connection: Upgrade\r\nUpgrade: a${' '.repeat(15_000)}b\r\n`;
    const start = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => asked(`GET /x HTTP/1.0\r\n${offer}`)));
    const took = performance.now() - start;
    // Read in a time that grows as the square of its length, each held up everybody for a second or more.
    assert.ok(took < 4_000, `it took ${(took / 1000).toFixed(1)} s`);
  });

  test('a request for two hosts', async () => {
    const hosts = 'Host: shop\r\nHost: other\r\n';
    for (const head of [
      'GET /x HTTP/1.1\r\n',
      'GET /x HTTP/1.0\r\n',
      'GET http://shop/x HTTP/1.1\r\n',
      `GET /ws HTTP/1.1\r\n${WEBSOCKET}`,
      'GET /x HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n',
    ]) {
      assert.match(await said(`${head}${hosts}\r\n`), /^HTTP\/1.1 400 /, head);
    }
  });

  test('CONNECT, and what begins another protocol, by an answer and the end', async () => {
    const lines: [head: string, code: number][] = [
      ['CONNECT other:443 HTTP/1.1\r\n', 501],
      ['CONNECT other:443 HTTP/1.0\r\n', 501],
      ['CONNECT shop HTTP/1.1\r\nTransfer-Encoding: gzip\r\n', 501],
      ['CONNECT other:443 HTTP/1.1\r\nHost: other\r\n', 400],
      ['BREW /x HTTP/1.1\r\n', 400],
      ['PRI * HTTP/2.0\r\n', 400],
    ];
    for (const [head, code] of lines) {
      const all = await asked(head, 'more that nobody reads');
      assert.match(all, new RegExp(`^HTTP/1.1 ${code} `), head);
      assert.equal(all.match(/HTTP\/1\.1/g)?.length, 1, `${head}\n${all}`);
    }
  });

  test('CONNECT after a request on the same connection, which is answered first', async () => {
    const first = 'GET /two HTTP/1.1\r\nHost: shop\r\n\r\n';
    const socket = await opened();
    const closed = once(socket, 'close');
    let all = '';
    socket.on('data', (data) => (all += String(data)));
    socket.write(first);
    await eventually('the first answer', () => all.includes('HTTP/1.1 200 '));
    socket.write('CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n');
    await closed;
    assert.match(all, /HTTP\/1\.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close/);
  });

  test('a head that is too large, however large, by an answer', async () => {
    for (const lines of [128, 4000]) {
      const all = await asked(`GET /x HTTP/1.1\r\n${`X: ${'x'.repeat(1000)}\r\n`.repeat(lines)}`);
      assert.match(all, /^HTTP\/1.1 431 /, `${lines} kB`);
    }
  });
});
