// The canary port over the kinds of datastores that take canary records. Made once, by the worker.
import type { CanaryPort } from '../activities/ports-canary.ts';
import { Failure } from '../domain/failure.ts';
import type { Stores } from './backups.ts';
import { createCopies } from './copies.ts';

export interface CanariesInput {
  stores: Stores;
  /** Absolute folder of copies. */
  copies: string;
}

export function createCanaries({ stores, copies: root }: CanariesInput): CanaryPort {
  const copies = createCopies(root);
  return {
    write: async (store, waiting) => {
      const { kind } = store.settings;
      const { canary } = stores[kind];
      if (canary !== undefined) return canary.write(store, waiting);
      throw new Failure('Unsupported', `a datastore of kind ${kind} takes no canary records`);
    },
    newest: async ({ copy, store }, waiting) => {
      const { canary } = stores[store.settings.kind];
      if (canary === undefined) return null;
      const { folder } = await copies.find(copy);
      return canary.newest(folder, waiting);
    },
  };
}
