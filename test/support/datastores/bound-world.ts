// Worlds for the contract of exchanges of kinds that recover by binding: an application finds its database by the record.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createBackups } from '../../../src/datastores/backups.ts';
import { boundStore, createBindings } from '../../../src/datastores/bindings.ts';
import { createExchanges } from '../../../src/datastores/exchanges.ts';
import { createStores } from '../../../src/datastores/registry.ts';
import type { DatastoreRef } from '../../../src/ports/backups.ts';
import { passableFolder } from './datastores.ts';
import { SINCE, type ExchangeWorld } from './exchange-contracts.ts';
import { waiting } from '../local-daemon.ts';
import { createMemoryObjects } from '../memory/memory-objects.ts';

const clock = { now: () => Date.now(), sleep: async () => undefined };

export interface Reached {
  read: (database: string, key: string) => Promise<string | undefined>;
  write: (database: string, key: string, text: string) => Promise<void>;
}

export interface BoundInput extends Reached {
  store: DatastoreRef;
  env?: Record<string, string>;
  programs?: readonly string[];
}

export async function boundWorld(
  t: TestContext,
  { store, env = {}, programs = [], read, write }: BoundInput,
): Promise<ExchangeWorld & { bindings: ReturnType<typeof createBindings> }> {
  const root = await passableFolder('fairlead-bound-');
  const secrets = { env, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };
  const stores = createStores({ clock, secrets, programs });
  const objects = createMemoryObjects();
  const bindings = createBindings(objects);
  const copies = join(root, 'copies');
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  t.after(async () => {
    for (const { copy } of await backups.copies()) await backups.discard(copy, waiting());
    await rm(root, { recursive: true, force: true });
  });
  const database = async (): Promise<string> =>
    (await boundStore(bindings, store, waiting())).settings.database ?? '';
  return {
    ...{ store, backups, bindings },
    exchanges: createExchanges({ stores, bindings, copies }),
    read: async (key) => read(await database(), key),
    write: async (key, text) => write(await database(), key, text),
    meddle: () =>
      bindings.put(
        {
          ...{ schema: 'fairlead/binding/v1', system: store.system, datastore: store.datastore },
          ...{
            place: { database: 'somewhere-else' },
            epoch: 1,
            since: SINCE,
            operation: 'a person',
          },
        },
        waiting(),
      ),
    // Until the record is there nothing is changed.
    halfAnExchange: async () => undefined,
    isOpen: true,
  };
}
