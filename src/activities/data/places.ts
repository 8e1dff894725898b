// Reads where the datastores of a system are today, for the plan that is made from it.
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { placeOf, type BoundPlaces } from '../../domain/recovery/binding.ts';
import type { BackupsPort } from '../../ports/backups.ts';
import type { BindingsPort } from '../../ports/bindings.ts';
import type { Call } from '../call.ts';
import { datastoreRefs } from './datastore-refs.ts';

export interface PlacesPorts {
  backups: Pick<BackupsPort, 'capabilities'>;
  bindings: BindingsPort;
}

/** The system with the places of all its datastores: what a record says, else the system file. */
export async function withPlaces(
  loaded: LoadedSystem,
  call: Call,
  { backups, bindings }: PlacesPorts,
): Promise<LoadedSystem & { places: BoundPlaces }> {
  const places = await Promise.all(
    datastoreRefs(loaded).map(async (store) => {
      const { system, datastore, settings } = store;
      const by = await bindings.read({ system, datastore }, call);
      const can = backups.capabilities(store);
      return [datastore, { place: placeOf(settings, can, by), by: by ?? null }] as const;
    }),
  );
  return { ...loaded, places: Object.fromEntries(places) };
}
