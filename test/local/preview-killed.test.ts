// A preview of 10 s on the real local host, whose processes are all killed at 5 s and at 9.4 s: it is not passed by what nobody
// saw, and no user is sent to a side that has nobody to answer.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bake } from '../../src/activities/judging/bake.ts';
import { shiftTraffic } from '../../src/activities/traffic.ts';
import { Failure } from '../../src/domain/failure.ts';
import { localServices } from '../../src/platforms/local/adapter.ts';
import { hostPaths } from '../../src/platforms/local/protocol.ts';
import { loadState } from '../../src/platforms/local/state.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { bakeInput } from '../support/bake-world.ts';
import { targetOf } from '../support/called-platform.ts';
import { fails } from '../support/fails.ts';
import { freePort } from '../support/free-ports.ts';
import { plainSpec, TestHost, tokens, waiting, weightsOf } from '../support/local-daemon.ts';

let host: TestHost;
before(async () => {
  host = await TestHost.start();
});
after(() => host.end());

const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  anchored: () => clock,
};

const never = () => Promise.reject(new Failure('Broken', 'nobody asks for it here'));

/** v1 has everybody, v2 two replicas and nobody. */
async function previewed(name: string) {
  const service = { system: 'shop', service: name };
  const port = await freePort();
  const next = tokens(7);
  const [v1, v2] = [plainSpec(service, 'v1', port), plainSpec(service, 'v2', port)];
  await host.ready(v1, 1, next());
  await host.ready(v2, 2, next());
  const now = weightsOf([v1, 100]);
  await host.platform.traffic.set({ service, weights: now, expect: [], token: next() });
  return { service, v2, now, next };
}

async function killAll(service: string, revision: string): Promise<void> {
  const { services } = await loadState(hostPaths(host.data).state);
  const { replicas = [] } = services[`shop/${service}`]?.revisions[revision] ?? {};
  assert.equal(replicas.length, 2);
  for (const { pid } of replicas) process.kill(pid, 'SIGKILL');
}

describe('a preview of 10 s', { concurrency: 2 }, () => {
  for (const at of [5000, 9400]) {
    test(`whose processes are all killed at ${at / 1000} s begins anew or fails`, async () => {
      const { service, v2 } = await previewed(`api-${at}`);
      const { workload, traffic } = localServices(host.data);
      const asked = bakeInput({
        ...{ service: targetOf(service), revision: v2.id, preview: true },
        directory: host.data,
      });
      const began = performance.now();
      const judged = bake(asked, waiting(), {
        ...{ workload, traffic, clock },
        ...{ metrics: { scrape: never, query: never }, checks: { run: never } },
      });
      await sleep(at);
      await killAll(service.service, v2.id);
      const { verdict, findings } = await judged;
      const [found] = findings;
      assert.equal(found?.name, 'replicas');
      const isFail = verdict === 'fail';
      assert.match(found.reason, isFail ? /none of its 2 replicas ready/ : /the bake began anew/);
      assert.ok(isFail || performance.now() - began >= at + 10_000);
    });
  }
});

test('replicas that were ready and were killed are said to have been, whatever takes their place', async () => {
  const { service, v2 } = await previewed('killed');
  const { workload } = localServices(host.data);
  await killAll(service.service, v2.id);
  const seen = new Set<string>();
  const until = performance.now() + 1500;
  while (performance.now() < until) {
    await sleep(10);
    const revisions = await workload.revisions(targetOf(service), waiting());
    const found = revisions.find(({ spec }) => spec.id === v2.id);
    if (found?.problem !== undefined) seen.add(found.problem);
  }
  const [said] = seen;
  assert.match(said ?? '', /^it was ready, then replica \d \(process \d+\) was ended by SIGKILL/);
  assert.deepEqual(
    [...seen].filter((one) => !one.startsWith('it was ready, then replica')),
    [],
  );
});

test('a side whose processes were killed after its bake gets no user', async () => {
  const { service, v2, now, next } = await previewed('late');
  const platform = localServices(host.data);
  const call = { ...createActivityWorld().call(), token: async () => next() };
  await killAll(service.service, v2.id);
  const switched = shiftTraffic(
    {
      place: targetOf(service),
      weights: weightsOf([v2, 100]),
      expect: [now],
      capacity: { revision: v2.id, replicas: 2 },
      deadline: 0,
    },
    call,
    { platforms: { local: platform }, clock, metrics: { scrape: never, query: never } },
  );
  await fails('NotReady', switched);
  assert.deepEqual((await host.platform.traffic.read(service)).weights, now);
});
