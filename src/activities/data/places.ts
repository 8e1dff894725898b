// Reads where the datastores of a system are today, for the plan that is made from it.
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { placeOf, type BoundPlaces } from '../../domain/recovery/binding.ts';
import type { BackupsPort } from '../../ports/backups.ts';
import type { BindingsPort } from '../../ports/bindings.ts';
import type { Call } from '../call.ts';

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
  const { name: system, directory } = loaded;
  const places = await Promise.all(
    Object.entries(loaded.system.datastores ?? {}).map(async ([datastore, settings]) => {
      const by = await bindings.read({ system, datastore }, call);
      const can = backups.capabilities({ system, datastore, directory, settings });
      return [datastore, { place: placeOf(settings, can, by), by: by ?? null }] as const;
    }),
  );
  return { ...loaded, places: Object.fromEntries(places) };
}
