// What people do to a deploy on a cluster while users ask: every request is answered, and nothing is left of what was taken back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { waiting } from '../support/local-daemon.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { send, untilBaking } from '../support/shop.ts';
import { targetOn } from '../support/kubernetes/fairlead.ts';
import { objectsOf } from '../support/kubernetes/objects.ts';
import { onCluster } from '../support/kubernetes/shared.ts';
import {
  allAnswered,
  onWorker,
  SERVICE,
  succeeds,
  type OnCluster,
} from '../support/kubernetes/worker.ts';

onCluster((cluster) => {
  const weightsOf = async ({ platform, namespace, system }: OnCluster): Promise<string> => {
    const target = targetOn(await cluster(), namespace, { system, service: SERVICE });
    return describeWeights((await platform.traffic.read(target, waiting())).weights);
  };

  test('an abort at each step leaves what was there before, and no user notices', async (t) => {
    const steps = [
      { weight: 10, bake: '2s' },
      { weight: 50, bake: '2s' },
    ];
    const on = await cluster();
    const at = await onWorker(on, t, {
      rollout: { canary: { steps, watch: '5s' }, deadlines: { ready: '30s' }, insurance: '0s' },
    });
    await succeeds(at.deployed('v1'));
    const before = await objectsOf(on, at.namespace);
    const users = at.users();
    for (const step of [
      'ensure',
      'ready',
      'smoke',
      'weight-10',
      'weight-50',
      'weight-100',
      'watch',
    ]) {
      const handle = await at.deploy('v2');
      await untilStatus(handle, ({ steps }) => steps.some(({ id }) => id === step));
      await send(handle, 'abort', { actor: 'ana' });
      const { outcome, message } = await endOf(handle);
      assert.equal(outcome, 'aborted', `${step}: ${message}`);
      assert.equal(await weightsOf(at), 'v1 100 %', step);
      assert.deepEqual(await objectsOf(on, at.namespace), before, step);
    }
    await allAnswered(users);
  });

  test('a bake that is paused for longer than any deadline goes on, and is promoted early', async (t) => {
    const steps = [{ weight: 10, bake: '1h' }, { weight: 50 }];
    const at = await onWorker(await cluster(), t, {
      rollout: {
        canary: { steps, watch: '0s' },
        ...{ deadlines: { ready: '6s' }, insurance: '0s', earlyPromotion: true },
      },
    });
    await succeeds(at.deployed('v1'));
    const users = at.users();
    const handle = await at.deploy('v2');
    await untilBaking(handle, 10);
    await send(handle, 'pause', { actor: 'ana' });
    await sleep(9000);
    const { note = '' } = await untilStatus(handle, ({ state }) => state === 'paused');
    assert.match(note, /ana/);
    await send(handle, 'resume', { actor: 'ana' });
    await send(handle, 'promote', { actor: 'ana' });
    await succeeds(endOf(handle));
    assert.equal(await weightsOf(at), 'v2 100 %');
    await allAnswered(users);
  });

  test('a roll-back makes a deploy in its bake give way, and leaves nothing of it', async (t) => {
    const on = await cluster();
    const steps = [{ weight: 10, bake: '1h' }];
    const at = await onWorker(on, t, {
      rollout: { canary: { steps, watch: '0s' }, deadlines: { ready: '30s' }, insurance: '0s' },
    });
    await succeeds(at.deployed('v1'));
    const before = await objectsOf(on, at.namespace);
    const users = at.users();
    const handle = await at.deploy('v2');
    await untilBaking(handle, 10);
    const rollback = await at.worker.start('rollback', { system: at.system, service: SERVICE });
    await succeeds(endOf(rollback));
    assert.equal((await endOf(handle)).outcome, 'preempted');
    assert.equal(await weightsOf(at), 'v1 100 %');
    while ((await objectsOf(on, at.namespace)).length > before.length) await sleep(200);
    assert.deepEqual(await objectsOf(on, at.namespace), before);
    await allAnswered(users);
  });
});
