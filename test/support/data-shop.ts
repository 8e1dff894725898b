// A shop whose systems have datastores, for the tests of backups, proofs and what is left of them: what lies in its
// vault, and what must not lie there any more.
import assert from 'node:assert/strict';
import { storedBackup, type MemoryVault } from './memory/memory-backups.ts';
import type { Double } from './memory/doubles.ts';
import type { MemoryTargets } from './memory/memory-targets.ts';
import { openShop, type Shop, type ShopFile } from './shop.ts';

export interface DataShop {
  shop: Shop;
  vault: MemoryVault;
  targets: MemoryTargets;
  /** A backup of the system's `orders` of so many days ago; its id. */
  stored: (system: string, days: number) => string;
  copiesOf: (system: string) => string[];
  targetsOf: (system: string) => string[];
  /** Neither copies nor isolated targets. */
  nothingLeft: (system: string) => void;
}

/** `after(() => shop.worker.stop())` closes it. */
export async function openDataShop(double: Double = 'memory'): Promise<DataShop> {
  const shop = await openShop({}, {}, double);
  const { vault, targets } = shop.ports;
  const copiesOf = (system: string) => [...vault.copies.keys()].filter(isOf(system));
  const targetsOf = (system: string) => [...targets.open.keys()].filter(isOf(system));
  return {
    ...{ shop, vault, targets, copiesOf, targetsOf },
    stored: (system, days) => storedBackup(vault, system, days),
    nothingLeft: (system) => {
      assert.deepEqual([...copiesOf(system), ...targetsOf(system)], []);
    },
  };
}

/** A system with one datastore. */
export const withOrders = (
  file: Partial<NonNullable<ShopFile['datastores']>[string]> = {},
): ShopFile => ({
  datastores: { orders: { kind: 'postgres', database: 'o', user: 'u', ...file } },
});

/** Two datastores that are backed up, and one that is made anew from them. */
export const withData = {
  datastores: {
    orders: {
      kind: 'postgres',
      database: 'orders',
      user: 'app',
      verify: {
        required: ['artefact', 'loads', 'complete', 'correct', 'pointInTime', 'invariants'],
        invariants: [{ name: 'debts', query: 'select debts', equals: '0' }],
      },
    },
    users: { kind: 'postgres', database: 'users', user: 'app' },
    cache: { kind: 'redis', role: 'derived' },
  },
} satisfies ShopFile;

/** With a drill of one service, on two datastores. */
export const withDrill = {
  ...withData,
  configuration: { MAIL_ENABLED: 'true', TOKEN: { env: 'SHOP_TOKEN' } },
  drill: {
    rto: '30m',
    services: ['api'],
    configuration: { api: { MAIL_ENABLED: 'false' } },
    golden: [{ service: 'api', name: 'portfolio', http: '/portfolio', contains: 'ok' }],
  },
} satisfies ShopFile;

/** With one datastore, which a verification starts that service on. */
export const withUsable = {
  ...withDrill,
  datastores: {
    orders: {
      ...{ kind: 'postgres', database: 'orders', user: 'app' },
      verify: { required: ['artefact', 'loads', 'complete', 'correct', 'usable'] },
    },
  },
} satisfies ShopFile;

/** A drill of a service that uses the derived one too, and fills it when it is asked. */
export const withWarmCache = {
  ...withDrill,
  uses: ['orders', 'users', 'cache'],
  datastores: {
    ...withDrill.datastores,
    cache: { kind: 'redis', role: 'derived', warm: [{ service: 'api', http: '/products' }] },
  },
} satisfies ShopFile;

function isOf(system: string): (name: string) => boolean {
  return (name) => name.includes(system);
}
