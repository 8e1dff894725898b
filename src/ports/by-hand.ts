// The port to what a person types in the place of Fairlead, for a datastore and the backup that is restored of it.
// Nothing is changed by asking, and no secret is looked up. Implemented in datastores/by-hand/.
import type { DatastoreByHand } from '../domain/by-hand/by-hand.ts';
import type { DatastoreRef } from './backups.ts';
import type { Waiting } from './waiting.ts';

export interface ByHandPort {
  /** `backup`: the id of a backup, for the steps that restore and judge it. Throws NotFound. */
  datastore(
    store: DatastoreRef,
    backup: string | undefined,
    waiting: Waiting,
  ): Promise<DatastoreByHand>;
}
