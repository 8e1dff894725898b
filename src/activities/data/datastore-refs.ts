// Datastores of a loaded system, as the ports are told which one is meant.
import { datastoreIn } from '../../domain/backup/rung-steps.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { DatastoreRef } from '../../ports/backups.ts';

/** Throws NotFound with the datastores that there are. */
export function datastoreRef(loaded: LoadedSystem, datastore: string): DatastoreRef {
  const { name: system, directory } = loaded;
  return { system, datastore, directory, settings: datastoreIn(loaded, datastore) };
}

/** All datastores of a system, in the order of its file. */
export function datastoreRefs(loaded: LoadedSystem): DatastoreRef[] {
  return Object.keys(loaded.system.datastores ?? {}).map((name) => datastoreRef(loaded, name));
}
