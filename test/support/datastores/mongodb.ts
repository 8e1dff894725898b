// A live MongoDB for as long as a test runs: the server that FAIRLEAD_TEST_MONGODB names (a connection string), with a
// database of the test's own, or a FerretDB on a free port. Its tools are found on PATH or in the cache.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { MongoClient, type Db } from 'mongodb';
import { tryListening } from '../../../src/machine/port-holder.ts';
import type { DatastoreRef } from '../../../src/ports/backups.ts';
import { datastoreRef, passableFolder } from './datastores.ts';
import { findGoPrograms } from '../go-programs.ts';
import { startServer } from './server-process.ts';
import { PATIENCE_MS } from '../patience.ts';

export const MISSING =
  'missing part: FerretDB, mongodump and mongorestore (looked on PATH and in the cache; npm run parts builds them)';
const PASSWORD = 'live-secret-of-mongodb';

export interface TestMongo {
  db: Db;
  store: DatastoreRef;
  /** What `store` reads its password from. */
  env: Record<string, string>;
  /** Folders with the programs. */
  programs: string[];
  /** Of a real MongoDB: it can do what FerretDB cannot. */
  isReal: boolean;
  client: MongoClient;
  stop: () => Promise<void>;
}

/** Undefined where a part is missing. */
export async function startTestMongo(): Promise<TestMongo | undefined> {
  const programs = mongoPrograms();
  if (programs === undefined) return undefined;
  const named = process.env['FAIRLEAD_TEST_MONGODB'];
  return named === undefined ? startedAnew(programs) : namedServer(named, programs);
}

/** A FerretDB of the caller's own, which may be stopped; undefined where a part is missing. */
export async function startOwnMongo(): Promise<TestMongo | undefined> {
  const programs = mongoPrograms();
  return programs === undefined ? undefined : startedAnew(programs);
}

/** What a process needs to reach servers of `startOwnMongo`, and their tools. */
export function mongoEnvironment(): NodeJS.ProcessEnv {
  const programs = mongoPrograms() ?? [];
  return { PATH: [...programs, process.env['PATH']].join(delimiter), MONGO: PASSWORD };
}

/** A FerretDB whose port went to somebody else, or that gave up making its user on a busy machine, never answers. */
async function startedAnew(programs: string[]): Promise<TestMongo> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ownServer(programs);
    } catch (error) {
      if (tries >= 4) throw error;
    }
  }
}

/** Folders with mongodump, mongorestore and ferretdb; undefined where one of them is missing. */
export function mongoPrograms(): string[] | undefined {
  const [tools, ferretdb] = [findGoPrograms('mongo-tools'), findGoPrograms('ferretdb')];
  return tools === undefined || ferretdb === undefined ? undefined : [tools, ferretdb];
}

async function ownServer(programs: string[]): Promise<TestMongo> {
  const folder = await passableFolder('fairlead-mongodb-');
  await mkdir(join(folder, 'data'));
  const port = await tryListening(0);
  const uri = `mongodb://fairlead:${PASSWORD}@127.0.0.1:${port}/?authSource=admin&directConnection=true`;
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1000 });
  const server = await startServer({
    name: 'FerretDB',
    program: join(programs[1] ?? '', 'ferretdb'),
    args: [
      ...['--handler=sqlite', `--sqlite-url=file:${join(folder, 'data')}/`, '--telemetry=disable'],
      ...[`--listen-addr=127.0.0.1:${port}`, '--debug-addr=-', `--state-dir=${folder}`],
    ],
    folder,
    within: PATIENCE_MS / 6,
    env: {
      ...process.env,
      FERRETDB_TEST_ENABLE_NEW_AUTH: 'true',
      FERRETDB_SETUP_DATABASE: 'admin',
      FERRETDB_SETUP_USERNAME: 'fairlead',
      FERRETDB_SETUP_PASSWORD: PASSWORD,
      FERRETDB_LOG_LEVEL: 'error',
    },
    answers: () =>
      client
        .db('admin')
        .command({ ping: 1 })
        .then(
          () => true,
          () => false,
        ),
  }).catch(async (error: unknown) => {
    await client.close();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await client.close();
    await server.stop();
  };
  const settings = { host: '127.0.0.1', port, user: 'fairlead', password: { env: 'MONGO' } };
  const store = datastoreRef('orders', '/', { kind: 'mongodb', database: 'orders', ...settings });
  const env = { MONGO: PASSWORD };
  return { db: client.db('orders'), store, env, programs, isReal: false, client, stop };
}

async function namedServer(uri: string, programs: string[]): Promise<TestMongo> {
  const database = `fairlead_${randomUUID().slice(0, 8)}`;
  const client = new MongoClient(uri);
  const { hostname, port, username, password, searchParams } = new URL(
    uri.replace(/^mongodb:/, 'http:'),
  );
  const replicaSet = searchParams.get('replicaSet') ?? undefined;
  const store = datastoreRef('orders', '/', {
    ...{ kind: 'mongodb', database, host: hostname, port: Number(port || 27_017) },
    ...(username !== '' && { user: decodeURIComponent(username), password: { env: 'MONGO' } }),
    ...(replicaSet !== undefined && { replicaSet }),
  });
  const stop = async (): Promise<void> => {
    await client.db(database).dropDatabase();
    await client.close();
  };
  const env = { MONGO: decodeURIComponent(password) };
  return { db: client.db(database), store, env, programs, isReal: true, client, stop };
}

/** Some thousand documents in three collections, with indexes. */
export async function fill(db: Db): Promise<void> {
  const orders = Array.from({ length: 1000 }, (_, n) => ({
    _id: n as never,
    customer: `Customer ${n % 50}`,
    total: n / 8,
    placedAt: new Date(1_700_000_000_000 + n * 1000),
  }));
  await db.collection('orders').insertMany(orders);
  await db.collection('orders').createIndex({ customer: 1, total: -1 });
  await db
    .collection('customers')
    .insertMany(
      Array.from({ length: 50 }, (_, n) => ({ _id: `c${n}` as never, email: `c${n}@example.org` })),
    );
  await db.collection('customers').createIndex({ email: 1 }, { unique: true }, {});
  await db.createCollection('empty');
}
