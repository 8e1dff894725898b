// Answers without an end of their own, WebSockets and streams of events: whom they are opened to, and what ends them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get, request, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { parsePrometheusText } from '../../src/domain/analysis/prometheus-text.ts';
import { freePort } from '../support/free-ports.ts';
import { ask } from '../support/http-load.ts';
import { eventually, plainSpec, TestHost, tokens, weightsOf } from '../support/local-daemon.ts';

const OFFER = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
};

/** A WebSocket that echoes, with whether it is closed. */
async function open(url: string): Promise<{ socket: Duplex; isClosed: () => boolean }> {
  const socket = await new Promise<Duplex>((done, failed) => {
    const outgoing = request(url, { headers: OFFER });
    outgoing.once('upgrade', (_, upgraded) => {
      done(upgraded);
    });
    outgoing.once('response', ({ statusCode }) => {
      failed(new Error(`answered ${statusCode ?? 0}`));
    });
    outgoing.once('error', failed).end();
  });
  let closed = false;
  socket.on('error', () => undefined).once('close', () => (closed = true));
  const back = once(socket, 'data');
  socket.write('ahoy');
  assert.equal(String((await back)[0]), 'ahoy');
  return { socket, isClosed: () => closed };
}

async function events(url: string): Promise<{ isClosed: () => boolean }> {
  const [answer] = (await once(get(`${url}/events`), 'response')) as [IncomingMessage];
  let closed = false;
  answer.on('error', () => undefined).once('close', () => (closed = true));
  await once(answer, 'data');
  return { isClosed: () => closed };
}

/** An answer in two pieces, of which only the first one comes. */
async function begunStream(url: string): Promise<{ isClosed: () => boolean; leave: () => void }> {
  const outgoing = get(`${url}/stream`);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  let closed = false;
  answer.on('error', () => undefined).once('close', () => (closed = true));
  await once(answer, 'data');
  return { isClosed: () => closed, leave: () => outgoing.destroy() };
}

describe('an answer without an end', () => {
  const service = { system: 'shop', service: 'chat' };
  const nextToken = tokens();
  let host: TestHost;
  let folder = '';
  let url = '';
  let v1: ReturnType<typeof plainSpec>;
  let v2: ReturnType<typeof plainSpec>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fairlead-endless-'));
    host = await TestHost.start();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const more = { drain: 100, configuration: { DIE_OF: join(folder, 'poison') } };
    v1 = plainSpec(service, 'v1', port, more);
    v2 = plainSpec(service, 'v2', port, more);
    await host.ready(v1, 2, nextToken());
    await host.ready(v2, 1, nextToken());
    await share(100, 0);
  });
  after(async () => {
    await host.end();
    await rm(folder, { recursive: true });
  });

  async function share(first: number, second: number): Promise<void> {
    const { traffic } = host.platform;
    const { weights: expect } = await traffic.read(service);
    const pairs: [typeof v1, number][] = [
      [v1, first],
      [v2, second],
    ];
    const weights = weightsOf(...pairs.filter(([, percent]) => percent > 0));
    await traffic.set({ service, weights, expect, token: nextToken() });
  }

  async function counted(code: number): Promise<number> {
    const { samples } = parsePrometheusText(
      await (await fetch(`${await host.url()}/metrics`)).text(),
    );
    return samples
      .filter(
        ({ name, labels }) => name === 'fairlead_requests_total' && labels['probe'] === 'false',
      )
      .filter(({ labels }) => labels['code'] === String(code) && labels['revision'] !== '')
      .reduce((sum, { value }) => sum + value, 0);
  }

  test('ends at once when the service is stopped, however long its drain, is counted, and not one on a preview address', async (t) => {
    const patient = { system: 'shop', service: 'patient' };
    const port = await freePort();
    const spec = plainSpec(patient, 'v1', port, { drain: 3_600_000 });
    await host.ready(spec, 1, nextToken());
    const { traffic, workload } = host.platform;
    const [state] = await workload.revisions(patient);
    const begin = { service: patient, expect: [], token: nextToken() };
    await traffic.set({ ...begin, weights: weightsOf([spec, 100]) });
    const at = `http://127.0.0.1:${port}`;
    const [users, stream, own] = [
      await open(at),
      await events(at),
      await open(state?.previewUrl ?? ''),
    ];
    t.after(() => own.socket.destroy());
    const token = nextToken();
    const stopped = await traffic.stop({ service: patient, token });
    assert.deepEqual(stopped.endless, { ended: 2, leaving: 0 });
    await eventually('both to end', () => users.isClosed() && stream.isClosed());
    assert.equal(own.isClosed(), false);
    // A retry whose first answer was lost says the same.
    assert.equal((await traffic.stop({ service: patient, token })).endless?.ended, 2);
  });

  test('that has an end, as a download, gets `drain` of a stop, and no longer', async () => {
    const answer = await begunStream(url);
    await host.platform.traffic.stop({ service, token: nextToken() });
    await eventually('it to end', () => answer.isClosed());
    await host.platform.traffic.admit({ service, percent: 100, token: nextToken() });
  });

  test('that has an end goes on when its version has no users any more', async () => {
    const [answer, stream] = [await begunStream(url), await events(url)];
    await share(0, 100);
    await eventually('the stream to end', () => stream.isClosed());
    assert.equal(answer.isClosed(), false);
    await share(100, 0);
    answer.leave();
  });

  test('that gets `drain` is counted where its version has no users any more', async () => {
    const patient = { system: 'shop', service: 'switched' };
    const port = await freePort();
    const [one, two] = ['v1', 'v2'].map((version) =>
      plainSpec(patient, version, port, { drain: 3_600_000 }),
    );
    assert.ok(one && two);
    for (const spec of [one, two]) await host.ready(spec, 1, nextToken());
    const { traffic } = host.platform;
    const whole = [weightsOf([one, 100]), weightsOf([two, 100])] as const;
    const set = (weights: (typeof whole)[0], expect: (typeof whole)[0]) =>
      traffic.set({ service: patient, weights, expect, token: nextToken() });
    await set(whole[0], []);
    const at = `http://127.0.0.1:${port}`;
    const [users, stream] = [await open(at), await events(at)];
    assert.deepEqual((await set(whole[1], whole[0])).endless, { ended: 0, leaving: 2 });
    assert.deepEqual([users.isClosed(), stream.isClosed()], [false, false]);
    const stopped = await traffic.stop({ service: patient, token: nextToken() });
    assert.equal(stopped.endless?.ended, 2);
    await eventually('both to end', () => users.isClosed() && stream.isClosed());
  });

  test('ends for clients that are not let in any more, and stays for the others', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => open(url)));
    await host.platform.traffic.admit({ service, percent: 0, token: nextToken() });
    await eventually('them to end', () => all.every(({ isClosed }) => isClosed()));
    await host.platform.traffic.admit({ service, percent: 100, token: nextToken() });
  });

  test('ends when its version has no users any more, and stays while it has some', async () => {
    const [users, stream] = [await open(url), await events(url)];
    await share(50, 50);
    await share(100, 0);
    const later = await open(url);
    assert.deepEqual([users.isClosed(), stream.isClosed()], [false, false]);
    await share(0, 100);
    await eventually('all to end', () =>
      [users, stream, later].every(({ isClosed }) => isClosed()),
    );
    await share(100, 0);
  });

  test('whose client vanished without a word is missed: the kernel asks for it', async () => {
    const { socket } = await open(url);
    assert.ok(socket instanceof Socket && socket.localPort !== undefined);
    const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
    const [from, to] = [hex(Number(new URL(url).port)), hex(socket.localPort)];
    // Local and remote address, state, queues, then which timer runs: 02 is keep-alive.
    const line = new RegExp(`: \\w+:${from} \\w+:${to} 01 \\w+:\\w+ 02:`);
    await eventually('it', async () => line.test(await readFile('/proc/net/tcp', 'utf8')));
    socket.destroy();
  });

  test('is opened by another replica when the first one dies of the offer', async () => {
    const broken = await counted(502);
    await writeFile(join(folder, 'poison'), '');
    const { socket } = await open(url);
    socket.destroy();
    assert.equal(await counted(502), broken);
  });

  test('whose client leaves before it is opened is no failure of the replica', async () => {
    const [left, broken] = [await counted(499), await counted(502)];
    const outgoing = request(`${url}/never`, { headers: OFFER });
    outgoing.on('error', () => undefined).end();
    await eventually('it to be asked', async () => {
      const bodies = await Promise.all([1, 2].map(() => ask(`${url}/open`)));
      return bodies.some(({ body }) => body === 'slow');
    });
    outgoing.destroy();
    await eventually('the count', async () => (await counted(499)) === left + 1);
    assert.equal(await counted(502), broken);
  });
});
