// Databases of one server, for an exchange by binding.
import { Failure } from '../../domain/failure.ts';
import { countOf } from '../../domain/text/amounts.ts';
import { UNDISTURBED } from '../../integrations/json-objects.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import type { Databases } from '../documents/by-binding.ts';
import { liveMongo, sourceOf, withMongo } from './connection.ts';
import { readContents } from './contents.ts';
import { lossBetween } from './look.ts';
import { timeOf } from './server.ts';
import { writeBlockOf } from './write-block.ts';

export function databasesIn(secrets: SecretSources): Databases {
  return {
    nameOf: ({ settings: { database = '' } }) => database,
    own: ['admin', 'config', 'local'],
    block: writeBlockOf(secrets),
    holds: async (store, { signal }) =>
      withMongo(await liveMongo(store, secrets), signal, async (db) => {
        const { length } = await db.listCollections({}, { nameOnly: true }).toArray();
        return length === 0 ? undefined : countOf(length, 'collection');
      }),
    remove: async (store, { signal }) => {
      await withMongo(await liveMongo(store, secrets), signal, (db) => db.dropDatabase());
    },
    contents: async (store, waiting) =>
      withMongo(await liveMongo(store, secrets), waiting.signal, (db) => readContents(db, waiting)),
    loss: async (there, here, waiting) => {
      const copy = await liveMongo(here, secrets);
      return withMongo(await liveMongo(there, secrets), waiting.signal, (live) =>
        withMongo(copy, waiting.signal, (restored) => lossBetween(live, restored, waiting)),
      );
    },
    answers: async (store) => {
      const address = await liveMongo(store, secrets);
      try {
        await withMongo(address, UNDISTURBED.signal, timeOf);
        return `${sourceOf(address)} answers`;
      } catch (error) {
        // Who is refused a login was answered, too.
        if (error instanceof Failure && error.kind === 'Unavailable') return undefined;
        return `${sourceOf(address)} answers`;
      }
    },
  };
}
