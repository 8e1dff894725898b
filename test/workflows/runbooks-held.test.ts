// Freezes and change windows over runbooks of steps: held at the first change and no earlier, with no lease meanwhile; one that
// only looks is held by nothing, nor is what takes a change back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { Changes } from '../../src/config/time/changes.ts';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import { endOf, freshName, reportOf, statesOf, untilStatus } from '../support/operations.ts';
import { openShop, send, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
  shop.ports.steps.answer = async () => ({});
});
after(() => shop.worker.stop());

const HOUR = 3_600_000;

/** Open for an hour that begins in two. */
function closed(): Changes {
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(11, 16);
  const allow = [{ from: at(2 * HOUR), to: at(3 * HOUR), zone: 'UTC', why: 'nights' }];
  return { allow, hotfix: 'promote' };
}

async function run(
  system: string,
  steps: Record<string, unknown>[],
  request: object = {},
): Promise<WorkflowHandle> {
  const name = freshName('book');
  const leases = steps.some((step) => 'do' in step) ? ['api'] : [];
  const runbook = runbookSchema.parse({ title: 'A test', leases, steps });
  const file = `systems/${system}/runbooks/${name}.yaml`;
  shop.ports.steps.written.set(name, { name, file, digest: digestOf(runbook), runbook });
  return shop.start('runbook', { system, runbook: name, ...request }, `run/${system}/${name}`);
}

const doing = (id: string, more: object = {}) => ({
  id,
  do: { command: ['make', id], check: 'none', why: 'twice is fine' },
  undo: { command: ['unmake', id] },
  ...more,
});

const freeze = async (system: string): Promise<WorkflowHandle> => {
  const until = new Date(Date.now() + HOUR).toISOString();
  const asked = { system, until, reason: 'the holidays', requestedBy: 'ana' };
  const handle = await shop.start('freeze', asked, `freeze/${system}`);
  // In force from its start: what has no lease has heard of it before its first change.
  return handle;
};

const ranOf = (id: string): string[] =>
  shop.ports.steps.ran.filter((one) => one.endsWith(` ${id}`));

describe('a runbook of steps in a frozen system', { concurrency: 4 }, () => {
  test('looks, is held at its first change without a lease, and goes on after the thaw', async () => {
    const system = shop.live();
    const frozen = await freeze(system);
    const id = freshName('held');
    const handle = await run(system, [{ id: 'seen', look: { command: ['look'] } }, doing(id)]);
    const { note } = await untilStatus(handle, ({ held }) => held !== undefined);
    assert.match(note ?? '', /^held: .*the holidays/);
    assert.deepEqual(statesOf(await reportOf(handle)).slice(0, 1), ['seen done']);
    assert.deepEqual(ranOf(id), []);
    const lease = shop.worker.client.workflow.getHandle(`lease/${system}/api`);
    assert.notEqual((await lease.describe()).status.name, 'RUNNING');
    await send(frozen, 'thaw', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.deepEqual(ranOf(id), [`make ${id}`]);
  });

  test('takes back nothing of a change that was held when it is aborted, and all before it', async () => {
    const system = shop.live();
    const [first, second] = [freshName('made'), freshName('held')];
    const handle = await run(system, [doing(first), { id: 'go', manual: 'Go on?' }, doing(second)]);
    await untilStatus(handle, ({ asks }) => asks?.step === 'go');
    await freeze(system);
    await send(handle, 'tick', { actor: 'ana', step: 'go' });
    await untilStatus(handle, ({ held }) => held !== undefined);
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.deepEqual(ranOf(first), [`make ${first}`, `unmake ${first}`]);
    assert.deepEqual(ranOf(second), []);
  });

  test('is held by nothing when it only looks', async () => {
    const system = shop.live({ changes: closed() });
    await freeze(system);
    const handle = await run(system, [{ id: 'seen', look: { command: ['look'] } }]);
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.ok(!(await reportOf(handle)).findings.some((one) => one.startsWith('held')));
  });
});

describe('a runbook of steps outside of the change windows', { concurrency: 4 }, () => {
  test('looks and asks, is held at its first change until when, and can be aborted', async () => {
    const system = shop.live({ changes: closed() });
    const id = freshName('held');
    const handle = await run(system, [{ id: 'ready', manual: 'Ready?' }, doing(id)]);
    await untilStatus(handle, ({ asks }) => asks?.step === 'ready');
    await send(handle, 'tick', { actor: 'ana', step: 'ready' });
    const { heldByWindow } = await untilStatus(handle, (one) => one.heldByWindow !== undefined);
    assert.equal(heldByWindow?.system, system);
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.deepEqual(ranOf(id), []);
  });

  test('says in a dry run what would hold its change', async () => {
    const system = shop.live({ changes: closed() });
    const steps = [doing(freshName('dry'))];
    const { message, outcome } = await endOf(await run(system, steps, { dryRun: true }));
    assert.equal(outcome, 'planned');
    assert.match(message, /it would be held: .* may not be changed now/);
  });

  test('is let through as a hotfix by its people', async () => {
    const system = shop.live({ changes: closed() });
    const id = freshName('hot');
    const hotfix = { hotfix: true, reason: 'users cannot pay' };
    const handle = await run(system, [doing(id)], hotfix);
    const { gates } = await untilStatus(handle, ({ state }) => state === 'waiting');
    assert.deepEqual(
      gates.map((one) => one.id),
      ['hotfix'],
    );
    assert.deepEqual(ranOf(id), []);
    await send(handle, 'approve', { actor: 'ana' });
    await send(handle, 'approve', { actor: 'ben' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.deepEqual(ranOf(id), [`make ${id}`]);
  });
});
