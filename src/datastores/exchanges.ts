// The port to recovering live datastores over the kinds whose live one can be exchanged. Made once, by the worker.
import type { ExchangesPort } from '../ports/exchanges.ts';
import type { DatastoreRef } from '../ports/backups.ts';
import type { BindingsPort } from '../ports/bindings.ts';
import type { Waiting } from '../ports/waiting.ts';
import { UNDISTURBED } from '../integrations/json-objects.ts';
import { Failure } from '../domain/failure.ts';
import type { Stores } from './store.ts';
import type { BoundPlace } from '../domain/recovery/binding.ts';
import type { EpochToken } from '../domain/rollout/model.ts';
import { boundStore, placedAt } from './bindings.ts';
import { createCopies, type Copies } from './copies.ts';
import type { Store, StoreExchange } from './store.ts';

export interface ExchangesInput {
  stores: Stores;
  /** Where datastores are today. */
  bindings: BindingsPort;
  /** Absolute folder of copies. */
  copies: string;
}

export function createExchanges({ stores, bindings, copies: root }: ExchangesInput): ExchangesPort {
  const copies = createCopies(root);
  const live: Live = async (store, waiting) => {
    const { exchange } = stores[store.settings.kind];
    if (exchange === undefined) throw new Failure('Unsupported', noExchange(store));
    return [exchange, await boundStore(bindings, store, waiting)];
  };
  return {
    unable: async (store) => {
      const { exchange } = stores[store.settings.kind];
      if (exchange === undefined) return noExchange(store);
      return exchange.unable(await boundStore(bindings, store, UNDISTURBED));
    },
    converts: async (store) => {
      const [exchange, there] = await live(store, UNDISTURBED);
      return exchange.converts?.(there);
    },
    room: async (store, bytes) => {
      const [exchange, there] = await live(store, UNDISTURBED);
      return exchange.room?.(there, bytes) ?? { known: false };
    },
    writeFence: async ({ store, token }, waiting) => {
      await refuseSuperseded(bindings, store, token, waiting);
      const [exchange, there] = await live(store, waiting);
      return exchange.writeFence(there, token, waiting);
    },
    liftFence: async ({ store, token }, waiting) => {
      await refuseSuperseded(bindings, store, token, waiting);
      const [exchange, there] = await live(store, waiting);
      await exchange.liftFence(there, token, waiting);
    },
    writePosition: async (store, waiting) => {
      const [exchange, there] = await live(store, waiting);
      return exchange.writePosition(there, waiting);
    },
    exchangePlan: async ({ copy, store }, waiting) => {
      const [exchange, there] = await live(store, waiting);
      return exchange.plan(there, (await copies.find(copy)).folder, waiting);
    },
    exchange: async ({ store, plan, token, since }, waiting) => {
      await refuseSuperseded(bindings, store, token, waiting);
      const [exchange, there] = await live(store, waiting);
      const exchanged = await exchange.exchange(there, plan, token, waiting);
      if (plan.kind !== 'binding') return exchanged;
      await record(bindings, store, { place: { database: plan.to }, token, since }, waiting);
      return exchanged;
    },
    lossAgainst: async ({ target: { copy, store }, quarantined }, waiting) => {
      const [exchange, there] = await live(store, waiting);
      return exchange.loss(there, (await copies.find(copy)).folder, quarantined, waiting);
    },
    ...lostIn({ stores, bindings, copies }),
    ...keptIn({ stores, bindings }, live),
    flush: async ({ store, token }, waiting) => {
      if (store.settings.role !== 'derived') throw notDerived(store);
      const [exchange, there] = await live(store, waiting);
      return exchange.flush(there, token, waiting);
    },
  };
}

type Parts = Pick<ExchangesInput, 'stores' | 'bindings'>;

/** Works with the exchange of a kind on the datastore as it is today. */
type Live = (store: DatastoreRef, waiting: Waiting) => Promise<[StoreExchange, DatastoreRef]>;

function keptIn(
  { stores, bindings }: Parts,
  live: Live,
): Pick<ExchangesPort, 'quarantined' | 'removeQuarantined'> {
  return {
    quarantined: async (store, waiting) => {
      const { quarantine } = stores[store.settings.kind].exchange ?? {};
      if (quarantine === undefined) return [];
      return quarantine.list(await boundStore(bindings, store, waiting), waiting);
    },
    removeQuarantined: async ({ store, name }, waiting) => {
      const [{ quarantine }, there] = await live(store, waiting);
      await quarantine?.remove(there, name, waiting);
    },
  };
}

function lostIn({
  stores,
  bindings,
  copies,
}: Parts & { copies: Copies }): Pick<ExchangesPort, 'lost' | 'bind' | 'lacking'> {
  return {
    lost: async ({ store, place }) => {
      const elsewhere = elsewhereOr(stores[store.settings.kind], store);
      const now = await boundStore(bindings, store, UNDISTURBED);
      const answers = await elsewhere.answers(now);
      const unable = isAt(now, place)
        ? `${store.datastore} is there already; name another place`
        : await elsewhere.unable(placedAt(store, place));
      return { ...(answers !== undefined && { answers }), ...(unable !== undefined && { unable }) };
    },
    bind: async ({ target: { copy, store }, place, token, since }, waiting) => {
      const elsewhere = elsewhereOr(stores[store.settings.kind], store);
      await elsewhere.open((await copies.find(copy)).folder, waiting);
      await record(bindings, store, { place, token, since }, waiting);
    },
    lacking: async ({ copy, store }, waiting) =>
      elsewhereOr(stores[store.settings.kind], store).lacks(
        (await copies.find(copy)).folder,
        waiting,
      ),
  };
}

/** The datastore is at this place from now on; fields that it does not name stay as an earlier record says. */
async function record(
  bindings: BindingsPort,
  { system, datastore }: DatastoreRef,
  { place, token, since }: { place: BoundPlace; token: EpochToken; since: string | undefined },
  waiting: Waiting,
): Promise<void> {
  if (since === undefined) throw new Failure('Broken', 'a binding without its time');
  const { epoch, operation } = token;
  const there = await bindings.read({ system, datastore }, waiting);
  await bindings.put(
    {
      ...{ schema: 'fairlead/binding/v1', system, datastore, epoch, operation },
      place: { ...there?.place, ...place },
      // Tried again it says the same, with the time of the first try.
      since: there?.epoch === epoch ? there.since : since,
    },
    waiting,
  );
}

/** Throws Superseded where somebody with a higher epoch has bound it since. */
async function refuseSuperseded(
  bindings: BindingsPort,
  { system, datastore }: DatastoreRef,
  { epoch, operation }: EpochToken,
  waiting: Waiting,
): Promise<void> {
  const there = await bindings.read({ system, datastore }, waiting);
  if (there === undefined || there.epoch <= epoch) return;
  const message = `changing ${system}/${datastore} for ${operation} at epoch ${epoch}: ${there.operation} bound it since, at epoch ${there.epoch}`;
  throw new Failure('Superseded', message, { found: there });
}

function isAt({ settings }: DatastoreRef, place: BoundPlace): boolean {
  const fields = Object.entries(settings);
  return Object.entries(place).every(([field, value]) =>
    fields.some(([name, found]) => name === field && found === value),
  );
}

function notDerived({ datastore }: DatastoreRef): Failure {
  const message = `flushing ${datastore}: it is a primary datastore, and what it holds can be made from nothing; only a derived one is flushed`;
  return new Failure('Refused', message);
}

/** Throws Unsupported where nothing can be restored at another place. */
export function elsewhereOr(
  { exchange }: Store,
  { datastore, settings }: DatastoreRef,
): NonNullable<StoreExchange['elsewhere']> {
  if (exchange?.elsewhere !== undefined) return exchange.elsewhere;
  const message = `restoring ${datastore} into another place: a datastore of kind ${settings.kind} is not restored into one that is prepared, as yet; make a new server, load its backup there ("fairlead recover SYSTEM --dry-run --format commands" has the commands), and name it in the system file`;
  throw new Failure('Unsupported', message);
}

/** What a person is told of a kind that has no such verbs yet. */
export function noExchange({ datastore, settings }: DatastoreRef): string {
  return `${datastore} cannot be exchanged: a datastore of kind ${settings.kind} is only restored apart from everything live, as yet`;
}
