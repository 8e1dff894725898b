// What the tests of drills share: a shop with datastores and isolated targets in memory.
import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import type { Report } from '../../src/domain/report.ts';
import type { MemoryVault } from './memory-backups.ts';
import type { MemoryTargets } from './memory-targets.ts';
import { endOf, type Ended } from './operations.ts';
import { openShop, withDrill, type Shop, type ShopFile } from './shop.ts';

export interface DrillShop {
  shop: Shop;
  vault: MemoryVault;
  targets: MemoryTargets;
  /** A system with v1 live and a backup of each primary datastore that was just taken. */
  ready: (file?: ShopFile) => Promise<string>;
  /** A drill of it, from start to end. */
  drilled: (system: string) => Promise<{ end: Ended; report: Report }>;
  nothingLeft: (system: string) => void;
}

export async function openDrillShop(): Promise<DrillShop> {
  const shop = await openShop();
  const { vault, targets } = shop.ports;
  vault.answers.set('select debts', '0');
  return {
    ...{ shop, vault, targets },
    ready: async (file = withDrill) => {
      const system = shop.live(file);
      const { outcome } = await endOf(await shop.start('backup', { system }));
      assert.equal(outcome, 'succeeded');
      return system;
    },
    drilled: async (system) => {
      const handle = await shop.start('disasterRecovery', { system, requestedBy: 'ana' });
      const end = await endOf(handle);
      return { end, report: await reportOf(handle) };
    },
    nothingLeft: (system) => {
      const left = [...vault.copies.keys(), ...targets.open.keys()];
      assert.deepEqual(
        left.filter((name) => name.includes(system)),
        [],
      );
    },
  };
}

export const reportOf = (handle: WorkflowHandle) => handle.query<Report>('report');
