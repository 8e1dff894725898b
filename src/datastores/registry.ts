// Every kind of datastore there is, by the name that a system file gives it. Made once, by the worker.
import type { Clock } from '../activities/ports.ts';
import type { DatastoreKind } from '../config/datastores.ts';
import type { SecretSources } from '../integrations/secret-value.ts';
import { createFilesStore } from './files/store.ts';
import type { Store } from './store.ts';

export interface StoresInput {
  secrets: SecretSources;
  clock: Clock;
}

export function createStores({ clock }: StoresInput) {
  return {
    files: createFilesStore(clock),
    postgres: createFilesStore(clock),
    redis: createFilesStore(clock),
  } satisfies Record<DatastoreKind, Store>;
}
