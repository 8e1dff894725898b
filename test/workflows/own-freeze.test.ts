// The freeze that an operation takes for as long as it is open, on a real server: it ends with it, is no person's to end, and
// what the operation itself does passes.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { OperationStatus, SystemStatus } from '../../src/domain/operation/status.ts';
import { freezeId, type FreezeState } from '../../src/domain/time/freeze.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { openShop, refusal, seed, send, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  const workflowsPath = resolve(import.meta.dirname, '../support/freezing-workflow.ts');
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet });
  shop = await openShop({}, { workflowBundle: { code } });
});
after(() => shop.worker.stop());

const handleOf = (id: string): WorkflowHandle => shop.worker.client.workflow.getHandle(id);

const isHeld = ({ held }: OperationStatus): boolean => held !== undefined;

/** A retirement of v1, where v2 has the users: it goes forward, and waits for leases that are held. */
async function retiring(system: string): Promise<WorkflowHandle> {
  const [old] = shop.ports.world.weights({ system, service: 'api' });
  const asked = { system, service: 'api', version: 'v1', revision: old?.revision };
  seed(shop.ports, await shop.ports.systems.load(system), 'v2');
  return shop.start('retireRevision', asked);
}

/** A deploy at its gate, which froze its system. */
async function freezing(): Promise<{
  system: string;
  handle: WorkflowHandle;
  ice: WorkflowHandle;
}> {
  const { system, handle } = await shop.waiting();
  return { system, handle, ice: handleOf(freezeId(system, 'operation')) };
}

async function stateOf(ice: WorkflowHandle): Promise<string> {
  return (await ice.describe()).status.name;
}

async function freezesOf(system: string): Promise<SystemStatus['freezes']> {
  const look = await shop.start('inspectSystem', { system });
  return ((await look.result()) as SystemStatus).freezes;
}

describe('the freeze of an operation', { concurrency: 3 }, () => {
  test('is told apart from that of a person, and only the operation ends it', async () => {
    const { system, handle, ice } = await freezing();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const asked = { system, until, reason: 'holidays', requestedBy: 'ana' };
    const own = await shop.start('freeze', asked, freezeId(system, 'people'));
    while (!(await own.query<FreezeState>('status')).frozen) await sleep(50);
    const freezes = await freezesOf(system);
    assert.deepEqual(
      freezes?.map(({ takenBy, owner, until: end }) => [takenBy, owner, end]),
      [
        ['operation', `deploy/${system}/api/v2`, null],
        ['people', 'ana', until],
      ],
    );
    assert.match(await refusal(ice, 'thaw', { actor: 'ana' }), /until that operation ends$/);
    assert.equal(await stateOf(ice), 'RUNNING');
    await send(own, 'thaw', { actor: 'ana' });
    await own.result();
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
    assert.deepEqual(await freezesOf(system), []);
  });

  test('lets its own changes through, and ends with it', async () => {
    const { handle, system, ice } = await freezing();
    const { frozen, operation } = await ice.query<FreezeState>('status');
    const { runId } = await handle.describe();
    assert.deepEqual([frozen, operation], [true, { workflowId: handle.workflowId, runId }]);
    await send(handle, 'approve', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.equal(shop.weightsOf(system), 'v2 100 %');
    assert.equal(await stateOf(ice), 'COMPLETED');
    const { findings } = await reportOf(handle);
    assert.ok(findings.includes(`froze ${system} until this operation ends`), findings.join('\n'));
  });

  test('holds another one, by name, until it is terminated', async () => {
    const { system, handle, ice } = await freezing();
    // A lease of its own would keep the other one out as well: it is broken by whoever wants it next.
    await handleOf(`lease/${system}/api`).terminate('for the test');
    const other = await retiring(system);
    const { note } = await untilStatus(other, isHeld);
    assert.equal(
      note,
      `held: ${system} is frozen by deploy/${system}/api/v2 until that operation ends: Canary deploy`,
    );
    await handle.terminate('for the test');
    assert.equal((await endOf(other)).outcome, 'succeeded');
    assert.equal(await stateOf(ice), 'TERMINATED');
  });

  test('holds until a cancellation is undone, and is given back then', async () => {
    const { system, handle, ice } = await freezing();
    await handle.cancel();
    await handle.result().catch(() => undefined);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    assert.equal(await stateOf(ice), 'COMPLETED');
    const { findings } = await reportOf(handle);
    assert.ok(!findings.some((text) => text.includes('ended by hand')), findings.join('\n'));
  });

  test('is taken anew when somebody ends it, and that is said', async () => {
    const { system, handle, ice } = await freezing();
    const first = (await ice.describe()).runId;
    await ice.terminate('somebody wanted to deploy');
    for (;;) {
      const found = await ice.describe();
      if (found.runId !== first && found.status.name === 'RUNNING') break;
      await sleep(50);
    }
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal(await stateOf(ice), 'COMPLETED');
    const { findings } = await reportOf(handle);
    assert.ok(
      findings.some((text) => text.startsWith(`the freeze of ${system} was ended by hand`)),
      findings.join('\n'),
    );
  });

  test('that cannot be had refuses the operation, which changes nothing', async () => {
    const [system, elsewhere] = [shop.live(), shop.live()];
    const asked = { system: elsewhere, service: 'api', version: 'v2', requestedBy: 'ci' };
    // An id is anybody's to take; what has it and is no freeze holds nothing.
    const squatter = await shop.start('canaryDeploy', asked, freezeId(system, 'operation'));
    await untilStatus(squatter, ({ state }) => state === 'waiting');
    const { outcome, message } = await endOf(await shop.deploy(system, 'v2'));
    assert.equal(outcome, 'refused');
    assert.match(
      message,
      /^something else has the id freeze.shop-.*: look at it, and end it first$/,
    );
    assert.deepEqual(await freezesOf(system), []);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    await squatter.terminate('for the test');
  });
});
