// What activities do on a platform that is unlike the local host: they wait as long as it takes to be seen, ask it for no
// number of replicas, and refuse before anything is changed what it cannot do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseUnable } from '../../src/activities/platforms.ts';
import { runChecksAt } from '../../src/activities/judging/on-platform.ts';
import { shiftTraffic } from '../../src/activities/traffic.ts';
import type { StepAction } from '../../src/domain/operation/plan.ts';
import { lackingFor, lackingWords } from '../../src/domain/rollout/capabilities.ts';
import { local } from '../../src/platforms/local/settings.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { calledByName } from '../support/called-platform.ts';
import { fails } from '../support/fails.ts';
import { plainSpec, tokens, weightsOf } from '../support/local-daemon.ts';
import { createUnlikePlatform, UNLIKE } from '../support/memory/unlike-platform.ts';
import { sampleSystem } from '../support/samples.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

async function twoVersions(lag: number) {
  const { call } = createActivityWorld();
  const clock = createVirtualClock();
  const { world, ...platform } = createUnlikePlatform({ clock, lag });
  const nextToken = tokens();
  const { workload, traffic } = calledByName(platform);
  const [v1, v2] = [plainSpec(PLACE, 'v1', 8080), plainSpec(PLACE, 'v2', 8080)].map((spec) => ({
    ...spec,
    system: PLACE.system,
    service: PLACE.service,
  }));
  assert.ok(v1 && v2);
  for (const spec of [v1, v2]) await workload.ensure({ spec, replicas: 3, token: nextToken() });
  clock.jump(lag);
  const all = weightsOf([v1, 100]);
  await traffic.set({ service: PLACE, weights: all, expect: [], token: nextToken() });
  clock.jump(lag);
  const ports = { platforms: { local: platform }, clock, metrics: platform.metrics };
  const change = { ...call(), token: () => Promise.resolve(nextToken()) };
  return { world, clock, ports, v1, v2, all, call: () => change };
}

test('a change of traffic is read back for as long as the platform says that it may take', async () => {
  const it = await twoVersions(5_000);
  const weights = weightsOf([it.v1, 95], [it.v2, 5]);
  const began = it.clock.now();
  const capacity = { revision: it.v2.id, replicas: 3 };
  const input = { place: PLACE, weights, expect: [it.all], capacity, deadline: 60_000 };
  const { detail } = await shiftTraffic(input, it.call(), it.ports);
  assert.match(detail, /^v1 95 %, v2 5 %, as \d+ probes saw it$/);
  assert.ok(it.clock.now() - began >= 5_000, 'nobody saw it before');
  assert.ok(!it.world.calls.includes('scale'));
});

test('a change that users do not see within its patience is no success', async () => {
  const it = await twoVersions(60_000);
  const weights = weightsOf([it.v2, 100]);
  const input = { place: PLACE, weights, expect: [it.all], deadline: 60_000 };
  const failure = await fails('Unavailable', shiftTraffic(input, it.call(), it.ports));
  assert.match(failure.message, /reading the traffic of shop\/api back as v2 100 %/);
});

test('checks on a version without traffic get the header that leads to it, and the mark', async () => {
  const it = await twoVersions(0);
  const seen: { address: string; headers: Record<string, string> }[] = [];
  const checks = {
    run: async ({
      address,
      headers,
    }: {
      address: string;
      headers: () => Promise<Record<string, string>>;
    }) => {
      seen.push({ address, headers: await headers() });
      return 'fine';
    },
  };
  const check = { name: 'works', http: '/health', status: 200, timeout: 1000 };
  const input = {
    ...{ place: PLACE, point: 'smoke' as const, checks: [check], revision: it.v2.id },
    ...{ version: 'v2', directory: '/' },
  };
  const metrics = createUnlikePlatform({ clock: it.clock, lag: 0 }).metrics;
  await runChecksAt(input, it.call(), { ...it.ports, checks, metrics });
  const gone = { ...input, revision: 'v9-0' };
  const asked = runChecksAt(gone, it.call(), { ...it.ports, checks, metrics });
  assert.match((await fails('WorldChanged', asked)).message, /v9-0 is gone: somebody removed it/);
  assert.deepEqual(seen, [
    {
      address: 'http://gateway.invalid',
      headers: { 'x-unlike-probe': 'yes', 'x-unlike-revision': it.v2.id },
    },
  ]);
});

const weighted = (percent: number): StepAction => {
  const weights = [{ revision: 'v2-0', version: 'v2', percent }];
  const capacity = { revision: 'v2-0', replicas: 1 };
  return { kind: 'weights', service: 'api', weights, back: [], capacity };
};
const lacking: [StepAction, RegExp][] = [
  [weighted(2.5), /sets whole percents, and 2\.5 % for v2 is asked for/],
  [{ kind: 'admit', service: 'api', percent: 30 }, /lets all clients in or none, and 30 %/],
  [
    { kind: 'scale', service: 'api', revision: 'v1-0', replicas: 3, before: 1 },
    /as many replicas as it finds right/,
  ],
  [
    { kind: 'restart', service: 'api', revision: 'v1-0', deadline: 1 },
    /cannot replace replicas one after the other/,
  ],
  [
    { kind: 'isolate', target: 'drill-shop', platform: 'local', live: [] },
    /starts nothing apart from what is live/,
  ],
];
const able: StepAction[] = [
  weighted(5),
  { kind: 'admit', service: 'api', percent: 100 },
  { kind: 'stop', service: 'api' },
];

test('what a kind of platform cannot do is a sentence; what it can do is none', () => {
  for (const [action, sentence] of lacking) {
    assert.match(lackingFor(action, UNLIKE) ?? '', sentence);
    assert.equal(lackingFor(action, local.capabilities), undefined);
  }
  for (const action of able) assert.equal(lackingFor(action, UNLIKE), undefined);
  const smoke = { kind: 'check', point: 'smoke', service: 'api' } as const;
  assert.match(lackingFor(smoke, { ...UNLIKE, preview: 'none' }) ?? '', /no address that reaches/);
});

test('a plan with a step that the platform cannot do is refused, and says that nothing was changed', () => {
  const { world: _, ...platform } = createUnlikePlatform({ clock: createVirtualClock(), lag: 0 });
  const loaded = sampleSystem();
  const plan = {
    ...({
      schema: 'fairlead/plan/v1',
      operation: 'restart/shop/api',
      kind: 'restartService',
    } as const),
    ...{ system: 'shop', systemDigest: loaded.digest, digest: '', before: {}, platforms: {} },
    steps: [
      {
        ...{ id: 'restart', title: 'Restart', undo: 'none' },
        action: { kind: 'restart', service: 'api', revision: 'v1-0', deadline: 1 } as const,
      },
    ],
  };
  assert.throws(() => {
    refuseUnable(plan, loaded, { local: platform });
  }, /^Failure: shop\/api cannot do restart: its platform local cannot replace.*nothing was changed/);
});

test('what a platform does less than others is said in words; the local host does all of it', () => {
  assert.deepEqual(lackingWords(local.capabilities), []);
  const one = { ...local.capabilities, scaleToZero: false };
  assert.deepEqual(lackingWords(one), ['keeps one replica at least']);
  assert.deepEqual(lackingWords(UNLIKE), [
    'whole percents of traffic',
    'lets in all clients or none',
    'has as many replicas as it finds right',
    'restarts nothing',
    'isolates no drill',
  ]);
});
