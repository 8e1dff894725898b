import { createStores } from '../../src/datastores/registry.ts';
import { backupContracts } from '../support/datastores/backup-contracts.ts';
import { fill, startTestFirestore } from '../support/datastores/firestore.ts';
import { setTimeout as sleep } from 'node:timers/promises';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};

backupContracts('Firestore', async () => {
  const server = await startTestFirestore();
  if (server === undefined) return undefined;
  const { db, store } = server;
  await fill(db);
  const secrets = {
    env: {},
    readFile: () => Promise.reject(new Error('none')),
    reader: 'the test',
  };
  return {
    stores: createStores({ clock, secrets }),
    store,
    within: 'Customer 12',
    env: {},
    change: async () => {
      await db.doc('orders/order-5').update({ total: 1 });
    },
    remove: async () => {
      await db.doc('orders/order-6').delete();
    },
    end: server.stop,
  };
});
