// Traffic goes only where something answers it, and waits for that in observed time.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { bakeAt } from '../../src/activities/judging/on-platform.ts';
import { shiftTraffic } from '../../src/activities/traffic.ts';
import type { Sample } from '../../src/domain/analysis/prometheus-text.ts';
import type { RevisionSpec } from '../../src/domain/rollout/model.ts';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { analysisOf, ERRORS, samplesOf, scraped, scraping } from '../support/analysis-samples.ts';
import { fails } from '../support/fails.ts';

const DEADLINE = 60_000;

let it: ReturnType<typeof createActivityWorld>;
let v1: RevisionSpec;
let v2: RevisionSpec;

function back() {
  const weights = it.share([v1, 100]);
  const input = { place: PLACE, weights, expect: [it.weights()], deadline: DEADLINE };
  return shiftTraffic(input, it.call(), it.ports);
}

/** From `ms` on a version behaves well. */
function wellAfter(version: string, ms: number): void {
  const from = it.clock.now() + ms;
  it.world.behave(version, 'neverReady');
  it.world.onCall = () => {
    if (it.clock.now() >= from) it.world.behave(version, 'good');
  };
}

const shown = () => describeWeights(it.weights());

describe('traffic', () => {
  /** A canary: v1 has 95 %, v2 has 5 %. */
  beforeEach(async () => {
    it = createActivityWorld();
    v1 = await it.revision('v1');
    v2 = await it.revision('v2');
    it.world.setByHand(PLACE, it.share([v1, 95], [v2, 5]));
  });

  test('the way back waits for the revision that it leads to', async () => {
    wellAfter('v1', DEADLINE / 2);
    await back();
    assert.equal(shown(), 'v1 100 %');
  });

  test('one that keeps crashing may come back within the deadline, and is waited for', async () => {
    wellAfter('v1', DEADLINE / 2);
    it.world.behave('v1', 'crashLoop');
    await back();
    assert.equal(shown(), 'v1 100 %');
  });

  test('traffic stays with what answers when the revision from before is not ready in time', async () => {
    it.world.behave('v1', 'neverReady');
    const before = it.clock.now();
    const failure = await fails('NotReady', back());
    assert.match(failure.message, /not sent to v1 within 60 s/);
    assert.match(failure.message, /stays as it is: v1 95 %, v2 5 %/);
    assert.equal(shown(), 'v1 95 %, v2 5 %');
    assert.ok(it.clock.now() - before >= DEADLINE);
  });

  test('when nothing answers any more, traffic goes back and waits for the revision from before', async () => {
    it.world.setByHand(PLACE, it.share([v2, 100]));
    it.world.behave('v1', 'neverReady');
    it.world.behave('v2', 'crashLoop');
    const failure = await fails('NotReady', back());
    assert.match(failure.message, /could not be sent to v1 .*; nothing else answered either/);
    assert.equal(shown(), 'v1 100 %');
  });

  test('a revision that is gone is not waited for', async () => {
    it.world.service(PLACE).revisions.delete(v1.id);
    const before = it.clock.now();
    assert.match((await fails('NotReady', back())).message, /it is gone/);
    assert.equal(it.clock.now(), before);
  });

  test('a share that grows waits for the other side too', async () => {
    wellAfter('v1', DEADLINE / 2);
    const weights = it.share([v1, 50], [v2, 50]);
    const capacity = { revision: v2.id, replicas: 1 };
    const input = { place: PLACE, weights, expect: [it.weights()], capacity, deadline: DEADLINE };
    await shiftTraffic(input, it.call(), it.ports);
    assert.equal(shown(), 'v1 50 %, v2 50 %');
  });

  test('what dies while the counters are read gets nobody until it is ready again', async () => {
    it.world.setByHand(PLACE, it.share([v1, 100]));
    const weights = it.share([v1, 95], [v2, 5]);
    let reads = 0;
    const samples = (): Sample[] => {
      reads += 1;
      if (reads === 2) wellAfter('v2', 3000);
      return [];
    };
    const bake = {
      ...{ place: PLACE, version: 'v2', revision: v2.id, stable: v1.id, ms: 10_000 },
      ...{ analyses: { errors: analysisOf(scraped({ ...ERRORS, max: 1 })) }, checks: [] },
      directory: '/',
    };
    const before = it.clock.now();
    const capacity = { revision: v2.id, replicas: 1 };
    await shiftTraffic(
      {
        ...{ place: PLACE, weights, expect: [it.weights()], capacity, deadline: DEADLINE },
        judged: { step: 'weight-5', bake },
      },
      it.call(),
      { ...it.ports, metrics: scraping(samples) },
    );
    assert.ok(reads >= 2 && it.clock.now() - before >= 3000);
    assert.equal(shown(), 'v1 95 %, v2 5 %');
  });

  test('what a revision answers between the change of weights and the first read of its bake is judged', async () => {
    it.world.setByHand(PLACE, it.share([v1, 100]));
    // It failed long ago, and fails again as soon as it has a share; after that it answers well.
    const samples = (): Sample[] => {
      const percent = it.weights().find(({ revision }) => revision === v2.id)?.percent ?? 0;
      const ok = percent === 0 ? 0 : 20 + (it.clock.now() % 100_000) / 100;
      return samplesOf(v2.id, { ok, errors: percent === 0 ? 1000 : 1016 });
    };
    const ports = { ...it.ports, metrics: scraping(samples) };
    const errors = { ...ERRORS, max: 0.05 };
    const bake = {
      ...{ place: PLACE, version: 'v2', revision: v2.id, stable: v1.id, ms: 10_000 },
      ...{ analyses: { errors: analysisOf(scraped(errors)) }, checks: [], directory: '/' },
    };
    const { begun } = await shiftTraffic(
      {
        ...{ place: PLACE, weights: it.share([v1, 95], [v2, 5]), expect: [it.weights()] },
        ...{ capacity: { revision: v2.id, replicas: 1 }, deadline: DEADLINE },
        judged: { step: 'weight-5', bake },
      },
      it.call(),
      ports,
    );
    assert.equal(begun?.step, 'weight-5');
    const checks = { run: () => Promise.reject(new Error('there is none')) };
    const input = { ...bake, resume: begun.progress };
    const { verdict, findings } = await bakeAt(input, it.call(), { ...ports, checks });
    assert.equal(verdict, 'fail');
    assert.match(
      findings[0]?.reason ?? '',
      /^errors 0\.\d+ \(16 of \d+ requests\): over max 0\.05/,
    );
  });

  test('a bake that saw too few requests says so where its users are one client of whom a share is to be made', async () => {
    const bake = {
      ...{ place: PLACE, version: 'v1', revision: v1.id, stable: null, ms: 10_000 },
      ...{ analyses: { errors: analysisOf(scraped(ERRORS)) }, checks: [], directory: '/' },
    };
    const { local } = it.ports.platforms;
    const reasonAt = async (percent: number): Promise<string> => {
      const clients = { requests: 90, letIn: 0, clients: 1, addresses: 1, atMost: 128 };
      const read: typeof local.traffic.read = async (service, waiting) => {
        const state = await local.traffic.read(service, waiting);
        return { ...state, admitPercent: percent, clients };
      };
      const platforms = { local: { ...local, traffic: { ...local.traffic, read } } };
      const metrics = scraping(() => samplesOf(v1.id, { ok: 0 }));
      const checks = { run: () => Promise.reject(new Error('there is none')) };
      const ports = { ...it.ports, platforms, metrics, checks };
      const { verdict, findings } = await bakeAt({ ...bake, resume: null }, it.call(), ports);
      assert.equal(verdict, 'inconclusive');
      return findings[0]?.reason ?? '';
    };
    assert.match(
      await reasonAt(5),
      /requests needed.*; all 90 requests came from one address, as one client, and none was let in/,
    );
    assert.doesNotMatch(await reasonAt(100), /one address/);
  });
});
