// Where a datastore is today: a record beside the catalogue says so once it is another place than the system file names.
// Services are told through `{{binding.orders.database}}` and its like in their configuration.
import type { Datastore } from '../../config/datastores.ts';
import type { DatastoreCapabilities, PlaceField } from '../capabilities.ts';
import { replaced } from '../text/placeholders.ts';

/** The fields of a datastore's settings that say where it is; those that are not named are as the system file says. */
export type BoundPlace = Readonly<Partial<Record<PlaceField, string | number>>>;

export interface BindingRecord {
  schema: 'fairlead/binding/v1';
  system: string;
  datastore: string;
  place: BoundPlace;
  /** The epoch of the operation that bound it: a record with a lower one never counts. */
  epoch: number;
  /** ISO 8601. */
  since: string;
  operation: string;
}

/** The places of a system's datastores, by their names: what is bound by a record, and what the system file says. */
export type BoundPlaces = Readonly<Record<string, { place: BoundPlace; by: BindingRecord | null }>>;

/** The settings of a datastore with the place that it has today. */
export function boundSettings<Settings extends Datastore>(
  settings: Settings,
  record: Pick<BindingRecord, 'place'> | undefined,
): Settings {
  return record === undefined ? settings : { ...settings, ...record.place };
}

/** Every field of a datastore's place, as it is today. */
export function placeOf(
  settings: Datastore,
  { place, defaultPlace }: Pick<DatastoreCapabilities, 'place' | 'defaultPlace'>,
  record: BindingRecord | undefined,
): BoundPlace {
  const all = { ...defaultPlace, ...boundSettings(settings, record) };
  return Object.fromEntries(
    place.flatMap((field) => {
      const value = all[field];
      return value === undefined ? [] : [[field, value]];
    }),
  );
}

const BINDING = /^binding\.([^.\s]+)\.([^.\s]+)$/;

/** `binding.orders.database` without its braces; undefined for anything else. */
function bindingPlaceholder(name: string): { datastore: string; field: string } | undefined {
  const [, datastore, field] = BINDING.exec(name) ?? [];
  return datastore === undefined || field === undefined ? undefined : { datastore, field };
}

/** `text` with every field of a place in its placeholder's stead. `folder` says where a directory lies. */
export function filledPlaces(
  text: string,
  places: BoundPlaces,
  folder = (directory: string): string => directory,
): string {
  return replaced(text, (name) => {
    const { datastore = '', field = '' } = bindingPlaceholder(name) ?? {};
    const place: Readonly<Record<string, string | number | undefined>> =
      places[datastore]?.place ?? {};
    const value = place[field];
    if (value === undefined) return undefined;
    return field === 'directory' ? folder(String(value)) : String(value);
  });
}

/** The places of datastores that a binding says; none for those that are where the system file says. */
export function boundPlaces(
  places: BoundPlaces,
  datastores: readonly string[],
): Record<string, BoundPlace> {
  return Object.fromEntries(
    datastores.flatMap((name) => {
      const there = places[name];
      return there?.by == null ? [] : [[name, there.place]];
    }),
  );
}
