// Every kind of datastore there is, by the name that a system file gives it. Made once, by the worker.
import type { Clock } from '../ports/clock.ts';
import type { DatastoreKind } from '../config/kinds.ts';
import type { SecretSources } from '../integrations/secret-value.ts';
import { createFilesStore } from './files/store.ts';
import { createFirestoreStore } from './firestore/store.ts';
import { createMongoStore } from './mongodb/store.ts';
import { createPostgresStore } from './postgres/store.ts';
import { createRedisStore } from './redis/store.ts';
import type { Store } from './store.ts';

export interface StoresInput {
  secrets: SecretSources;
  clock: Clock;
  /** Folders in which programs of datastores are looked for first. */
  programs?: readonly string[];
}

export function createStores({ clock, secrets, programs = [] }: StoresInput) {
  return {
    files: createFilesStore(clock),
    firestore: createFirestoreStore({ env: secrets.env, clock, programs }),
    mongodb: createMongoStore({ secrets, clock, programs }),
    postgres: createPostgresStore({ secrets, clock, programs }),
    redis: createRedisStore({ secrets, clock, programs }),
  } satisfies Record<DatastoreKind, Store>;
}
