// Datastores of kind `firestore`: every document of a database as a line of text, restored into an emulator of the copy's
// own. Used through the registry.
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { DatastoreRef } from '../../ports/backups.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { contentDifferences } from '../../domain/backup/compare-contents.ts';
import { Failure } from '../../domain/failure.ts';
import { parsedJson, textAt } from '../../domain/json.ts';
import { dumpIn, streamed } from '../artefact.ts';
import { databaseOfCopy, exchangeByBinding, serverOfCopy } from '../documents/by-binding.ts';
import { PASSWORD_FILE, runningAt } from '../scratch-server.ts';
import { keepOf, type Artefact, type Store } from '../store.ts';
import { oneValue } from './ask.ts';
import { firestoreByHand } from './by-hand.ts';
import {
  liveFirestore,
  withFirestore,
  type Firestore,
  type FirestoreAddress,
} from './connection.ts';
import { databasesIn } from './databases.ts';
import { addHeartbeat, newestHeartbeat } from './heartbeat.ts';
import { loadDocuments, readLines } from './load-documents.ts';
import { lossBetween, openForReading } from './look.ts';
import { namedDocuments } from './named.ts';
import { copyAddress, emulatorProgram, startEmulator } from './scratch-emulator.ts';
import { serviceBackupsOf } from './service-backups.ts';
import { firestore } from './settings.ts';
import { DUMP, readContents, takeDocuments, tally } from './take-documents.ts';

export interface FirestoreInput {
  /** The worker's: FIRESTORE_EMULATOR_HOST. */
  env: Readonly<Record<string, string | undefined>>;
  clock: Pick<Clock, 'now'>;
  /** Where the emulator is looked for first. */
  programs?: readonly string[];
}

export function createFirestoreStore({ env, clock, programs = [] }: FirestoreInput): Store {
  const sides = createSides(env);
  const { live, copyAt, inCopy } = sides;
  const readingOf = ({ settings: { pointInTimeRecovery: wholeMinute = false } }: DatastoreRef) => ({
    clock,
    wholeMinute,
  });
  const start = async (store: DatastoreRef, folder: string, waiting: Waiting) => {
    // A service looks for it by the names that it has live.
    const { project, database } = live(store);
    const program = await emulatorProgram(programs);
    return startEmulator(folder, { program, project, database }, waiting);
  };
  return {
    capabilities: firestore.capabilities,
    place: async (store) => {
      const { host, port } = live(store);
      return { datastore: store.datastore, kind: 'address', host, port };
    },
    backup: (store, { write }, waiting) =>
      takeDocuments(live(store), readingOf(store), write, waiting),
    examine: examineDocuments,
    restore: async (artefact, folder, waiting) => {
      const { store } = streamed(artefact);
      const beside = await databaseOfCopy(folder);
      const address = beside === undefined ? await start(store, folder, waiting) : live(beside);
      await withFirestore(address, waiting.signal, (copy) =>
        loadDocuments(copy, dumpIn(artefact, DUMP, waiting), waiting),
      ).catch((error: unknown) => {
        throw withRemedy(address, error);
      });
    },
    empty: async (store, folder, waiting) => {
      await start(store, folder, waiting);
    },
    address: async (folder) => {
      const own = await serverOfCopy(folder);
      const { host, port, database } = await copyAt(folder);
      const login = { fields: { database }, passwordFile: join(folder, PASSWORD_FILE) };
      return { kind: 'address', of: 'firestore', host, port, login, ...own };
    },
    fingerprint: (store, waiting) => readContents(live(store), readingOf(store), waiting),
    fingerprintCopy: async (folder, waiting) =>
      readContents(await copyAt(folder), { clock }, waiting),
    ask: (folder, query, waiting) => inCopy(folder, waiting, (copy) => oneValue(copy, query)),
    named: (path, waiting) => namedDocuments(path, waiting),
    byHand: firestoreByHand,
    exchange: exchangeByBinding(databasesIn(live, clock), clock),
    serviceBackups: (store, waiting) => serviceBackupsOf(live(store), waiting),
    ...besideIn(sides, clock),
  };
}

/** The live database, and the one of a copy by its folder. */
function createSides(env: FirestoreInput['env']) {
  const live = (store: DatastoreRef) => liveFirestore(store, env);
  const copyAt = async (folder: string): Promise<FirestoreAddress> => {
    const beside = await databaseOfCopy(folder);
    return beside === undefined ? runningAt(folder, copyAddress) : live(beside);
  };
  return {
    live,
    copyAt,
    inLive: <T>(store: DatastoreRef, { signal }: Waiting, work: (there: Firestore) => Promise<T>) =>
      withFirestore(live(store), signal, work),
    inCopy: async <T>(folder: string, { signal }: Waiting, work: (copy: Firestore) => Promise<T>) =>
      withFirestore(await copyAt(folder), signal, work),
  };
}

function besideIn(
  { inLive, inCopy }: ReturnType<typeof createSides>,
  clock: Pick<Clock, 'now'>,
): Required<Pick<Store, 'look' | 'heartbeats'>> {
  return {
    look: {
      loss: (store, folder, waiting) =>
        inLive(store, waiting, (there) =>
          inCopy(folder, waiting, (here) => lossBetween(there, here, clock, waiting)),
        ),
      open: (_, folder) => openForReading(folder),
    },
    heartbeats: {
      write: async (store, waiting) => {
        const keep = keepOf(store);
        return inLive(store, waiting, (there) => addHeartbeat(there, keep, clock));
      },
      newest: (folder, waiting) => inCopy(folder, waiting, newestHeartbeat),
    },
  };
}

/** Nobody but its administration makes a database of Google's. */
function withRemedy({ project, database }: FirestoreAddress, error: unknown): unknown {
  if (!(error instanceof Failure) || error.kind !== 'NotFound') return error;
  const make = `gcloud firestore databases create --project=${project} --database='${database}' --location=LOCATION`;
  return new Failure(
    'NotFound',
    `${error.message} Make it where the live one is, then retry: ${make}`,
  );
}

/** Reads all of it: its end, its one database, and that it has the documents of which the manifest tells. */
async function examineDocuments(artefact: Artefact, waiting: Waiting): Promise<string[]> {
  const { contents } = artefact.manifest;
  const seen = tally();
  try {
    await readLines(dumpIn(artefact, DUMP, waiting), (text) => {
      seen.see(textAt(parsedJson(text), 'name') ?? '', text);
    });
    return contentDifferences(contents, seen.contents());
  } catch (error) {
    if (error instanceof Failure && error.kind === 'CheckFailed') return [error.message];
    throw error;
  }
}
