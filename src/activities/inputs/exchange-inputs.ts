// What the activities of a recovery in the place of the live data work with.
import { candidatesOf } from '../../domain/recovery/live/candidates.ts';
import type { ExchangePlan, Loss, WritePosition } from '../../domain/recovery/exchange.ts';
import { migrationCommand, otherWriters } from '../../domain/recovery/live/writers.ts';
import { actionOf, copyOf, storeOf, unfit, type OtherCopy, type StepAt } from './step-at.ts';

export const EXCHANGE_INPUTS = {
  lookAhead: (at: StepAt) => {
    const { room } = at.loaded.system.recovery ?? {};
    const stores = actionOf(at, 'lookAhead').datastores.map((datastore) => ({
      store: storeOf(at, datastore),
      bytes: bytesOf(at, datastore),
    }));
    return { stores, ...(room !== undefined && { room }) };
  },
  stopWriter: (at: StepAt) => writerOf(at, actionOf(at, 'stopWriter').writer),
  /** As a step, or as the way back of the step that stopped it. */
  startWriter: (at: StepAt) => writerOf(at, actionOf(at, 'startWriter', 'stopWriter').writer),
  migrateLive: (at: StepAt) => {
    actionOf(at, 'migrate');
    const { system, directory } = at.loaded;
    const migrate = migrationCommand(system.recovery);
    if (migrate === undefined) throw unfit(at, 'migrates, and no command says how');
    return { directory, migrate };
  },
  writeFence: (at: StepAt) => ({ store: storeOf(at, actionOf(at, 'writeFence').datastore) }),
  /** As a step, or as the way back of the step that raised it. */
  liftFence: (at: StepAt) => ({
    store: storeOf(at, actionOf(at, 'liftFence', 'writeFence').datastore),
  }),
  /** `since`: what was found when its loss was counted. */
  proveQuiet: (at: StepAt, { since }: { since?: WritePosition }) => ({
    store: storeOf(at, actionOf(at, 'quiet').datastore),
    ...(since !== undefined && { since }),
  }),
  lossAgainst: (at: StepAt, told: OtherCopy) => ({ target: copyOf(at, told) }),
  /** `plan`: as it was approved. */
  exchangeStore: (at: StepAt, told: { plan: ExchangePlan } & OtherCopy) => ({
    target: copyOf(at, told),
    plan: told.plan,
  }),
  /** `plan`, `loss`: as they were approved. */
  judgeLive: (at: StepAt, told: { plan: ExchangePlan; loss: Loss } & OtherCopy) => ({
    target: copyOf(at, told),
    plan: told.plan,
    loss: told.loss,
  }),
  lookLost: (at: StepAt) => {
    const { datastore, place } = actionOf(at, 'lookLost');
    return { store: storeOf(at, datastore), place };
  },
  bindElsewhere: (at: StepAt, told: OtherCopy) => ({
    target: copyOf(at, told),
    place: actionOf(at, 'bindElsewhere').place,
  }),
  judgeMoved: (at: StepAt, told: OtherCopy) => ({ target: copyOf(at, told) }),
  flushDerived: (at: StepAt) => ({ store: storeOf(at, actionOf(at, 'flush').datastore) }),
};

function writerOf(at: StepAt, name: string) {
  const { system, directory } = at.loaded;
  const found = otherWriters(system.recovery).find((one) => one.name === name);
  if (found?.kind !== 'command') throw unfit(at, `is on the writer ${name}, which has no command`);
  return { name, command: found.command, directory };
}

/** As much as the largest of its candidates holds. */
function bytesOf(at: StepAt, datastore: string): number {
  return Math.max(0, ...candidatesOf(at.plan, datastore).map(({ bytes }) => bytes));
}
