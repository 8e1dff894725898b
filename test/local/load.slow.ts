// What users see of the local host while things change and die, under keep-alive load.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import type { RevisionSpec } from '../../src/domain/rollout/model.ts';
import { ask, Load } from '../support/http-load.ts';
import {
  eventually,
  tokens,
  plainSpec,
  restarted,
  TestHost,
  weightsOf,
} from '../support/local-daemon.ts';
import { freePort } from '../support/free-ports.ts';

const page = z.object({ pid: z.number(), version: z.string() });

describe('under load the local host', () => {
  let host: TestHost;
  let services = 0;
  before(async () => {
    host = await TestHost.start();
  });
  after(() => host.end());

  async function twoVersions(replicas: number) {
    const service = { system: 'shop', service: `api-${(services += 1)}` };
    const port = await freePort();
    const nextToken = tokens();
    const v1 = plainSpec(service, 'v1', port);
    const v2 = plainSpec(service, 'v2', port);
    await host.ready(v1, replicas, nextToken());
    await host.ready(v2, replicas, nextToken());
    const weights = weightsOf([v1, 100]);
    await host.platform.traffic.set({ service, weights, expect: [], token: nextToken() });
    return { service, v1, v2, nextToken, url: `http://127.0.0.1:${port}` };
  }

  async function grows(load: Load, by: number): Promise<void> {
    const target = load.total + by;
    await eventually(`${by} more requests`, () => load.total >= target);
  }

  async function pidOf(url: string): Promise<number> {
    return page.parse(JSON.parse((await ask(url)).body)).pid;
  }

  test('loses no request while the weights change 20 times', async () => {
    const { service, v1, v2, nextToken, url } = await twoVersions(1);
    const load = new Load(url);
    let expect = weightsOf([v1, 100]);
    for (let turn = 1; turn <= 20; turn += 1) {
      const weights = weightsOf([v1, 100 - turn * 5], [v2, turn * 5]);
      await host.platform.traffic.set({ service, weights, expect, token: nextToken() });
      expect = weights;
      await grows(load, 20);
    }
    assert.deepEqual(Object.keys(await load.stop()), ['200']);
  });

  test('loses no request when a replica is killed, and starts another one', async () => {
    const { service, v1, url } = await twoVersions(2);
    const load = new Load(url);
    for (let turn = 0; turn < 3; turn += 1) {
      await grows(load, 50);
      process.kill(await pidOf(url), 'SIGKILL');
      await grows(load, 50);
      await eventually('both replicas', async () => readyOf(v1).then((ready) => ready === 2));
    }
    assert.deepEqual(Object.keys(await load.stop()), ['200']);
    const states = await host.platform.workload.revisions(service);
    assert.equal(states.find((one) => one.spec.id === v1.id)?.crashes, 3);
  });

  test('loses no request while the only replica is restarted, scaled up and down', async () => {
    const { service, v1, nextToken, url } = await twoVersions(1);
    const load = new Load(url);
    const { workload } = host.platform;
    const first = await pidOf(url);
    await restarted(workload, { service, revision: v1.id, token: nextToken() });
    assert.notEqual(await pidOf(url), first);
    for (const replicas of [3, 1]) {
      await workload.scale({ service, revision: v1.id, replicas, token: nextToken() });
      await eventually('the replicas', async () => readyOf(v1).then((ready) => ready === replicas));
      await grows(load, 50);
    }
    assert.deepEqual(Object.keys(await load.stop()), ['200']);
  });

  test('loses no upload when a replica ends, because a refused body was not read yet', async () => {
    const { service, v1, nextToken, url } = await twoVersions(2);
    const load = new Load(`${url}/echo`, 4, { method: 'POST', body: 'x'.repeat(100_000) });
    await grows(load, 20);
    await restarted(host.platform.workload, { service, revision: v1.id, token: nextToken() });
    await grows(load, 20);
    assert.deepEqual(Object.keys(await load.stop()), ['200']);
  });

  test('gives each revision exactly its weight', async () => {
    const { service, v1, v2, nextToken, url } = await twoVersions(2);
    const weights = weightsOf([v1, 93], [v2, 7]);
    const expect = weightsOf([v1, 100]);
    await host.platform.traffic.set({ service, weights, expect, token: nextToken() });
    const versions = await Promise.all(
      Array.from(
        { length: 200 },
        async () => page.parse(JSON.parse((await ask(url)).body)).version,
      ),
    );
    assert.equal(versions.filter((one) => one === 'v2').length, 14);
  });

  test('gives the share of a revision without a ready replica to the others', async () => {
    const { service, v1, v2, nextToken, url } = await twoVersions(1);
    const weights = weightsOf([v1, 50], [v2, 50]);
    const expect = weightsOf([v1, 100]);
    await host.platform.traffic.set({ service, weights, expect, token: nextToken() });
    await host.platform.workload.scale({
      service,
      revision: v2.id,
      replicas: 0,
      token: nextToken(),
    });
    await eventually('v2 to be gone', async () => readyOf(v2).then((ready) => ready === 0));
    const load = new Load(url);
    await grows(load, 100);
    assert.deepEqual(Object.keys(await load.stop()), ['200']);
  });

  test('answers 503 within seconds when nothing is ready', async () => {
    const { service, v1, nextToken, url } = await twoVersions(1);
    await host.platform.workload.scale({
      service,
      revision: v1.id,
      replicas: 0,
      token: nextToken(),
    });
    await eventually('v1 to be gone', async () => readyOf(v1).then((ready) => ready === 0));
    const answer = await ask(url);
    assert.equal(answer.status, 503);
    assert.match(answer.body, /No replica/);
  });

  test('lets a slow answer finish before its replica is ended', async () => {
    const { service, v1, nextToken, url } = await twoVersions(1);
    const slow = ask(`${url}/slow?ms=1000`);
    const input = { service, revision: v1.id, token: nextToken() };
    await Promise.all([
      restarted(host.platform.workload, input),
      slow.then((answer) => {
        assert.deepEqual([answer.status, answer.body], [200, 'slow']);
      }),
    ]);
  });

  async function readyOf(spec: RevisionSpec): Promise<number> {
    const states = await host.platform.workload.revisions(spec);
    return states.find((one) => one.spec.id === spec.id)?.ready ?? -1;
  }
});
