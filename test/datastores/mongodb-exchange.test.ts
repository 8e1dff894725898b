import { after, type TestContext } from 'node:test';
import { boundWorld } from '../support/datastores/bound-world.ts';
import { exchangeContracts } from '../support/datastores/exchange-contracts.ts';
import { MISSING, startTestMongo, type TestMongo } from '../support/datastores/mongodb.ts';

let server: Promise<TestMongo | undefined> | undefined;
let worlds = 0;
after(async () => {
  await (await server)?.stop();
});

/** One server, with databases of each test's own. */
async function mongoWorld(t: TestContext) {
  server ??= startTestMongo();
  const there = await server;
  if (there === undefined) {
    t.skip(MISSING);
    return undefined;
  }
  worlds += 1;
  const { client, env, programs, store } = there;
  const database = `${store.settings.database ?? ''}_${worlds}`;
  const valueIn = (name: string, key: string) => client.db(name).collection<Kept>(key);
  t.after(() => client.db(database).dropDatabase());
  return boundWorld(t, {
    ...{ env, programs },
    store: { ...store, settings: { ...store.settings, database } },
    read: async (name, key) => (await valueIn(name, key).findOne({ _id: 'value' }))?.text,
    write: async (name, key, text) => {
      await valueIn(name, key).updateOne({ _id: 'value' }, { $set: { text } }, { upsert: true });
    },
  });
}

interface Kept {
  _id: string;
  text: string;
}

exchangeContracts('MongoDB', mongoWorld);
