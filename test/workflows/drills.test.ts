// Drills as whole operations, with datastores and isolated targets in memory: each step failing in turn, and interrupts
// in the middle. Whatever happens, no copy and no target is left, and nothing live was touched.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { backupId } from '../../src/domain/backup-id.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { Report } from '../../src/domain/report.ts';
import type { MemoryTargets } from '../support/memory-isolation.ts';
import type { MemoryVault } from '../support/memory-backups.ts';
import { endOf, type Ended } from '../support/operations.ts';
import { openShop, send, withDrill, type Shop, type ShopFile } from '../support/shop.ts';

let shop: Shop;
let vault: MemoryVault;
let targets: MemoryTargets;
before(async () => {
  shop = await openShop();
  ({ vault, targets } = shop.ports);
  vault.answers.set('select debts', '0');
});
after(() => shop.worker.stop());

const reportOf = (handle: WorkflowHandle) => handle.query<Report>('report');
const nothingLeft = (system: string) => {
  const left = [...vault.copies.keys(), ...targets.open.keys()];
  assert.deepEqual(
    left.filter((name) => name.includes(system)),
    [],
  );
};

/** A system with v1 live and a backup of each primary datastore that was just taken. */
async function ready(file: ShopFile = withDrill): Promise<string> {
  const system = shop.live(file);
  const { outcome } = await endOf(await shop.start('backup', { system }));
  assert.equal(outcome, 'succeeded');
  return system;
}

async function drilled(
  system: string,
): Promise<{ handle: WorkflowHandle; end: Ended; report: Report }> {
  const handle = await shop.start('disasterRecovery', { system, requestedBy: 'ana' });
  const end = await endOf(handle);
  return { handle, end, report: await reportOf(handle) };
}

describe('a drill', () => {
  test('that finds everything as it should be passes, and leaves nothing', async () => {
    const system = await ready();
    const changes = shop.ports.world.changes.length;
    const { end, report } = await drilled(system);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.deepEqual(
      report.steps.map(({ id }) => id),
      [
        ...['preflight', 'inventory', 'isolate', 'fence'],
        ...['artefact-orders', 'restore-orders', 'artefact-users', 'restore-users'],
        ...['complete-orders', 'correct-orders', 'point-in-time-orders', 'invariants-orders'],
        ...['complete-users', 'correct-users', 'bind', 'start-api', 'usable', 'production'],
        ...['close', 'discard-orders', 'discard-users', 'inventory-after', 'conclude'],
      ],
    );
    assert.ok(report.steps.every(({ status }) => status === 'done'));
    assert.equal(report.verdict, 'pass');
    assert.deepEqual(report.undo, []);
    assert.equal(shop.ports.world.changes.length, changes);
    nothingLeft(system);
  });
});
