// So many megabytes in a MongoDB, and what a person would type to back them up and to restore them.
import { writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { connectionString, liveMongo } from '../src/datastores/mongodb/connection.ts';
import { startTestMongo } from '../test/support/datastores/mongodb.ts';
import type { Source } from './backup-sources.ts';
import { MissingPart } from './figure.ts';

const AT_ONCE = 1000;

export async function mongoSource(megabytes: number): Promise<Source> {
  const server = await startTestMongo();
  if (server === undefined) throw new MissingPart('FerretDB, mongodump, mongorestore: not there');
  const { db, store, env, programs, client, stop } = server;
  const { host, port, user } = store.settings;
  const secrets = { env, readFile: () => Promise.reject(new Error('none')), reader: 'the bench' };
  const address = await liveMongo(store, secrets);
  const tool = async (name: string, folder: string, args: readonly string[]): Promise<void> => {
    const file = join(folder, 'login.yaml');
    await writeFile(file, `uri: ${JSON.stringify(connectionString(address))}\n`);
    await execa(join(programs[0] ?? '', name), ['--config', file, ...args]);
  };
  const archive = (folder: string): string => `--archive=${join(folder, 'dump.archive')}`;
  const text = randomBytes(48_000).toString('base64');
  for (let from = 0; from < megabytes * 1000; from += AT_ONCE) {
    const documents = Array.from({ length: AT_ONCE }, (_, index) => {
      const at = ((from + index) * 7919) % (text.length - 950);
      return { _id: from + index, value: text.slice(at, at + 950) };
    });
    await db.collection<{ _id: number; value: string }>('bulk').insertMany(documents);
  }
  return {
    name: 'mongodb',
    settings: {
      ...{ kind: 'mongodb', host, port, database: db.databaseName },
      ...(user !== undefined && { user }),
    },
    directory: '/',
    programs,
    env: { BENCH_PASSWORD: env['MONGO'] ?? '' },
    bareBackup: (folder) => tool('mongodump', folder, ['--db', db.databaseName, archive(folder)]),
    bareRestore: async (folder) => {
      const names = ['--nsFrom', `${db.databaseName}.*`, '--nsTo', 'again.*'];
      await tool('mongorestore', folder, [archive(folder), ...names]);
      await client.db('again').dropDatabase();
    },
    stop,
  };
}
