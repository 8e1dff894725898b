// Change freezes on a real server: what goes forward is held, says by whom, and goes on afterwards; what users are saved by
// is held by nothing.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import type { OperationStatus, SystemStatus } from '../../src/domain/operation/status.ts';
import type { FreezeEnd, FreezeState } from '../../src/domain/time/freeze.ts';
import { openDataShop, withOrders } from '../support/data-shop.ts';
import { endOf, reportOf, untilBeating, untilStatus, type Ended } from '../support/operations.ts';
import { refusal, seed, send, signal } from '../support/shop.ts';

const { shop, vault, stored } = await openDataShop();
after(() => shop.worker.stop());

const HOUR_MS = 3_600_000;

async function freeze(
  system: string,
  { by = 'ana', ms = HOUR_MS }: { by?: string; ms?: number } = {},
): Promise<WorkflowHandle> {
  const until = new Date(Date.now() + ms).toISOString();
  const asked = { system, until, reason: 'holidays', requestedBy: by };
  return shop.start('freeze', asked, `freeze/${system}`);
}

/** Once all that was being changed has come to its end. */
async function frozen(handle: WorkflowHandle): Promise<FreezeState> {
  for (;;) {
    const state = await handle.query<FreezeState>('status');
    if (state.frozen) return state;
    await sleep(50);
  }
}

async function thaw(handle: WorkflowHandle, actor = 'ana'): Promise<FreezeEnd> {
  await send(handle, 'thaw', { actor });
  return (await handle.result()) as FreezeEnd;
}

const isHeld = ({ held }: OperationStatus): boolean => held !== undefined;

async function findingsOf(handle: WorkflowHandle): Promise<string[]> {
  return (await reportOf(handle)).findings;
}

/** The sentence that a freeze ended with. */
async function failureOf(handle: WorkflowHandle): Promise<string> {
  try {
    await handle.result();
  } catch (error) {
    assert.ok(error instanceof WorkflowFailedError, String(error));
    return error.cause?.message ?? '';
  }
  return assert.fail('it should have failed');
}

const succeeded = ({ outcome, message }: Ended): void => {
  assert.equal(outcome, 'succeeded', message);
};

describe('a freeze of people', { concurrency: 4 }, () => {
  test('holds a deploy before it begins, which has no lease meanwhile, until it is thawed', async () => {
    const system = shop.live();
    const ice = await freeze(system);
    assert.deepEqual((await frozen(ice)).held, []);
    const handle = await shop.deploy(system, 'v2');
    const status = await untilStatus(handle, isHeld);
    assert.match(status.note ?? '', /^held: .* is frozen by ana until .*: holidays$/);
    assert.equal(status.held?.scope, system);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    const lease = shop.worker.client.workflow.getHandle(`lease/${system}/api`);
    assert.notEqual((await lease.describe()).status.name, 'RUNNING');
    const end = await thaw(ice, 'ben');
    assert.deepEqual([end.ended, end.by, end.owner], ['thawed', 'ben', 'ana']);
    await untilStatus(handle, ({ state }) => state === 'waiting');
    await send(handle, 'approve', { actor: 'ana' });
    succeeded(await endOf(handle));
    const said = await findingsOf(handle);
    assert.ok(
      said.some((text) => /^held before it began: .* frozen by ana/.test(text)),
      said.join('\n'),
    );
    assert.ok(said.includes('held no more: it goes on'));
  });

  test('holds the next change of one under way, names it, and lets it go on at its end', async () => {
    const { system, handle } = await shop.waiting();
    const ice = await freeze(system);
    assert.deepEqual((await frozen(ice)).held, [handle.workflowId]);
    await send(handle, 'approve', { actor: 'ana' });
    const status = await untilStatus(handle, isHeld);
    assert.equal(status.step, 'weight-50');
    assert.match(shop.weightsOf(system), /v1 95 %, v2 .*5 %/);
    await thaw(ice);
    succeeded(await endOf(handle));
    assert.equal(shop.weightsOf(system), 'v2 100 %');
  });

  test('ends by itself at its time', async () => {
    const { system, handle } = await shop.waiting();
    const ice = await freeze(system, { ms: 12_000 });
    await frozen(ice);
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, isHeld);
    assert.equal(((await ice.result()) as FreezeEnd).ended, 'expired');
    succeeded(await endOf(handle));
  });

  test('that was terminated or cancelled holds nothing', async () => {
    for (const end of ['terminate', 'cancel'] as const) {
      const system = shop.live();
      const ice = await freeze(system);
      await frozen(ice);
      const handle = await shop.start('scaleService', { system, service: 'api', replicas: 3 });
      await untilStatus(handle, isHeld);
      await ice[end]();
      succeeded(await endOf(handle));
    }
  });

  test('holds restarts, scales and retirements', async () => {
    const target = { system: shop.live(), service: 'api' };
    const [old] = shop.ports.world.weights(target);
    seed(shop.ports, await shop.ports.systems.load(target.system), 'v2');
    const ice = await freeze(target.system);
    const retired = { version: 'v1', revision: old?.revision };
    const asked: [string, object][] = [
      ['scaleService', { replicas: 3 }],
      ['restartService', {}],
      ['retireRevision', retired],
    ];
    for (const [type, more] of asked) {
      const handle = await shop.start(type, { ...target, ...more });
      await untilStatus(handle, isHeld);
      await send(handle, 'abort', { actor: 'ana' });
      assert.equal((await endOf(handle)).outcome, 'aborted', type);
    }
    // What is not needed is not held, and what only plans says that it would be.
    const same = { ...target, replicas: 2 };
    assert.equal((await endOf(await shop.start('scaleService', same))).outcome, 'nothingToDo');
    const dry = await shop.start('scaleService', { ...target, replicas: 3, dryRun: true });
    assert.match((await endOf(dry)).message, /; it would be held: .* is frozen by ana/);
    await thaw(ice);
    assert.deepEqual(shop.versionsOf(target.system), ['v1', 'v2']);
  });

  test('holds the removal of old backups, and no backup', async () => {
    const retention = { days: 1, count: 1 };
    const system = shop.empty(withOrders({ backup: { retention } }));
    const old = stored(system, 60);
    stored(system, 50);
    const ice = await freeze(system);
    const handle = await shop.start('backup', { system, datastore: 'orders' });
    succeeded(await endOf(handle));
    const { steps } = await reportOf(handle);
    assert.match(steps.at(-1)?.detail ?? '', /^kept everything: .* is frozen by ana until/);
    assert.ok(vault.entries.has(old));
    await thaw(ice);
    succeeded(await endOf(await shop.start('backup', { system, datastore: 'orders' })));
    assert.ok(!vault.entries.has(old));
  });

  test('is passed by a roll-back, a stop, an admit, and by an abort with its undo', async () => {
    const { system, handle } = await shop.waiting();
    const ice = await freeze(system);
    await frozen(ice);
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, isHeld);
    await send(handle, 'abort', { actor: 'ben' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    succeeded(await endOf(await shop.start('stopTraffic', { system })));
    succeeded(await endOf(await shop.start('admitTraffic', { system })));
    assert.equal((await ice.describe()).status.name, 'RUNNING');
    await thaw(ice);
  });

  test('is passed by a roll-back, which preempts the deploy that is held', async () => {
    const { system, handle } = await shop.waiting({
      rollout: { canary: { steps: [{ weight: 50, approval: 'promote' }], watch: '0s' } },
    });
    const ice = await freeze(system);
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, isHeld);
    const back = await shop.start('rollback', { system, service: 'api', to: 'v1' });
    succeeded(await endOf(back));
    assert.equal((await endOf(handle)).outcome, 'preempted');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    await thaw(ice);
  });

  test('holds a deploy that turns bad meanwhile no longer than that: it is undone', async () => {
    const system = shop.live();
    const handle = await shop.deploy(system, 'bad-in-ice');
    await untilStatus(handle, ({ state }) => state === 'waiting');
    const ice = await freeze(system);
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, isHeld);
    shop.ports.world.answer('bad-in-ice', { errorRatio: 0.5 });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'rolledBack');
    assert.match(end.message, /^while weight-50 was held by a freeze: fail, errors/);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    await thaw(ice);
  });

  test('is one of its scope: of two people the second is refused, and nonsense too', async () => {
    const system = shop.live();
    const ice = await freeze(system);
    await assert.rejects(freeze(system, { by: 'ben' }), WorkflowExecutionAlreadyStartedError);
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    const other = { system, until, reason: 'r' };
    const elsewhere = await shop.start('freeze', other, `ice-${system}`);
    assert.match(await failureOf(elsewhere), /has the workflow id freeze\/shop-.*: start it so$/);
    const none = { ...other, system: `no-${system}` };
    const unknown = await shop.start('freeze', none, `freeze/no-${system}`);
    assert.match(await failureOf(unknown), /there is no system no-shop/);
    const op = await shop.start('freeze', {}, `freeze/${system}/operation`);
    assert.match(await failureOf(op), /^freeze: \(1\) needs either system or all/);
    assert.match(await refusal(ice, 'thaw', { who: 'ana' }), /thaw has no field "who"/);
    assert.match(await refusal(ice, 'melt', {}), /takes thaw, and no message "melt"/);
    await ice.signal('thaw', { actor: 'a b' });
    assert.equal((await ice.query<FreezeState>('status')).thawed, false);
    const { memo } = await ice.describe();
    const said = memo?.['freeze'] as Record<string, unknown>;
    assert.deepEqual([said['owner'], said['reason']], ['ana', 'holidays']);
    await thaw(ice);
  });

  test('is shown with the status of its system', async () => {
    const system = shop.live();
    const ice = await freeze(system);
    await frozen(ice);
    const look = await shop.start('inspectSystem', { system });
    const { freezes } = (await look.result()) as SystemStatus;
    assert.deepEqual(
      freezes?.map(({ scope, takenBy, owner, reason }) => [scope, takenBy, owner, reason]),
      [[system, 'people', 'ana', 'holidays']],
    );
    await thaw(ice);
  });
});

describe('beside others', () => {
  test('a freeze answers that it is frozen once the change that had begun is done', async () => {
    const system = shop.live();
    const { given, give } = signal();
    const begun = signal();
    shop.ports.world.onCall = async (verb) => {
      if (verb !== 'scale') return;
      begun.give();
      await given;
    };
    const handle = await shop.start('scaleService', { system, service: 'api', replicas: 3 });
    await begun.given;
    const ice = await freeze(system);
    await untilBeating(ice, 'awaitHalt');
    assert.equal((await ice.query<FreezeState>('status')).frozen, false);
    shop.ports.world.onCall = () => undefined;
    give();
    succeeded(await endOf(handle));
    await frozen(ice);
    await thaw(ice);
  });
});
