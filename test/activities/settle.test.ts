// Settling the object that a platform keeps of its own: waited for in observed time, and read back the way users go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleService } from '../../src/activities/settle.ts';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { calledByName } from '../support/called-platform.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { fails } from '../support/fails.ts';
import { plainSpec, tokens, weightsOf } from '../support/local-daemon.ts';
import { createUnlikePlatform } from '../support/memory/unlike-platform.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

/** v2 with all the traffic, v1 beside it, on which the object of the service stands. */
async function onV2(lag: number) {
  const { call } = createActivityWorld();
  const clock = createVirtualClock();
  const { world, ...platform } = createUnlikePlatform({ clock, lag });
  const nextToken = tokens();
  const { workload, traffic } = calledByName(platform);
  const { system, service } = PLACE;
  const specOf = (version: string) => ({ ...plainSpec(PLACE, version, 8080), system, service });
  const [v1, v2] = [specOf('v1'), specOf('v2')];
  for (const spec of [v1, v2]) await workload.ensure({ spec, replicas: 1, token: nextToken() });
  clock.jump(lag);
  const [before, after] = [weightsOf([v1, 100]), weightsOf([v2, 100])];
  await traffic.set({ service: PLACE, weights: before, expect: [], token: nextToken() });
  await traffic.set({ service: PLACE, weights: after, expect: before, token: nextToken() });
  clock.jump(lag);
  const token = nextToken();
  return {
    ...{ world, clock, v1, v2 },
    ports: { platforms: { local: platform }, clock },
    call: { ...call(), token: () => Promise.resolve(token) },
    stands: async () =>
      (await workload.revisions(PLACE)).find(({ settled }) => settled)?.spec.version,
  };
}

test('the object is waited for, and users are looked at afterwards', async () => {
  const { clock, ports, call, v2, stands, world } = await onV2(5_000);
  const began = clock.now();
  const input = { place: PLACE, revision: v2.id, version: 'v2', deadline: 60_000, back: false };
  const { detail } = await settleService(input, call, ports);
  assert.match(detail, /^its object stands there; users: v2 100 %, as \d+ probes saw it$/);
  assert.ok(clock.now() - began >= 5_000);
  assert.equal(await stands(), 'v2');
  assert.equal(describeWeights(world.weights(PLACE)), 'v2 100 %');
});

test('an object that does not get there in time fails, with what is missing', async () => {
  const { ports, call, v2 } = await onV2(60_000);
  const input = { place: PLACE, revision: v2.id, version: 'v2', deadline: 1_000, back: false };
  const failure = await fails('NotReady', settleService(input, call, ports));
  assert.match(
    failure.message,
    /settling shop\/api on v2: it was not there within 1 s \(its object is being brought there\); users stay/,
  );
});

test('the way back asks no user, for the traffic goes back only after it', async () => {
  const { ports, call, v1, stands, world } = await onV2(0);
  const input = { place: PLACE, revision: v1.id, version: 'v1', deadline: 1_000, back: true };
  const { detail } = await settleService(input, call, ports);
  assert.equal(detail, 'its object stands there');
  assert.equal(await stands(), 'v1');
  assert.ok(!world.calls.includes('probe'));
});
