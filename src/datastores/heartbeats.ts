// The port to heartbeats over the kinds of datastores that take any. Made once, by the worker.
import type { HeartbeatPort } from '../ports/heartbeats.ts';
import { Failure } from '../domain/failure.ts';
import type { Stores } from './store.ts';
import type { BindingsPort } from '../ports/bindings.ts';
import { boundStore } from './bindings.ts';
import { createCopies } from './copies.ts';

export interface HeartbeatsInput {
  stores: Stores;
  /** Where datastores are today. */
  bindings: BindingsPort;
  /** Absolute folder of copies. */
  copies: string;
}

export function createHeartbeats({
  stores,
  bindings,
  copies: root,
}: HeartbeatsInput): HeartbeatPort {
  const copies = createCopies(root);
  return {
    write: async (store, waiting) => {
      const { kind } = store.settings;
      const { heartbeats } = stores[kind];
      if (heartbeats !== undefined) {
        return heartbeats.write(await boundStore(bindings, store, waiting), waiting);
      }
      throw new Failure('Unsupported', `a datastore of kind ${kind} takes no canary records`);
    },
    newest: async ({ copy, store }, waiting) => {
      const { heartbeats } = stores[store.settings.kind];
      if (heartbeats === undefined) return null;
      const { folder } = await copies.find(copy);
      return heartbeats.newest(folder, waiting);
    },
  };
}
