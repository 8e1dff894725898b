// What the local host does with single requests: streams, upgrades, probes, previews, stops, admissions.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, request, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { parsePrometheusText } from '../../src/domain/analysis/prometheus-text.ts';
import { ask } from '../support/http-load.ts';
import {
  eventually,
  tokens,
  plainSpec,
  TestHost,
  waiting,
  weightsOf,
} from '../support/local-daemon.ts';
import { freePort } from '../support/free-ports.ts';

const page = z.object({
  pid: z.number(),
  version: z.string(),
  secret: z.string().nullable(),
  leaked: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
});

const ONE_ADDRESS = { addresses: 1, atMost: 128 };

describe('the local host', () => {
  const service = { system: 'shop', service: 'web' };
  const nextToken = tokens();
  let host: TestHost;
  let url = '';
  let v1: ReturnType<typeof plainSpec>;
  let v2: ReturnType<typeof plainSpec>;
  before(async () => {
    host = await TestHost.start();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    v1 = plainSpec(service, 'v1', port, { configuration: { SECRET: { env: 'PLANTED_SECRET' } } });
    v2 = plainSpec(service, 'v2', port);
    await host.ready(v1, 1, nextToken());
    await host.ready(v2, 1, nextToken());
    const { traffic } = host.platform;
    await traffic.set({ service, weights: weightsOf([v1, 100]), expect: [], token: nextToken() });
  });
  after(() => host.end());

  const asPage = (body: string) => page.parse(JSON.parse(body));

  async function counted(labels: Record<string, string>): Promise<number> {
    const { samples } = parsePrometheusText(
      await (await fetch(`${await host.url()}/metrics`)).text(),
    );
    return samples
      .filter((one) => one.name === 'fairlead_requests_total')
      .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
      .reduce((sum, one) => sum + one.value, 0);
  }

  test('passes a stream on piece by piece', async () => {
    const [response] = await new Promise<[IncomingMessage]>((done) => {
      get(`${url}/stream`, (answer) => {
        done([answer]);
      });
    });
    response.setEncoding('utf8');
    const pieces: unknown[] = [await once(response, 'data').then(String)];
    // Only now is the second piece asked for: the first one was not held back.
    response.on('data', (piece) => pieces.push(piece));
    const end = once(response, 'end');
    await ask(`${url}/next`);
    await end;
    assert.deepEqual(pieces, ['first\n', 'second\n']);
  });

  test('passes an upgraded connection on in both directions', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    };
    const socket = await new Promise<Duplex>((done, failed) => {
      const outgoing = request(url, { headers });
      outgoing.once('upgrade', (response, upgraded) => {
        assert.equal(response.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
        done(upgraded);
      });
      outgoing.once('error', failed);
      outgoing.end();
    });
    for (const word of ['ahoy', 'again']) {
      const back = once(socket, 'data');
      socket.write(word);
      assert.equal(String(await back), word);
    }
    socket.destroy();
  });

  test('gives a service its secret and nothing else of its own environment', async () => {
    const { secret, leaked } = asPage((await ask(url)).body);
    assert.deepEqual([secret, leaked], ['hush', null]);
  });

  test('shows a revision without traffic at its preview address', async () => {
    const before = await counted({ revision: v2.id, probe: 'false' });
    const states = await host.platform.workload.revisions(service);
    const preview = states.find((one) => one.spec.id === v2.id)?.previewUrl ?? '';
    assert.equal(asPage((await ask(preview)).body).version, 'v2');
    assert.equal(await counted({ revision: v2.id, probe: 'false' }), before, 'no user was there');
  });

  test('counts requests by revision and status, marked ones apart', async () => {
    const labels = { revision: v1.id, version: 'v1', code: '418', probe: 'false' };
    const before = await counted(labels);
    const probes = await counted({ revision: v1.id, probe: 'true' });
    for (let i = 0; i < 3; i += 1) await ask(`${url}/status?code=418`);
    assert.equal(await counted(labels), before + 3);
    await host.platform.traffic.probe({ service, count: 4 }, waiting());
    assert.equal(await counted({ revision: v1.id, probe: 'true' }), probes + 4);
    assert.equal(await counted(labels), before + 3);
  });

  test('counts who leaves before an answer as 499, and who leaves a stream by its status', async () => {
    const labels = { revision: v1.id, probe: 'false' };
    const left = await counted({ ...labels, code: '499' });
    const unanswered = get(`${url}/slow?ms=600000`).on('error', () => undefined);
    await eventually('it to be asked', async () => (await ask(`${url}/open`)).body === 'slow');
    unanswered.destroy();
    await eventually('the count', async () => (await counted({ ...labels, code: '499' })) > left);
    const after = await counted({ ...labels, code: '200' });
    const stream = get(`${url}/stream`);
    stream.on('response', (answer) => answer.once('data', () => answer.destroy()));
    await once(stream, 'close');
    await eventually(
      'the count of the stream',
      async () => (await counted({ ...labels, code: '200' })) > after,
    );
    assert.equal(await counted({ ...labels, code: '499' }), left + 1);
  });

  test('takes the probe mark off before the service sees it, and answers one once, of this service only', async () => {
    const headers = await host.mark(service);
    const right = await ask(url, { headers });
    assert.equal(right.headers['fairlead-revision'], v1.id);
    assert.equal(asPage(right.body).headers['fairlead-probe'], undefined);
    const others = await host.mark({ system: 'shop', service: 'other' });
    for (const wrong of [headers, others, { 'fairlead-probe': 'made-up' }]) {
      const answer = await ask(url, { headers: wrong });
      assert.equal(answer.headers['fairlead-revision'], undefined);
      assert.equal(asPage(answer.body).headers['fairlead-probe'], undefined);
    }
  });

  test('answers 503 with Retry-After while stopped, and previews all the same', async () => {
    const { traffic, workload } = host.platform;
    await traffic.stop({ service, token: nextToken() });
    const answer = await ask(url);
    assert.deepEqual([answer.status, answer.headers['retry-after']], [503, '5']);
    const preview = (await workload.revisions(service))[0]?.previewUrl ?? '';
    assert.equal((await ask(preview)).status, 200);
    await traffic.admit({ service, percent: 100, token: nextToken() });
    assert.equal((await ask(url)).status, 200);
  });

  test('lets the same clients in again, and more as the percent rises, and probes always', async () => {
    const clients = Array.from({ length: 60 }, (_, i) => `client-${i}`);
    const { traffic } = host.platform;
    let before = new Set<string>();
    for (const percent of [20, 20, 60, 100]) {
      await traffic.admit({ service, percent, token: nextToken() });
      const now = new Set<string>();
      for (const client of clients) {
        const headers = { cookie: `a=b; fairlead-client=${client}` };
        const { status } = await ask(url, { headers });
        if (status === 200) now.add(client);
        else assert.equal(status, 503);
      }
      assert.ok(
        [...before].every((client) => now.has(client)),
        `nobody is thrown out at ${percent}`,
      );
      before = now;
    }
    assert.equal(before.size, 60);
    await traffic.admit({ service, percent: 0, token: nextToken() });
    assert.equal((await ask(url)).status, 503);
    const probes = await traffic.probe({ service, count: 2 }, waiting());
    assert.ok(probes.every((one) => one.status === 200 && one.revision === v1.id));
    await traffic.admit({ service, percent: 100, token: nextToken() });
  });

  test('counts of how many clients its requests are, anew with each share, and probes not', async () => {
    const { traffic } = host.platform;
    const seen = async () => (await traffic.read(service, waiting())).clients;
    await traffic.admit({ service, percent: 50, token: nextToken() });
    assert.equal(await seen(), undefined);
    for (let asked = 0; asked < 3; asked += 1) await ask(url);
    await traffic.probe({ service, count: 2 }, waiting());
    const one = await seen();
    assert.deepEqual({ ...one, letIn: 0 }, { ...ONE_ADDRESS, requests: 3, letIn: 0, clients: 1 });
    assert.ok(one?.letIn === 0 || one?.letIn === 3);
    for (let client = 0; client < 200; client += 1) {
      await ask(url, { headers: { cookie: `fairlead-client=${client}` } });
    }
    const many = await seen();
    assert.deepEqual([many?.requests, many?.clients, many?.addresses], [203, 128, 1]);
    await traffic.stop({ service, token: nextToken() });
    await ask(url);
    assert.equal((await seen())?.requests, 204);
    await traffic.admit({ service, percent: 100, token: nextToken() });
    assert.equal(await seen(), undefined);
  });

  test('a kept connection that a replica has closed costs neither the user nor the replica', async () => {
    const ref = { system: 'shop', service: 'closing' };
    const port = await freePort();
    // Whoever is suspected once stays out: the third check fails, and without a suspicion there is none. The second is that of the change of weights.
    const spec = plainSpec(ref, 'v1', port, {
      configuration: { RESET_KEPT: 1, HEALTH: 2 },
      health: { path: '/health', interval: 600_000, timeout: 2000 },
    });
    await host.ready(spec, 2, nextToken());
    const { traffic, workload } = host.platform;
    await traffic.set({
      service: ref,
      weights: weightsOf([spec, 100]),
      expect: [],
      token: nextToken(),
    });
    const statuses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      statuses.push((await ask(`http://127.0.0.1:${port}`)).status);
    }
    assert.deepEqual(statuses, Array<number>(8).fill(200));
    assert.equal((await workload.revisions(ref))[0]?.ready, 2);
  });

  test('a change by hand is made without a token and noted in its log', async () => {
    const body = { service, weights: weightsOf([v2, 100]), byHand: 'ana' };
    assert.equal((await host.byHand('set', body)).status, 200);
    assert.equal(asPage((await ask(url)).body).version, 'v2');
    await eventually('the note', () => /by hand, by ana/.test(host.output));
    const neither = await host.byHand('set', { service, weights: [] });
    assert.equal(neither.status, 400);
    const nonsense = await host.byHand('set', { service, weights: 'all', byHand: 'ana' });
    assert.equal(nonsense.status, 400);
    assert.match(nonsense.text, /weights/);
  });
});
