// What every workload and traffic port promises, run against the real local host and the in-memory one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TrafficPort, WorkloadPort } from '../../src/activities/ports.ts';
import type { Fence, RevisionSpec, ServiceRef, Weights } from '../../src/domain/model.ts';
import { sameWeights } from '../../src/domain/weights.ts';
import { fails } from './fails.ts';
import { eventually, restarted, waiting, weightsOf as share } from './local-daemon.ts';

export interface PlatformUnderTest {
  workload: WorkloadPort;
  traffic: TrafficPort;
  /** A revision of `service` that can run there; `never` never becomes ready. */
  spec(service: ServiceRef, version: string, kind?: 'good' | 'never' | 'missingFile'): RevisionSpec;
  end(): Promise<void>;
}

function fence(epoch: number, sequence: number): Fence {
  return { operation: `deploy/epoch-${epoch}`, step: `step-${sequence}`, epoch, sequence };
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

    async function ready(spec: RevisionSpec, by: Fence, replicas = 1): Promise<void> {
      await platform.workload.ensure({ spec, replicas, fence: by }, waiting());
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
      await ready(v1, fence(10, 1));
      const to = { service, weights: share([v1, 100]), expect: [], fence: fence(10, 2) };
      await platform.traffic.set(to);
      await ready(v2, fence(10, 3));
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
        served: [],
      });
    });

    test('ensure creates a revision without traffic, and the second time changes nothing', async () => {
      const service = newService();
      const spec = platform.spec(service, 'v1');
      assert.deepEqual(await platform.workload.obstacles(spec), []);
      await ready(spec, fence(1, 1), 2);
      const again = await platform.workload.ensure(
        { spec, replicas: 1, fence: fence(1, 1) },
        waiting(),
      );
      assert.equal(again.desired, 2);
      assert.deepEqual(again.spec, spec);
      assert.equal((await platform.workload.revisions(service)).length, 1);
      assert.ok(sameWeights((await platform.traffic.read(service)).weights, []));
    });

    test('ensure names a missing file and creates nothing', async () => {
      const service = newService();
      const spec = platform.spec(service, 'v1', 'missingFile');
      assert.match((await platform.workload.obstacles(spec)).join(), /missing file/);
      const input = { spec, replicas: 1, fence: fence(1, 1) };
      const failure = await fails('NotFound', platform.workload.ensure(input, waiting()));
      assert.match(failure.message, /missing file/);
      assert.deepEqual(await platform.workload.revisions(service), []);
    });

    test('a first deploy can be taken back to no weights at all', async () => {
      const { service, v1 } = await twoRevisions();
      const expect = share([v1, 100]);
      const back = { service, weights: [], expect, fence: fence(10, 4) };
      assert.deepEqual((await platform.traffic.set(back)).weights, []);
      const set = { ...back, weights: expect, expect: [], fence: fence(10, 5) };
      assert.ok(sameWeights((await platform.traffic.set(set)).weights, expect));
    });

    test('set changes the weights that it expects, and says so again when asked again', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const change = {
        service,
        weights: share([v1, 95], [v2, 5]),
        expect: share([v1, 100]),
        fence: fence(10, 4),
      };
      assert.ok(sameWeights((await platform.traffic.set(change)).weights, change.weights));
      assert.ok(sameWeights((await platform.traffic.set(change)).weights, change.weights));
      assert.ok(sameWeights((await platform.traffic.read(service)).weights, change.weights));
    });

    test('set refuses a world that is not as expected, with both sides in the details', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const weights = share([v1, 90], [v2, 10]);
      const expect = share([v1, 95], [v2, 5]);
      const change = { service, weights, expect, fence: fence(10, 4) };
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
            fence: fence(10, 4),
          }),
        ),
      );
      assert.equal(results.filter((one) => one.status === 'fulfilled').length, 1);
    });

    test('an older epoch, or an earlier change of the same one, is superseded in every verb', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const { workload, traffic } = platform;
      await traffic.admit({ service, percent: 100, fence: fence(20, 5) });
      const weights = share([v1, 100]);
      for (const late of [fence(19, 99), fence(20, 4)]) {
        const change = { service, revision: v2.id, fence: late };
        const verbs: [string, () => Promise<unknown>][] = [
          ['set', () => traffic.set({ service, weights, expect: weights, fence: late })],
          ['stop', () => traffic.stop({ service, fence: late })],
          ['admit', () => traffic.admit({ service, percent: 100, fence: late })],
          ['ensure', () => workload.ensure({ spec: v2, replicas: 1, fence: late }, waiting())],
          ['scale', () => workload.scale({ ...change, replicas: 3 })],
          ['restart', () => workload.restart(change)],
          ['remove', () => workload.remove(change, waiting())],
        ];
        for (const [verb, run] of verbs) {
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
      await platform.workload.ensure({ spec: never, replicas: 1, fence: fence(10, 4) }, waiting());
      const set = (weights: Weights) =>
        platform.traffic.set({ service, weights, expect: share([v1, 100]), fence: fence(10, 5) });
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
        (await platform.traffic.read(service)).served.map((one) => one.spec.version);
      const to = { service, weights: after, expect: before };
      const back = { service, weights: before, expect: after };
      await platform.traffic.set({ ...to, fence: fence(11, 1) });
      assert.deepEqual(await served(), ['v2', 'v1']);
      await platform.traffic.set({ ...back, fence: fence(11, 2) });
      await platform.traffic.set({ ...back, expect: before, fence: fence(11, 3) });
      assert.deepEqual(await served(), ['v1'], 'a deploy was undone');
      await platform.traffic.set({ ...to, fence: fence(12, 1) });
      await platform.traffic.set({ ...back, fence: fence(13, 1) });
      assert.deepEqual(await served(), ['v1', 'v2'], 'a roll-back is an operation of its own');
      await platform.traffic.set({ ...to, fence: fence(13, 2) });
      assert.deepEqual(await served(), ['v2', 'v1'], 'a roll-back was undone');
    });

    test('stop keeps the weights for admit, and both can be asked twice', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const { traffic } = platform;
      const mixed = share([v1, 75], [v2, 25]);
      await traffic.set({ service, weights: mixed, expect: share([v1, 100]), fence: fence(10, 4) });
      await traffic.stop({ service, fence: fence(10, 5) });
      const stopped = await traffic.stop({ service, fence: fence(10, 5) });
      assert.equal(stopped.stopped, true);
      assert.ok(sameWeights(stopped.weights, []));
      assert.ok(sameWeights(stopped.beforeStop, mixed));
      const set = { service, weights: share([v1, 100]), expect: [], fence: fence(10, 6) };
      await fails('WorldChanged', traffic.set(set));
      const [probe] = await traffic.probe({ service, count: 1 }, waiting());
      assert.deepEqual(probe, { revision: '', status: 503 });
      await traffic.admit({ service, percent: 30, fence: fence(10, 7) });
      const admitted = await traffic.admit({ service, percent: 30, fence: fence(10, 7) });
      assert.equal(admitted.stopped, false);
      assert.equal(admitted.admitPercent, 30);
      assert.ok(sameWeights(admitted.weights, mixed));
      assert.deepEqual(admitted.beforeStop, []);
    });

    test('probes go the way users go, by weight, and say who answered', async () => {
      const { service, v1, v2 } = await twoRevisions();
      await platform.traffic.set({
        service,
        weights: share([v1, 80], [v2, 20]),
        expect: share([v1, 100]),
        fence: fence(10, 4),
      });
      const answers = await platform.traffic.probe({ service, count: 50 }, waiting());
      const of = (spec: RevisionSpec) => answers.filter((one) => one.revision === spec.id).length;
      assert.deepEqual([of(v1), of(v2)], [40, 10]);
      assert.ok(answers.every((one) => one.status === 200));
    });

    test('scale sets the number of replicas', async () => {
      const service = newService();
      const spec = platform.spec(service, 'v1');
      await ready(spec, fence(1, 1));
      const state = await platform.workload.scale({
        service,
        revision: spec.id,
        replicas: 3,
        fence: fence(1, 2),
      });
      assert.equal(state.desired, 3);
      await comesTo(spec, 3);
      const unknown = { service, revision: 'v9-0', replicas: 1, fence: fence(1, 3) };
      await fails('NotFound', platform.workload.scale(unknown));
    });

    test('restart ends with as many ready replicas as before, asked again and again', async () => {
      const service = newService();
      const spec = platform.spec(service, 'v1');
      await ready(spec, fence(1, 1), 2);
      const input = { service, revision: spec.id, fence: fence(1, 2) };
      const state = await restarted(platform.workload, input);
      assert.deepEqual([state.condition, state.ready, state.desired], ['ready', 2, 2]);
      assert.equal(state.crashes, 0, 'an asked-for exit is no crash');
    });

    test('restart of what never becomes ready is begun, answered, and not done', async () => {
      const service = newService();
      const spec = platform.spec(service, 'v1', 'never');
      await platform.workload.ensure({ spec, replicas: 1, fence: fence(1, 1) }, waiting());
      const input = { service, revision: spec.id, fence: fence(1, 2) };
      assert.equal((await platform.workload.restart(input)).done, false);
      assert.equal((await platform.workload.restart(input)).done, false);
    });

    test('remove refuses a revision with weight, removes one without, and is fine with none', async () => {
      const { service, v1, v2 } = await twoRevisions();
      const remove = (spec: RevisionSpec, sequence: number) =>
        platform.workload.remove(
          { service, revision: spec.id, fence: fence(10, sequence) },
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
      const input = { spec, replicas: 1, fence: fence(1, 1) };
      const state = await platform.workload.ensure(input, waiting());
      assert.equal(state.ready, 0);
      assert.ok(['starting', 'crashLoop'].includes(state.condition), state.condition);
    });
  });
}
