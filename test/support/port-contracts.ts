// What every workload and traffic port promises, run against the real local host and the in-memory one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type {
  EpochToken,
  ProbeAnswer,
  RevisionSpec,
  ServiceRef,
  Weights,
} from '../../src/domain/rollout/model.ts';
import type { PlatformCapabilities } from '../../src/domain/capabilities.ts';
import { sameWeights } from '../../src/domain/traffic/weights.ts';
import { waiting, type CalledPlatform } from './called-platform.ts';
import { fails } from './fails.ts';
import { replicaContracts, token } from './replica-contracts.ts';
import { settleContract } from './settle-contract.ts';
import { eventually, weightsOf as share } from './local-daemon.ts';

export interface PlatformUnderTest extends CalledPlatform {
  capabilities: PlatformCapabilities;
  /** Lets the time go by that a change takes until users see it, where it takes any. */
  pass?: () => void;
  /** What it says of a revision that lacks something; of a file without it. */
  lacks?: RegExp;
  /** A revision of `service` that can run there; `never` never becomes ready, `missingFile` lacks something. */
  spec(service: ServiceRef, version: string, kind?: 'good' | 'never' | 'missingFile'): RevisionSpec;
  end(): Promise<void>;
}

export function portContracts(name: string, start: () => Promise<PlatformUnderTest>): void {
  describe(`${name} keeps the workload and traffic contracts`, () => {
    let platform: PlatformUnderTest;
    let services = 0;
    before(async () => {
      platform = await start();
    });
    after(() => platform.end());

    const newService = (): ServiceRef => ({ system: 'shop', service: `api-${(services += 1)}` });

    const isCounted = (): boolean => platform.capabilities.replicas === 'counted';

    const isAble = (verb: string): boolean =>
      (verb !== 'scale' || isCounted()) &&
      (verb !== 'restart' || platform.capabilities.restart) &&
      (verb !== 'settle' || platform.capabilities.settle);

    async function ready(spec: RevisionSpec, by: EpochToken, asked = 1): Promise<void> {
      const replicas = isCounted() ? asked : 1;
      await platform.workload.ensure({ spec, replicas, token: by }, waiting());
      platform.pass?.();
      await comesTo(spec, replicas);
    }

    const comesTo = (spec: RevisionSpec, replicas: number): Promise<unknown> =>
      eventually(`${spec.id} to have ${replicas} ready replicas`, async () =>
        (await platform.workload.revisions(spec)).some(
          (one) => one.spec.id === spec.id && one.ready === replicas,
        ),
      );

    /** v1 with all the traffic and v2 ready beside it; changes 1 to 3 of epoch 10 are used. */
    async function twoRevisions() {
      const service = newService();
      const [v1, v2] = [platform.spec(service, 'v1'), platform.spec(service, 'v2')];
      await ready(v1, token(10, 1));
      const to = { service, weights: share([v1, 100]), expect: [], token: token(10, 2) };
      await platform.traffic.set(to);
      await ready(v2, token(10, 3));
      return { service, v1, v2 };
    }

    test('a service that was never seen has no revisions and no weights', async () => {
      const service = newService();
      assert.deepEqual(await platform.workload.revisions(service), []);
      assert.deepEqual(await platform.traffic.read(service), {
        weights: [],
        url: '',
        stopped: false,
        admitPercent: 100,
        beforeStop: [],
      });
      assert.deepEqual(await platform.workload.history(service), []);
    });

    test('ensure creates a revision without traffic, and the second time changes nothing', async () => {
      const service = newService();
      const spec = platform.spec(service, 'v1');
      assert.deepEqual(await platform.workload.obstacles(spec), { missing: [], taken: [] });
      await ready(spec, token(1, 1), 2);
      const again = await platform.workload.ensure(
        { spec, replicas: 1, token: token(1, 1) },
        waiting(),
      );
      assert.equal(again.desired, isCounted() ? 2 : 1);
      assert.deepEqual(again.spec, spec);
      assert.equal((await platform.workload.revisions(service)).length, 1);
      assert.ok(sameWeights((await platform.traffic.read(service)).weights, []));
    });

    test('ensure names what a revision lacks and creates nothing', async () => {
      const service = newService();
      const spec = platform.spec(service, 'v1', 'missingFile');
      const lacks = platform.lacks ?? /missing file/;
      assert.match((await platform.workload.obstacles(spec)).missing.join(), lacks);
      const input = { spec, replicas: 1, token: token(1, 1) };
      const failure = await fails('NotFound', platform.workload.ensure(input, waiting()));
      assert.match(failure.message, lacks);
      assert.deepEqual(await platform.workload.revisions(service), []);
    });

    test('a first deploy can be taken back to no weights at all', async () => {
      const { service, v1 } = await twoRevisions();
      const expect = share([v1, 100]);
      const back = { service, weights: [], expect, token: token(10, 4) };
      assert.deepEqual((await platform.traffic.set(back)).weights, []);
      const set = { ...back, weights: expect, expect: [], token: token(10, 5) };
      assert.ok(sameWeights((await platform.traffic.set(set)).weights, expect));
    });

    test('set changes the weights that it expects, and says so again when asked again', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const change = {
        service,
        weights: share([v1, 95], [v2, 5]),
        expect: share([v1, 100]),
        token: token(10, 4),
      };
      assert.ok(sameWeights((await platform.traffic.set(change)).weights, change.weights));
      assert.ok(sameWeights((await platform.traffic.set(change)).weights, change.weights));
      assert.ok(sameWeights((await platform.traffic.read(service)).weights, change.weights));
    });

    test('set refuses a world that is not as expected, with both sides in the details', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const weights = share([v1, 90], [v2, 10]);
      const expect = share([v1, 95], [v2, 5]);
      const change = { service, weights, expect, token: token(10, 4) };
      const failure = await fails('WorldChanged', platform.traffic.set(change));
      assert.deepEqual(failure.details, { expected: expect, found: share([v1, 100]) });
      assert.ok(sameWeights((await platform.traffic.read(service)).weights, share([v1, 100])));
    });

    test('of many changes at once that expect the same, one is made', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const expect = share([v1, 100]);
      const results = await Promise.allSettled(
        [10, 20, 30, 40, 50].map((percent) =>
          platform.traffic.set({
            service,
            weights: share([v1, 100 - percent], [v2, percent]),
            expect,
            token: token(10, 4),
          }),
        ),
      );
      assert.equal(results.filter((one) => one.status === 'fulfilled').length, 1);
    });

    test('an older epoch, or an earlier change of the same one, is superseded in every verb', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const { workload, traffic } = platform;
      await traffic.admit({ service, percent: 100, token: token(20, 5) });
      const weights = share([v1, 100]);
      for (const late of [token(19, 99), token(20, 4)]) {
        const change = { service, revision: v2.id, token: late };
        const verbs: [string, () => Promise<unknown>][] = [
          ['set', () => traffic.set({ service, weights, expect: weights, token: late })],
          ['stop', () => traffic.stop({ service, token: late })],
          ['admit', () => traffic.admit({ service, percent: 100, token: late })],
          ['ensure', () => workload.ensure({ spec: v2, replicas: 1, token: late }, waiting())],
          ['scale', () => workload.scale({ ...change, replicas: 3 })],
          ['restart', () => workload.restart(change)],
          ['settle', () => workload.settle(change)],
          ['remove', () => workload.remove(change, waiting())],
        ];
        for (const [verb, run] of verbs.filter(([one]) => isAble(one))) {
          const failure = await fails('Superseded', run());
          const operation = 'deploy/epoch-20';
          const found = { epoch: 20, sequence: 5, operation };
          assert.deepEqual(failure.details, { fence: late, found }, verb);
        }
      }
      assert.equal((await workload.revisions(service)).length, 2);
      assert.ok(sameWeights((await traffic.read(service)).weights, weights));
    });

    test('set refuses weights that do not sum to 100, unknown revisions, and ones that are not ready', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const never = platform.spec(service, 'v3', 'never');
      await platform.workload.ensure({ spec: never, replicas: 1, token: token(10, 4) }, waiting());
      const set = (weights: Weights) =>
        platform.traffic.set({ service, weights, expect: share([v1, 100]), token: token(10, 5) });
      const unknown = platform.spec(service, 'v9');
      await fails('Refused', set(share([v1, 90], [v2, 5])));
      await fails('Refused', set(share([v1, 90], [unknown, 10])));
      await fails('NotReady', set(share([v1, 90], [never, 10])));
      assert.ok(sameWeights((await platform.traffic.read(service)).weights, share([v1, 100])));
    });

    test('what carries everything goes to the front of what served, unless the same operation goes back', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const [before, after] = [share([v1, 100]), share([v2, 100])];
      const served = async () =>
        (await platform.workload.history(service)).map((one) => one.spec.version);
      const to = { service, weights: after, expect: before };
      const back = { service, weights: before, expect: after };
      await platform.traffic.set({ ...to, token: token(11, 1) });
      assert.deepEqual(await served(), ['v2', 'v1']);
      await platform.traffic.set({ ...back, token: token(11, 2) });
      await platform.traffic.set({ ...back, expect: before, token: token(11, 3) });
      assert.deepEqual(await served(), ['v1'], 'a deploy was undone');
      await platform.traffic.set({ ...to, token: token(12, 1) });
      await platform.traffic.set({ ...back, token: token(13, 1) });
      assert.deepEqual(await served(), ['v1', 'v2'], 'a roll-back is an operation of its own');
      await platform.traffic.set({ ...to, token: token(13, 2) });
      assert.deepEqual(await served(), ['v2', 'v1'], 'a roll-back was undone');
    });

    test('stop keeps the weights for admit, and both can be asked twice', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const { traffic } = platform;
      const mixed = share([v1, 75], [v2, 25]);
      await traffic.set({ service, weights: mixed, expect: share([v1, 100]), token: token(10, 4) });
      await traffic.stop({ service, token: token(10, 5) });
      const stopped = await traffic.stop({ service, token: token(10, 5) });
      assert.equal(stopped.stopped, true);
      assert.ok(sameWeights(stopped.weights, []));
      assert.ok(sameWeights(stopped.beforeStop, mixed));
      const set = { service, weights: share([v1, 100]), expect: [], token: token(10, 6) };
      await fails('WorldChanged', traffic.set(set));
      platform.pass?.();
      await eventually('users to meet nobody', async () => {
        const [probe] = await traffic.probe({ service, count: 1 }, waiting());
        return probe?.revision === '' && probe.status === 503;
      });
      const percent = platform.capabilities.partialAdmission === 'sticky' ? 30 : 100;
      await traffic.admit({ service, percent, token: token(10, 7) });
      const admitted = await traffic.admit({ service, percent, token: token(10, 7) });
      assert.equal(admitted.stopped, false);
      assert.equal(admitted.admitPercent, percent);
      assert.ok(sameWeights(admitted.weights, mixed));
      assert.deepEqual(admitted.beforeStop, []);
    });

    test('probes go the way users go, by weight, and say who answered', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const [weights, expect] = [share([v1, 80], [v2, 20]), share([v1, 100])];
      await platform.traffic.set({ service, weights, expect, token: token(10, 4) });
      platform.pass?.();
      const of = (answers: ProbeAnswer[], spec: RevisionSpec) =>
        answers.filter((one) => one.revision === spec.id).length;
      await eventually('40 of 50 to meet v1, and 10 v2', async () => {
        const answers = await platform.traffic.probe({ service, count: 50 }, waiting());
        return (
          of(answers, v1) === 40 &&
          of(answers, v2) === 10 &&
          answers.every((one) => one.status === 200)
        );
      });
    });

    replicaContracts({ platform: () => platform, newService, ready, comesTo });
    settleContract({ platform: () => platform, twoRevisions });

    test('remove refuses a revision with weight, removes one without, and is fine with none', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const remove = (spec: RevisionSpec, sequence: number) =>
        platform.workload.remove(
          { service, revision: spec.id, token: token(10, sequence) },
          waiting(),
        );
      await fails('Refused', remove(v1, 4));
      await remove(v2, 5);
      await remove(v2, 5);
      const left = await platform.workload.revisions(service);
      assert.deepEqual(
        left.map((one) => one.spec.id),
        [v1.id],
      );
    });

    test('a revision that never becomes ready is not called ready', async () => {
      const service = newService();
      const spec = platform.spec(service, 'v1', 'never');
      const input = { spec, replicas: 1, token: token(1, 1) };
      const state = await platform.workload.ensure(input, waiting());
      assert.equal(state.ready, 0);
      assert.ok(['starting', 'crashLoop'].includes(state.condition), state.condition);
    });
  });
}
