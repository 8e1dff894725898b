// Datastores of kind `mongodb`: an archive of mongodump, restored by mongorestore into a server of the copy's own. What a
// dump holds is counted from its own bytes. Used through the registry.
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { Fingerprint } from '../../ports/backups.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { contentDifferences } from '../../domain/backup/compare-contents.ts';
import { Failure } from '../../domain/failure.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import { dumpIn, streamed } from '../artefact.ts';
import { databaseOfCopy, exchangeByBinding, serverOfCopy } from '../documents/by-binding.ts';
import { PASSWORD_FILE, runningAt } from '../scratch-server.ts';
import { addressOf, keepOf, type Artefact, type Store } from '../store.ts';
import { findProgram } from '../tool.ts';
import { readArchive } from './archive.ts';
import { oneValue } from './ask.ts';
import { mongoByHand } from './by-hand.ts';
import { liveMongo, withMongo, type MongoAddress } from './connection.ts';
import { readContents } from './contents.ts';
import { lackingInFerretdb } from './ferretdb-lacks.ts';
import { addHeartbeat, newestHeartbeat } from './heartbeat.ts';
import { databasesIn } from './databases.ts';
import { databaseIn, loadDump } from './load-dump.ts';
import { lossBetween, openForReading } from './look.ts';
import { namedArchive } from './named.ts';
import { isFerretdb, letExpire, mongoAddress, serverProgram, startMongo } from './scratch-mongo.ts';
import { pointFrom, versionOf } from './server.ts';
import { mongodb } from './settings.ts';
import { DUMP, takeDump, tally } from './take-dump.ts';

export interface MongoInput {
  secrets: SecretSources;
  clock: Pick<Clock, 'now'>;
  /** Where its programs are looked for first. */
  programs?: readonly string[];
}

export function createMongoStore({ secrets, clock, programs = [] }: MongoInput): Store {
  const copyAt = async (folder: string): Promise<MongoAddress> => {
    const beside = await databaseOfCopy(folder);
    return beside === undefined ? runningAt(folder, mongoAddress) : liveMongo(beside, secrets);
  };
  const inCopy = async <T>(
    folder: string,
    waiting: Waiting,
    work: Parameters<typeof withMongo<T>>[2],
  ) => withMongo(await copyAt(folder), waiting.signal, work);
  const lossAt: NonNullable<Store['look']>['loss'] = async (store, folder, waiting) =>
    withMongo(await liveMongo(store, secrets), waiting.signal, (live) =>
      inCopy(folder, waiting, (copy) => lossBetween(live, copy, waiting)),
    );
  return {
    capabilities: mongodb.capabilities,
    place: async (store) => addressOf(store, mongodb.capabilities.defaultPlace),
    backup: async (store, { write }, waiting, scratch) => {
      const address = await liveMongo(store, secrets);
      const program = await findProgram('mongodump', programs);
      return scratch((folder) => takeDump({ address, clock, program }, write, folder, waiting));
    },
    examine: examineDump,
    restore: async (artefact, folder, waiting) => {
      const restore = await findProgram('mongorestore', programs);
      const address =
        (await besideFor(artefact, folder, secrets, waiting)) ??
        (await scratchFor(artefact, folder, programs, waiting));
      const read = () => dumpIn(artefact, DUMP, waiting);
      await loadDump({ program: restore, address, folder, read }, waiting);
    },
    empty: async ({ datastore, settings: { database = datastore } }, folder, waiting) => {
      await startMongo(folder, { program: await serverProgram(programs), database }, waiting);
    },
    address: async (folder) => {
      const own = await serverOfCopy(folder);
      const { host, port, database, user = '' } = await copyAt(folder);
      const login = { fields: { user, database }, passwordFile: join(folder, PASSWORD_FILE) };
      return { kind: 'address', of: 'mongodb', host, port, login, ...own };
    },
    handOver: letExpire,
    fingerprint: async (store, waiting) =>
      fingerprintOf(await liveMongo(store, secrets), clock, waiting),
    fingerprintCopy: async (folder, waiting) => fingerprintOf(await copyAt(folder), clock, waiting),
    ask: (folder, query, waiting) => inCopy(folder, waiting, (db) => oneValue(db, query)),
    named: (path, waiting) => namedArchive(path, waiting),
    byHand: mongoByHand,
    exchange: exchangeByBinding(databasesIn(secrets), clock),
    look: { loss: lossAt, open: (_, folder, waiting) => openForReading(folder, waiting) },
    heartbeats: {
      write: async (store, waiting) => {
        const keep = keepOf(store);
        return withMongo(await liveMongo(store, secrets), waiting.signal, (db) =>
          addHeartbeat(db, keep, clock),
        );
      },
      newest: (folder, waiting) => inCopy(folder, waiting, newestHeartbeat),
    },
  };
}

async function fingerprintOf(
  address: MongoAddress,
  clock: Pick<Clock, 'now'>,
  waiting: Waiting,
): Promise<Fingerprint> {
  return withMongo(address, waiting.signal, async (db) => {
    const point = await pointFrom(db, clock);
    const contents = await readContents(db, waiting);
    return { contents, at: await point() };
  });
}

/** The database of the live server that the copy is to be; undefined for one with a server of its own. */
async function besideFor(
  artefact: Artefact,
  folder: string,
  secrets: SecretSources,
  waiting: Waiting,
): Promise<MongoAddress | undefined> {
  const beside = await databaseOfCopy(folder);
  if (beside === undefined) return undefined;
  const address = await liveMongo(beside, secrets);
  const server = await withMongo(address, waiting.signal, versionOf);
  if (server.startsWith('FerretDB')) refuseLacking(artefact.manifest);
  return address;
}

async function scratchFor(
  artefact: Artefact,
  folder: string,
  programs: readonly string[],
  waiting: Waiting,
): Promise<MongoAddress> {
  const { manifest, store } = streamed(artefact);
  const program = await serverProgram(programs);
  if (isFerretdb(program)) refuseLacking(manifest);
  // A service looks for it by the name that it has live.
  const { database = store.datastore } = store.settings;
  return startMongo(folder, { program, database }, waiting);
}

type Lacking = Pick<Artefact['manifest'], 'id' | 'contents'>;

/** Before anything is loaded: it would leave out some of it without a word. */
function refuseLacking({ id, contents }: Lacking): void {
  const [first, ...others] = lackingInFerretdb(contents.definitions);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `, and ${others.length} more like it`;
  const message = `${id} cannot be loaded into FerretDB, which is what is here: ${first}${more}; install mongod, of the version that it was taken from or a newer one, where the worker runs`;
  throw new Failure('Unsupported', message);
}

/** Reads all of it: its end, its one database, and that it has the documents of which the manifest tells. */
async function examineDump(artefact: Artefact, waiting: Waiting): Promise<string[]> {
  const { source, contents } = artefact.manifest;
  const seen = tally();
  try {
    const database = databaseIn(await readArchive(dumpIn(artefact, DUMP, waiting), seen.reader));
    // A file that somebody named is not called as a database.
    const expected = /^mongodb:.*\/([^/]*)$/.exec(source)?.[1];
    if (expected !== undefined && expected !== database) {
      return [`the dump is of the database ${database}, and the manifest says ${expected}`];
    }
    const parts = seen.parts(contents.parts.map(({ name }) => name));
    return contentDifferences(contents, { ...contents, parts });
  } catch (error) {
    if (error instanceof Failure && error.kind === 'CheckFailed') return [error.message];
    throw error;
  }
}
