// What the tests of drills share: a shop with datastores and isolated targets in memory, whose systems can be drilled.
import assert from 'node:assert/strict';
import type { Report } from '../../src/domain/record/report.ts';
import { openDataShop, type DataShop, withDrill } from './data-shop.ts';
import type { Double } from './memory/doubles.ts';
import { endOf, reportOf, type Ended } from './operations.ts';
import { type ShopFile } from './shop.ts';

/** What goes wrong, what it ends as at which step, and what it says. */
export type DamagedCase = [
  name: string,
  outcome: 'failed' | 'inconclusive',
  step: string,
  said: RegExp,
  damage: (system: string) => void,
];

export interface DrillShop extends DataShop {
  /** A system with v1 live and a backup of each primary datastore that was just taken. */
  ready: (file?: ShopFile) => Promise<string>;
  /** A drill of it, from start to end. */
  drilled: (system: string) => Promise<{ end: Ended; report: Report }>;
}

export async function openDrillShop(double: Double = 'memory'): Promise<DrillShop> {
  const opened = await openDataShop(double);
  const { shop, vault } = opened;
  vault.answers.set('select debts', '0');
  return {
    ...opened,
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
  };
}
