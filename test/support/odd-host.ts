// The local host with the odd service behind it, and a client that writes to sockets by hand.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { freePort } from './free-ports.ts';
import { plainSpec, TestHost, tokens, weightsOf } from './local-daemon.ts';

const ODD = join(import.meta.dirname, 'odd-service.mjs');
const service = { system: 'shop', service: 'odd' };

interface OddHost {
  host: TestHost;
  service: typeof service;
  opened: () => Promise<Socket>;
  /** Everything that comes back until the connection is closed. */
  said: (text: string) => Promise<string>;
  asked: (head: string, body?: string) => Promise<string>;
}

async function startOddHost(): Promise<OddHost> {
  const host = await TestHost.start();
  const port = await freePort();
  const nextToken = tokens();
  const spec = plainSpec(service, 'v1', port, {
    command: [process.execPath, ODD],
    // Who is suspected once is asked again after a long time only: it shows.
    health: { path: '/health', interval: 600_000, timeout: 2000 },
  });
  await host.ready(spec, 1, nextToken());
  const weights = weightsOf([spec, 100]);
  await host.platform.traffic.set({ service, weights, expect: [], token: nextToken() });
  const opened = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const said = async (text: string): Promise<string> => {
    const socket = await opened();
    let all = '';
    socket.on('data', (data) => (all += String(data)));
    socket.write(text);
    await once(socket, 'close');
    return all;
  };
  const asked = (head: string, body = '') =>
    said(`${head}Host: shop\r\nConnection: close\r\n\r\n${body}`);
  return { host, service, opened, said, asked };
}

/** The local host with the odd service for the tests of one `describe`. */
export function useOddHost() {
  let odd: OddHost;
  before(async () => {
    odd = await startOddHost();
  });
  after(() => odd.host.end());
  return {
    odd: () => odd,
    opened: () => odd.opened(),
    said: (text: string) => odd.said(text),
    asked: (head: string, body?: string) => odd.asked(head, body),
  };
}
