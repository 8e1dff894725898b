// Who asked: what a service is told in X-Forwarded-... and its like, and by whom.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { freePort } from '../support/free-ports.ts';
import { plainSpec, TestHost, tokens, weightsOf } from '../support/local-daemon.ts';

describe('who asked', () => {
  let host: TestHost;
  before(async () => {
    host = await TestHost.start();
  });
  after(() => host.end());
  const nextToken = tokens();
  const claims = [
    'X-Forwarded-For: 203.0.113.9, 10.1.2.3',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: bank.example',
    'X_Forwarded_For: 203.0.113.10',
    'Forwarded: for=203.0.113.9;proto=https',
    'X-Real-IP: 203.0.113.9',
  ].join('\r\n');

  async function headersAt(name: string, trustedProxies?: string[]) {
    const ref = { system: 'shop', service: name };
    const port = await freePort();
    const plain = plainSpec(ref, 'v1', port);
    assert.ok(plain.program.kind === 'process');
    const program = { ...plain.program, ...(trustedProxies && { trustedProxies }) };
    const spec = { ...plain, program };
    await host.ready(spec, 1, nextToken());
    const weights = weightsOf([spec, 100]);
    await host.platform.traffic.set({ service: ref, weights, expect: [], token: nextToken() });
    const socket = connect(port, '127.0.0.1');
    let all = '';
    socket.on('data', (data) => (all += String(data)));
    socket.write(`GET / HTTP/1.1\r\nHost: shop:1\r\nConnection: close\r\n${claims}\r\n\r\n`);
    await once(socket, 'close');
    const { headers } = z
      .object({ headers: z.record(z.string(), z.string()) })
      .parse(JSON.parse(all.slice(all.indexOf('\r\n\r\n'))));
    return { headers, port };
  }

  test('is what the local host sees, whatever the client claims', async () => {
    const { headers, port } = await headersAt('alone');
    const said = Object.entries(headers).filter(([name]) => /forwarded|real/.test(name));
    assert.deepEqual(Object.fromEntries(said), {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop:1',
      'x-forwarded-port': String(port),
      'x-real-ip': '127.0.0.1',
      forwarded: 'for=127.0.0.1;host="shop:1";proto=http',
    });
  });

  test('is what a trusted proxy says', async () => {
    const { headers } = await headersAt('behind', ['10.0.0.0/8', '127.0.0.1']);
    assert.equal(headers['x-forwarded-for'], '203.0.113.9, 10.1.2.3, 127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'https');
    assert.equal(headers['x-forwarded-host'], 'bank.example');
    assert.equal(headers['forwarded'], 'for=203.0.113.9;proto=https, for=127.0.0.1');
    assert.equal(headers['x_forwarded_for'], undefined);
  });
});
