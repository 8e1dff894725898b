// Copies that people look into: where they go, what differs from what is live, how they are kept; and what is asked of one
// datastore or copy. Parts of the backups port.
import { Failure } from '../domain/failure.ts';
import type { BackupsPort, DatastoreRef } from '../ports/backups.ts';
import type { BindingsPort } from '../ports/bindings.ts';
import { boundStore } from './bindings.ts';
import type { Copies } from './copies.ts';
import { noExchange } from './exchanges.ts';
import type { Store, StoreExchange, Stores } from './store.ts';

interface Parts {
  stores: Stores;
  bindings: BindingsPort;
  copies: Copies;
}

export function lookInto({
  stores,
  bindings,
  copies,
}: Parts): Pick<BackupsPort, 'placeForCopy' | 'lossAgainstLive' | 'keep'> {
  return {
    placeForCopy: async (store, waiting) => {
      const kind = stores[store.settings.kind];
      lookOf(kind, store);
      if (kind.capabilities.look === 'apart') return { into: 'scratch', why: apart(store) };
      // What is live may be away: that is what a copy is looked into for.
      const there = await boundStore(bindings, store, waiting);
      const why =
        (await notBeside(kind, there).catch(said)) ?? (await unconverted(kind, there).catch(said));
      return why === undefined ? { into: 'beside' } : { into: 'scratch', why };
    },
    lossAgainstLive: async ({ copy, store }, waiting) => {
      const look = lookOf(stores[store.settings.kind], store);
      const live = await boundStore(bindings, store, waiting);
      return look.loss(live, (await copies.find(copy)).folder, waiting);
    },
    keep: async ({ target: { copy, store }, until }, waiting) => {
      const look = lookOf(stores[store.settings.kind], store);
      const live = await boundStore(bindings, store, waiting);
      const view = await look.open(live, (await copies.find(copy)).folder, waiting);
      await copies.keep(copy, until);
      return view;
    },
  };
}

/** What is asked of one datastore or copy. */
export function asking({
  stores,
  bindings,
  copies,
}: Parts): Pick<BackupsPort, 'ask' | 'definitions' | 'reprint'> {
  return {
    definitions: async (store, waiting) => {
      const live = await boundStore(bindings, store, waiting);
      return (await stores[store.settings.kind].definitions?.(live, waiting)) ?? [];
    },
    ask: async ({ target, query }, waiting) => {
      const { folder } = await copies.find(target.copy);
      return stores[target.store.settings.kind].ask(folder, query, waiting);
    },
    reprint: async ({ target, definitions }, waiting) => {
      const { folder } = await copies.find(target.copy);
      const { reprint } = stores[target.store.settings.kind];
      return reprint === undefined ? [...definitions] : reprint(folder, definitions, waiting);
    },
  };
}

function lookOf(
  { look }: Store,
  { datastore, settings }: DatastoreRef,
): NonNullable<Store['look']> {
  if (look !== undefined) return look;
  const message = `recovering ${datastore} beside what is live: a copy of a datastore of kind ${settings.kind} cannot be compared with the live one yet, nor opened for reading only; prove its backup with "fairlead verify", and load it into a server of your own to look into it`;
  throw new Failure('Unsupported', message);
}

function apart({ datastore, settings }: DatastoreRef): string {
  return `${datastore} goes on: people look into a copy of a datastore of kind ${settings.kind} in a server of its own`;
}

/** Throws Unsupported where nothing can be restored beside the live datastore. */
export async function besideOr(kind: Store, store: DatastoreRef): Promise<StoreExchange> {
  const why = await notBeside(kind, store);
  if (kind.exchange !== undefined && why === undefined) return kind.exchange;
  throw new Failure('Unsupported', `restoring beside the live ${store.datastore}: ${why ?? ''}`);
}

/** Why nothing can be restored beside the live datastore. */
async function notBeside({ exchange }: Store, store: DatastoreRef): Promise<string | undefined> {
  return exchange === undefined ? noExchange(store) : exchange.unable(store);
}

/** A look changes nothing of where live data are. */
async function unconverted({ exchange }: Store, store: DatastoreRef): Promise<string | undefined> {
  const converts = await exchange?.converts?.(store);
  return converts && `${store.datastore} is a plain folder, and stays one`;
}

function said(error: unknown): string {
  if (error instanceof Failure && error.kind !== 'Unavailable') return error.message;
  throw error;
}
