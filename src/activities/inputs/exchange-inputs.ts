// What the activities of a recovery in the place of the live data work with.
import { backedUpDatastore } from '../../domain/backup/backup-id.ts';
import type { ExchangePlan, WritePosition } from '../../domain/recovery/exchange.ts';
import { actionOf, copyOf, storeOf, type StepAt } from './step-at.ts';

export const EXCHANGE_INPUTS = {
  lookAhead: (at: StepAt) =>
    actionOf(at, 'lookAhead').datastores.map((datastore) => ({
      store: storeOf(at, datastore),
      bytes: bytesOf(at, datastore),
    })),
  writeFence: (at: StepAt) => ({ store: storeOf(at, actionOf(at, 'writeFence').datastore) }),
  liftFence: (at: StepAt) => ({ store: storeOf(at, actionOf(at, 'writeFence').datastore) }),
  /** `since`: what was found when its loss was counted. */
  proveQuiet: (at: StepAt, { since }: { since?: WritePosition }) => ({
    store: storeOf(at, actionOf(at, 'quiet').datastore),
    ...(since !== undefined && { since }),
  }),
  lossAgainst: (at: StepAt) => ({ target: copyOf(at) }),
  /** `plan`: as it was approved. */
  exchangeStore: (at: StepAt, { plan }: { plan: ExchangePlan }) => ({ target: copyOf(at), plan }),
  flushDerived: (at: StepAt) => ({ store: storeOf(at, actionOf(at, 'flush').datastore) }),
};

/** As much as its backup holds. */
function bytesOf(at: StepAt, datastore: string): number {
  const found = (at.plan.backups ?? []).find(({ id }) => backedUpDatastore(id) === datastore);
  return found?.bytes ?? 0;
}
