// The canary deploy on a real Temporal server with in-memory ports: the good course, and a failure at each step.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { DOUBLES, ON, type Double } from '../support/memory/doubles.ts';
import {
  endOf,
  freshName,
  memoryPorts,
  startTestWorker,
  untilStatus,
  type MemoryPorts,
  type TestWorker,
} from '../support/operations.ts';
import { sampleSystem } from '../support/samples.ts';
import { seed } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const quick = {
  canary: {
    steps: [
      { weight: 5, bake: '300ms' },
      { weight: 50, bake: '300ms', approval: 'promote' },
    ],
    watch: '300ms',
    analysis: 'errors',
  },
  deadlines: { ready: '1s', preempt: '5s' },
  insurance: '1h',
  autoPromotion: true,
  earlyPromotion: true,
};
describe('a canary deploy', { concurrency: DOUBLES.length }, () => {
  for (const double of DOUBLES) {
    describe(ON[double], { concurrency: 1 }, () => {
      suite(double);
    });
  }
});

function suite(double: Double): void {
  const names = Array.from({ length: 40 }, () => freshName());
  const systems = names.map((name) =>
    sampleSystem(
      { rollout: quick, checks: { smoke: [{ name: 'works', http: '/health' }] } },
      {
        system: name,
        analyses: {
          errors: {
            source: 'scrape',
            interval: '100ms',
            metrics: {
              'error-ratio': {
                ratio: {
                  of: 'fairlead_requests_total{code=~"5.."}',
                  to: 'fairlead_requests_total',
                },
                max: 0.05,
              },
            },
          },
        },
      },
    ),
  );
  let ports: MemoryPorts;
  let worker: TestWorker;

  before(async () => {
    const { address } = await testServer();
    ports = memoryPorts(systems, double);
    worker = await startTestWorker(address, ports);
  });
  after(() => worker.stop());

  function takeName(): string {
    const name = names.pop();
    assert.ok(name);
    return name;
  }

  async function deploy(system: string, version: string, more: object = {}) {
    return worker.start('canaryDeploy', {
      system,
      service: 'api',
      version,
      requestedBy: 'ci',
      autoPromote: true,
      ...more,
    });
  }

  /** A system with v1 live, as a deploy long ago left it. */
  function live(): string {
    const system = takeName();
    const loaded = systems.find(({ name }) => name === system);
    assert.ok(loaded);
    seed(ports, loaded, 'v1');
    return system;
  }

  const weightsOf = (system: string): string =>
    describeWeights(ports.world.weights({ system, service: 'api' }));
  const history = (system: string): string[] =>
    ports.world.weightHistory({ system, service: 'api' }).map(describeWeights);

  test('a canary goes through its weights and ends with everything on the new version', async () => {
    const system = live();
    const end = await endOf(await deploy(system, 'v2'));
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal(end.summary?.verdict, 'pass');
    assert.equal(end.summary.serving, 'new');
    assert.deepEqual(history(system), ['v1 95 %, v2 5 %', 'v1 50 %, v2 50 %', 'v2 100 %']);
  });

  test('a first deploy goes to 100 at once, after its smoke checks', async () => {
    const system = takeName();
    const handle = await deploy(system, 'v1');
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.deepEqual(history(system), ['v1 100 %']);
    const { verdicts } = await handle.query<OperationStatus>('status');
    const judged = verdicts.filter(({ step, name }) => step === 'watch' && name === 'errors');
    assert.deepEqual(
      judged.map(({ verdict }) => verdict),
      ['pass'],
    );
  });

  test('a first version that answers with errors is taken back to nothing by max', async () => {
    const system = takeName();
    ports.world.answer('worse', { errorRatio: 0.5 });
    const end = await endOf(await deploy(system, 'worse'));
    assert.equal(end.outcome, 'rolledBack', end.message);
    assert.match(end.message, /error-ratio 0\.5 .*over max/);
    assert.deepEqual([end.summary?.serving, end.summary?.clean], ['none', true]);
  });

  test('a version that answers with errors is rolled back at its first weight', async () => {
    const system = live();
    ports.world.answer('bad', { errorRatio: 0.5 });
    const end = await endOf(await deploy(system, 'bad'));
    assert.equal(end.outcome, 'rolledBack', end.message);
    assert.match(end.message, /error-ratio 0\.5/);
    assert.equal(end.summary?.serving, 'old');
    assert.equal(end.summary.clean, true);
    assert.deepEqual(history(system), ['v1 95 %, bad 5 %', 'v1 100 %']);
  });

  test('a version that is live already is nothing to do', async () => {
    const system = live();
    const end = await endOf(await deploy(system, 'v1'));
    assert.equal(end.outcome, 'nothingToDo');
  });

  test('a dry run plans and changes nothing', async () => {
    const system = live();
    const before = ports.world.changes.length;
    const end = await endOf(await deploy(system, 'v2', { dryRun: true }));
    assert.equal(end.outcome, 'planned');
    assert.equal(ports.world.changes.length, before);
  });

  test('a version that never gets ready is removed when its deadline passes', async () => {
    const system = live();
    ports.world.behave('sleepy', 'neverReady');
    const end = await endOf(await deploy(system, 'sleepy'));
    assert.equal(end.outcome, 'rolledBack', end.message);
    assert.match(end.message, /not ready within 1 s/);
    assert.equal(weightsOf(system), 'v1 100 %');
  });

  test('a crash loop ends the deploy before its deadline', async () => {
    const system = live();
    ports.world.behave('crashing', 'crashLoop');
    const end = await endOf(await deploy(system, 'crashing'));
    assert.equal(end.outcome, 'rolledBack');
    assert.match(end.message, /keeps crashing/);
  });

  for (const [verb, when] of [
    ['ensure', 'before'],
    ['ensure', 'after'],
    ['set', 'before'],
    ['set', 'after'],
    ['scale', 'before'],
  ] as const) {
    // Where nobody counts replicas, none is asked for.
    if (verb === 'scale' && double === 'unlike') continue;
    test(`a ${verb} that breaks ${when} its effect is undone`, async () => {
      const system = live();
      ports.world.failNext(verb, when, new Failure('Broken', 'the disk is on fire'));
      const end = await endOf(await deploy(system, 'v2'));
      assert.equal(end.outcome, 'rolledBack', end.message);
      assert.match(end.message, /the disk is on fire/);
      assert.equal(end.summary?.clean, true);
      assert.equal(weightsOf(system), 'v1 100 %');
      const left = [...ports.world.service({ system, service: 'api' }).revisions.values()];
      assert.deepEqual(
        left.map((one) => one.spec.version),
        ['v1'],
      );
    });
  }

  for (const verb of ['ensure', 'set', 'read', 'revisions', 'probe'] as const) {
    test(`a ${verb} that is unavailable once is tried again`, async () => {
      const system = live();
      ports.world.failNext(verb, 'before', new Failure('Unavailable', 'try again'));
      assert.equal((await endOf(await deploy(system, 'v2'))).outcome, 'succeeded');
    });
  }

  test('an undo that fails is left over, and said', async () => {
    const system = live();
    ports.world.answer('bad2', { errorRatio: 0.5 });
    ports.world.failNext('remove', 'before', new Failure('Broken', 'the door is stuck'));
    const handle = await deploy(system, 'bad2');
    const end = await endOf(handle);
    assert.equal(end.outcome, 'rolledBack');
    assert.equal(end.summary?.clean, false);
    assert.match(end.summary.leftovers.join(), /the door is stuck/);
    const { leftovers }: OperationStatus = await handle.query('status');
    assert.deepEqual(leftovers, end.summary.leftovers);
  });

  test('somebody repaired it by hand: it parks, and touches nothing', async () => {
    const system = live();
    const handle = await deploy(system, 'v2', { autoPromote: false });
    await untilStatus(handle, (status) => status.state === 'waiting');
    const found = ports.world.weights({ system, service: 'api' }).map((one) => ({
      ...one,
      percent: one.version === 'v1' ? 100 : 0,
    }));
    ports.world.setByHand({ system, service: 'api' }, found);
    await handle.executeUpdate('approve', { args: [{ actor: 'ana' }] });
    const parked = await untilStatus(handle, (status) => status.state === 'parked');
    assert.match(parked.note ?? '', /somebody changed it/);
    assert.equal(weightsOf(system), 'v1 100 %');
    await handle.signal('abort', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'aborted');
    assert.equal(end.summary?.clean, true, JSON.stringify(end.summary));
    assert.equal(weightsOf(system), 'v1 100 %');
  });

  test('a gate that is rejected takes everything back', async () => {
    const system = live();
    const handle = await deploy(system, 'v2', { autoPromote: false });
    await untilStatus(handle, (status) => status.state === 'waiting');
    await handle.signal('reject', { actor: 'ana', reason: 'not today' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'rejected');
    assert.equal(weightsOf(system), 'v1 100 %');
  });

  test('a stop preempts a deploy, whose undo sends traffic nowhere', async () => {
    const system = live();
    const handle = await deploy(system, 'v2', { autoPromote: false });
    await untilStatus(handle, (status) => status.state === 'waiting');
    const stop = await endOf(await worker.start('stopTraffic', { system }));
    assert.equal(stop.outcome, 'succeeded', stop.message);
    assert.equal((await endOf(handle)).outcome, 'preempted');
    assert.equal(weightsOf(system), 'no traffic');
  });

  test('a second deploy is refused, and told who holds the lease', async () => {
    const system = live();
    const handle = await deploy(system, 'v2', { autoPromote: false });
    await untilStatus(handle, (status) => status.state === 'waiting');
    const second = await endOf(await deploy(system, 'v3'));
    assert.equal(second.outcome, 'refused');
    assert.match(second.message, /holds it since/);
    await handle.signal('abort', {});
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });
}
