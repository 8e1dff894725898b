// Databases of one project, for an exchange by binding.
import type { Clock } from '../../ports/clock.ts';
import type { DatastoreRef } from '../../ports/backups.ts';
import { Failure } from '../../domain/failure.ts';
import { UNDISTURBED } from '../../integrations/json-objects.ts';
import type { Databases } from '../documents/by-binding.ts';
import { sourceOf, withFirestore, type FirestoreAddress } from './connection.ts';
import { lossBetween } from './look.ts';
import { databaseLeft, makeDatabase, unableToMake } from './make-database.ts';
import { isEmpty, serverTime } from './reading.ts';
import { removeDocuments } from './remove-documents.ts';
import { readContents } from './take-documents.ts';

export function databasesIn(
  addressOf: (store: DatastoreRef) => FirestoreAddress,
  clock: Pick<Clock, 'now'>,
): Databases {
  return {
    nameOf: (store) => addressOf(store).database,
    holds: async (store, { signal }) => {
      try {
        return await withFirestore(addressOf(store), signal, async (there) =>
          (await isEmpty(there)) ? undefined : 'documents',
        );
      } catch (error) {
        if (error instanceof Failure && error.kind === 'NotFound') return undefined;
        throw error;
      }
    },
    remove: (store, waiting) =>
      withFirestore(addressOf(store), waiting.signal, (there) =>
        removeDocuments(there, clock, waiting),
      ),
    contents: async (store, waiting) =>
      (await readContents(addressOf(store), { clock }, waiting)).contents,
    loss: (there, here, waiting) =>
      withFirestore(addressOf(there), waiting.signal, (live) =>
        withFirestore(addressOf(here), waiting.signal, (copy) =>
          lossBetween(live, copy, clock, waiting),
        ),
      ),
    answers: async (store) => {
      const address = addressOf(store);
      try {
        await withFirestore(address, UNDISTURBED.signal, serverTime);
        return `${sourceOf(address)} answers`;
      } catch (error) {
        // Who is refused was answered, too.
        if (error instanceof Failure && error.kind === 'Unavailable') return undefined;
        return `${sourceOf(address)} answers`;
      }
    },
    service: {
      unable: (store, asked, waiting) =>
        unableToMake(addressOf(store), asked, clock.now(), waiting),
      left: (there, waiting) => databaseLeft(addressOf(there), waiting),
      make: (store, asked, there, waiting) =>
        makeDatabase(addressOf(store), asked, addressOf(there).database, waiting),
    },
  };
}
