// What HTTP allows between a client and a service goes through the local host as it is: interim answers, trailers, offers
// of other protocols, answers before the body was read. Written to sockets by hand, since no client sends all of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { parsePrometheusText } from '../../src/domain/analysis/prometheus-text.ts';
import { eventually } from '../support/local-daemon.ts';
import { useOddHost } from '../support/odd-host.ts';

const echo = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  trailers: z.record(z.string(), z.string()),
  length: z.number(),
});

const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

describe('the local host passes on', () => {
  const { odd, opened, said, asked } = useOddHost();

  async function echoed(head: string, body = '') {
    const all = await asked(head, body);
    assert.match(all, /^HTTP\/1.1 200 /, all);
    return echo.parse(JSON.parse(all.slice(all.indexOf('{'))));
  }

  async function counted(code: number): Promise<number> {
    const text = await (await fetch(`${await odd().host.url()}/metrics`)).text();
    return parsePrometheusText(text)
      .samples.filter(
        ({ name, labels }) => name === 'fairlead_requests_total' && labels['code'] === String(code),
      )
      .filter(({ labels }) => labels['revision'] !== '')
      .reduce((sum, { value }) => sum + value, 0);
  }

  test('interim answers before the final one, and trailers after it', async () => {
    const all = await asked('GET /hints HTTP/1.1\r\n');
    assert.match(
      all,
      /^HTTP\/1.1 102 Processing\r\n\r\nHTTP\/1.1 103 Early Hints\r\nLink: <\/style.css>; rel=preload\r\nX-Early: yes\r\n\r\nHTTP\/1.1 200 OK/,
    );
    assert.match(all, /set-cookie: a=1\r\nset-cookie: b=2/i);
    assert.match(all, /\r\n0\r\nx-sum: abc\r\n\r\n$/, 'and no trailer that says who asked');
  });

  test('no interim answer and no trailer to a client of HTTP/1.0', async () => {
    const all = await said('GET /hints HTTP/1.0\r\nHost: shop\r\n\r\n');
    assert.match(all, /^HTTP\/1.1 200 OK/);
    assert.match(all, /\r\n\r\nwhole$/);
  });

  test("a client's body in chunks, its trailers, and that it takes trailers", async () => {
    const got = await echoed(
      'POST /chunks HTTP/1.1\r\nTE: trailers\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n',
      '5\r\nhello\r\n0\r\nX-Sum: 12\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n',
    );
    assert.equal(got.length, 5);
    assert.deepEqual(got.trailers, { 'x-sum': '12' });
    assert.equal(got.headers['te'], 'trailers');
  });

  for (const [what, offer] of [
    [
      'HTTP/2 in the clear',
      'GET /h2c HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n',
    ],
    ['TLS', 'OPTIONS /tls HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: TLS/1.3\r\n'],
    ['a WebSocket by POST', `POST /post HTTP/1.1\r\n${WEBSOCKET}Content-Length: 5\r\n`],
    ['a WebSocket with a body', `GET /body HTTP/1.1\r\n${WEBSOCKET}Content-Length: 5\r\n`],
    [
      'HTTP/2 with a body in chunks',
      'PUT /c HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n',
    ],
  ] as const) {
    test(`a request that offers ${what} without the offer, its body whole, counted by its answer`, async () => {
      const before = [await counted(200), await counted(101)];
      const hello = offer.includes('Length') ? 'hello' : '';
      const body = offer.includes('chunked') ? '5\r\nhello\r\n0\r\n\r\n' : hello;
      const got = await echoed(offer, body);
      assert.equal(got.length, body === '' ? 0 : 5);
      assert.equal(got.headers['upgrade'], undefined);
      assert.equal(got.headers['http2-settings'], undefined);
      assert.deepEqual([await counted(200), await counted(101)], [(before[0] ?? 0) + 1, before[1]]);
    });
  }

  test('a second request on a connection whose first one made an offer', async () => {
    const offer =
      'GET /one HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade, keep-alive\r\nUpgrade: h2c\r\n\r\n';
    const all = await said(`${offer}GET /two HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`);
    assert.match(all, /"url":"\/one".*"url":"\/two"/s);
  });

  test('a WebSocket, counted as 101 while it is open', async () => {
    const before = await counted(101);
    const socket = await opened();
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: shop\r\n${WEBSOCKET}Sec-WebSocket-Key: abc\r\n\r\nfirst`,
    );
    const [head] = (await once(socket, 'data')).map(String);
    assert.match(head ?? '', /^HTTP\/1.1 101 /);
    const words =
      head?.endsWith('first') === true ? 'first' : (await once(socket, 'data')).map(String)[0];
    assert.equal(words, 'first');
    assert.equal(await counted(101), before + 1);
    socket.destroy();
  });

  for (const [path, code] of [
    ['/plain', 200],
    ['/required', 426],
  ] as const) {
    test(`what a service answers to a WebSocket that it does not want (${code}), counted as that`, async () => {
      const before = [await counted(code), await counted(101)];
      const all = await said(`GET ${path} HTTP/1.1\r\nHost: shop\r\n${WEBSOCKET}\r\n`);
      assert.match(all, new RegExp(`^HTTP/1.1 ${code} `));
      if (code === 200) assert.match(all, /\r\n\r\nplain$/);
      await eventually('the count', async () => (await counted(code)) === (before[0] ?? 0) + 1);
      assert.equal(await counted(101), before[1]);
    });
  }

  for (const keeps of ['close', 'keep-alive']) {
    test(`an answer that came before the body was read (Connection: ${keeps}), each time`, async () => {
      const before = [await counted(413), await counted(502)];
      for (let n = 0; n < 5; n += 1) {
        const socket = await opened();
        let all = '';
        socket.on('data', (data) => (all += String(data)));
        const length = 8_000_000;
        socket.write(
          `POST /early HTTP/1.1\r\nHost: shop\r\nConnection: ${keeps}\r\nContent-Length: ${length}\r\n\r\n`,
        );
        socket.write(Buffer.alloc(length));
        await eventually('the answer', () => all.endsWith('too much'));
        assert.match(all, /^HTTP\/1.1 413 /);
        socket.destroy();
      }
      assert.deepEqual([await counted(413), await counted(502)], [(before[0] ?? 0) + 5, before[1]]);
      const states = await odd().host.platform.workload.revisions(odd().service);
      assert.equal(states[0]?.ready, 1, 'nobody is suspected');
    });
  }

  test('the leave to send a body, the refusal of it, and the silence of a service that knows nothing of either', async () => {
    const expects = 'Host: shop\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
    for (const path of ['/continue', '/silent']) {
      const socket = await opened();
      socket.write(`POST ${path} HTTP/1.1\r\n${expects}`);
      const [leave] = (await once(socket, 'data')).map(String);
      assert.equal(leave, 'HTTP/1.1 100 Continue\r\n\r\n');
      let answer = '';
      socket.on('data', (data) => (answer += String(data)));
      socket.write('hello');
      await eventually('the answer', () => /"length":5/.test(answer));
      socket.destroy();
    }
    const refused = await said(`POST /refused HTTP/1.1\r\n${expects}`);
    assert.match(refused, /^HTTP\/1.1 417 [^]*connection: close[^]*no$/i);
  });

  test('answers that have no body, and the head of those that have one', async () => {
    assert.match(await asked('GET /empty HTTP/1.1\r\n'), /^HTTP\/1.1 204 [^]*\r\n\r\n$/);
    const same = await asked('GET /same HTTP/1.1\r\n');
    assert.match(same, /^HTTP\/1.1 304 [^]*etag: "1"[^]*\r\n\r\n$/i);
    const head = await asked('HEAD /x HTTP/1.1\r\n');
    assert.match(head, /^HTTP\/1.1 200 [^]*content-length: \d+[^]*\r\n\r\n$/i);
  });

  test('an answer that breaks off as one that broke off', async () => {
    const before = await counted(502);
    assert.match(await asked('GET /half HTTP/1.1\r\n'), /half$/);
    await eventually('the count', async () => (await counted(502)) === before + 1);
    await eventually('it to be asked again and found well', async () => {
      const [state] = await odd().host.platform.workload.revisions(odd().service);
      return state?.ready === 1;
    });
  });

  test('a request whose first line names the host', async () => {
    const got = await echoed('GET http://elsewhere.example/path?q=1 HTTP/1.1\r\n');
    assert.deepEqual([got.url, got.headers['host']], ['/path?q=1', 'elsewhere.example']);
  });

  test('no message that has two ends, or two readings', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n';
    const [length, chunked] = ['Content-Length: 4', 'Transfer-Encoding: chunked'];
    const heads = [
      ...[`${length}\r\n${chunked}`, `${length}\r\nContent-Length: 5`, 'Content-Length: +4'],
      ...[`${chunked}\r\nTransfer-Encoding: identity`, `${chunked}\r\n${chunked}`],
      ...['xchunked', 'gzip, chunked', 'chunked, gzip'].map((one) => `Transfer-Encoding: ${one}`),
      ...['Transfer-Encoding : chunked', 'Transfer-Encoding:\r\n chunked'],
      ...['\n', '\r', '\r\n b\r\n'].map((end) => `X: a${end}${length}`),
    ];
    for (const head of heads) {
      const all = await said(
        `POST /two HTTP/1.1\r\n${head}\r\nHost: shop\r\n\r\n0\r\n\r\n${smuggled}`,
      );
      assert.match(all, /^HTTP\/1.1 (400|501) /, `${head}: ${all}`);
      assert.ok(!all.includes('smuggled'));
    }
    const old = await said(`POST /two HTTP/1.0\r\nHost: shop\r\n${chunked}\r\n\r\n0\r\n\r\n`);
    assert.match(old, /^HTTP\/1.1 400 /);
    assert.match(await said('GET / HTTP/2.0\r\nHost: shop\r\n\r\n'), /^HTTP\/1.1 505 /);
    assert.match(await said('GET / HTTP/1.1\nHost: shop\n\n'), /^HTTP\/1.1 400 /);
    const got = await echoed('GET /x HTTP/1.1\r\nTransfer_Encoding: chunked\r\n');
    assert.equal(got.headers['transfer_encoding'], undefined);
  });

  test('an answer in chunks to a client of HTTP/1.0 as one that ends with the connection', async () => {
    const all = await said('GET /chunked HTTP/1.0\r\nHost: shop\r\nConnection: keep-alive\r\n\r\n');
    assert.match(all, /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nwhole$/);
    assert.ok(!/transfer-encoding|keep-alive/i.test(all), all);
  });

  test('no tunnel that nobody asked for, and no status that there is not', async () => {
    for (const head of [
      'GET /switched HTTP/1.1\r\nConnection: close\r\n',
      'POST /switched HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n',
      ...['/odd', '/status'].map((path) => `GET ${path} HTTP/1.1\r\n${WEBSOCKET}`),
    ]) {
      const all = await said(`${head}Host: shop\r\n\r\n`);
      assert.match(all, /^HTTP\/1.1 502 /, `${head}: ${all}`);
      assert.ok(!all.includes('smuggled'));
    }
  });

  test('a body whose length the client says to drop, with its length', async () => {
    const got = await echoed(
      'GET /drop HTTP/1.1\r\nContent-Length: 5\r\nConnection: content-length, x-mine, close\r\nX-Mine: 1\r\n',
      'hello',
    );
    assert.equal(got.length, 5);
    assert.equal(got.headers['x-mine'], undefined);
  });
});
