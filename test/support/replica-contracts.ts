// What a platform promises whose replicas are counted, and what one answers that counts none: a part of
// port-contracts.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EpochToken, RevisionSpec, ServiceRef } from '../../src/domain/rollout/model.ts';
import { waiting } from './called-platform.ts';
import { fails } from './fails.ts';
import { restarted } from './local-daemon.ts';
import type { PlatformUnderTest } from './port-contracts.ts';

export function token(epoch: number, sequence: number): EpochToken {
  return { operation: `deploy/epoch-${epoch}`, step: `step-${sequence}`, epoch, sequence };
}

export function replicaContracts(it: {
  platform: () => PlatformUnderTest;
  newService: () => ServiceRef;
  ready: (spec: RevisionSpec, by: EpochToken, replicas?: number) => Promise<void>;
  comesTo: (spec: RevisionSpec, replicas: number) => Promise<unknown>;
}): void {
  const { newService, ready, comesTo } = it;

  test('scale sets the number of replicas, where they are counted', async () => {
    const service = newService();
    const platform = it.platform();
    const { workload, capabilities } = platform;
    const spec = platform.spec(service, 'v1');
    await ready(spec, token(1, 1));
    const change = { service, revision: spec.id, replicas: 3, token: token(1, 2) };
    if (capabilities.replicas === 'elastic') {
      await fails('Unsupported', workload.scale(change));
      return;
    }
    assert.equal((await workload.scale(change)).desired, 3);
    await comesTo(spec, 3);
    const unknown = { service, revision: 'v9-0', replicas: 1, token: token(1, 3) };
    await fails('NotFound', workload.scale(unknown));
  });

  test('restart ends with as many ready replicas as before, asked again and again', async () => {
    const service = newService();
    const platform = it.platform();
    const { workload, capabilities } = platform;
    const spec = platform.spec(service, 'v1');
    await ready(spec, token(1, 1), 2);
    const input = { service, revision: spec.id, token: token(1, 2) };
    if (!capabilities.restart) {
      await fails('Unsupported', workload.restart(input));
      return;
    }
    const state = await restarted(workload, input);
    assert.deepEqual([state.condition, state.ready, state.desired], ['ready', 2, 2]);
    assert.equal(state.crashes, 0, 'an asked-for exit is no crash');
  });

  test('restart of what never becomes ready is begun, answered, and not done', async () => {
    const service = newService();
    const platform = it.platform();
    const { workload, capabilities } = platform;
    const spec = platform.spec(service, 'v1', 'never');
    await workload.ensure({ spec, replicas: 1, token: token(1, 1) }, waiting());
    const input = { service, revision: spec.id, token: token(1, 2) };
    if (!capabilities.restart) {
      await fails('Unsupported', workload.restart(input));
      return;
    }
    assert.equal((await workload.restart(input)).done, false);
    assert.equal((await workload.restart(input)).done, false);
  });
}
