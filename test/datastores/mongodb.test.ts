import { createStores } from '../../src/datastores/registry.ts';
import { backupContracts } from '../support/datastores/backup-contracts.ts';
import { fill, startTestMongo } from '../support/datastores/mongodb.ts';
import { setTimeout as sleep } from 'node:timers/promises';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};

backupContracts('MongoDB', async () => {
  const server = await startTestMongo();
  if (server === undefined) return undefined;
  const { db, store, env, programs } = server;
  await fill(db);
  const secrets = { env, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };
  return {
    stores: createStores({ clock, secrets, programs }),
    store,
    within: 'Customer 12',
    env,
    change: async () => {
      await db.collection('orders').updateOne({ _id: 5 as never }, { $set: { total: 1 } });
    },
    remove: async () => {
      await db.collection('orders').deleteOne({ _id: 6 as never });
    },
    end: server.stop,
  };
});
