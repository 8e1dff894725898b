// Datastores as a system file declares them, with everything that it may leave out.
import type { DatastoreRef } from '../../src/activities/ports-data.ts';
import { datastoreSchema, type Datastore } from '../../src/config/datastores.ts';
import type { z } from 'zod';

export function datastoreRef(
  datastore: string,
  directory: string,
  settings: z.input<typeof datastoreSchema>,
): DatastoreRef {
  const parsed: Datastore = datastoreSchema.parse(settings);
  return { system: 'shop', datastore, directory, settings: parsed };
}
