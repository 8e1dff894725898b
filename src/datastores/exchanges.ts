// The port to recovering live datastores over the kinds whose live one can be exchanged. Made once, by the worker.
import type { ExchangesPort } from '../ports/exchanges.ts';
import type { DatastoreRef } from '../ports/backups.ts';
import type { BindingsPort } from '../ports/bindings.ts';
import type { Waiting } from '../ports/waiting.ts';
import { UNDISTURBED } from '../integrations/json-objects.ts';
import { Failure } from '../domain/failure.ts';
import type { Stores } from './store.ts';
import { boundStore } from './bindings.ts';
import { createCopies } from './copies.ts';
import type { StoreExchange } from './store.ts';

export interface ExchangesInput {
  stores: Stores;
  /** Where datastores are today. */
  bindings: BindingsPort;
  /** Absolute folder of copies. */
  copies: string;
}

export function createExchanges({ stores, bindings, copies: root }: ExchangesInput): ExchangesPort {
  const copies = createCopies(root);
  const live = async (
    store: DatastoreRef,
    waiting: Waiting,
  ): Promise<[StoreExchange, DatastoreRef]> => {
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
    room: async (store, bytes) => {
      const [exchange, there] = await live(store, UNDISTURBED);
      return exchange.room?.(there, bytes);
    },
    writeFence: async ({ store, token }, waiting) => {
      const [exchange, there] = await live(store, waiting);
      return exchange.writeFence(there, token, waiting);
    },
    liftFence: async ({ store, token }, waiting) => {
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
    exchange: async ({ store, plan, token }, waiting) => {
      const [exchange, there] = await live(store, waiting);
      return exchange.exchange(there, plan, token, waiting);
    },
    lossAgainst: async ({ target: { copy, store }, quarantined }, waiting) => {
      const [exchange, there] = await live(store, waiting);
      return exchange.loss(there, (await copies.find(copy)).folder, quarantined, waiting);
    },
    quarantined: async (store, waiting) => {
      const { quarantine } = stores[store.settings.kind].exchange ?? {};
      if (quarantine === undefined) return [];
      return quarantine.list(await boundStore(bindings, store, waiting), waiting);
    },
    removeQuarantined: async ({ store, name }, waiting) => {
      const [{ quarantine }, there] = await live(store, waiting);
      await quarantine?.remove(there, name, waiting);
    },
    flush: async ({ store, token }, waiting) => {
      if (store.settings.role !== 'derived') throw notDerived(store);
      const [exchange, there] = await live(store, waiting);
      return exchange.flush(there, token, waiting);
    },
  };
}

function notDerived({ datastore }: DatastoreRef): Failure {
  const message = `flushing ${datastore}: it is a primary datastore, and what it holds can be made from nothing; only a derived one is flushed`;
  return new Failure('Refused', message);
}

/** What a person is told of a kind that has no such verbs yet. */
export function noExchange({ datastore, settings }: DatastoreRef): string {
  return `${datastore} cannot be exchanged: a datastore of kind ${settings.kind} is only restored apart from everything live, as yet`;
}
