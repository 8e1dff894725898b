import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { boundWorld } from '../support/datastores/bound-world.ts';
import { exchangeContracts, SINCE, token } from '../support/datastores/exchange-contracts.ts';
import {
  MISSING,
  startTestFirestore,
  type TestFirestore,
} from '../support/datastores/firestore.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';

let server: Promise<TestFirestore | undefined> | undefined;
let worlds = 0;
after(async () => {
  await (await server)?.stop();
});

/** One emulator, with databases of each test's own. */
async function firestoreWorld(t: TestContext) {
  server ??= startTestFirestore();
  const there = await server;
  if (there === undefined) {
    t.skip(MISSING);
    return undefined;
  }
  worlds += 1;
  const { settings } = there.store;
  const store = { ...there.store, settings: { ...settings, database: `orders-${worlds}` } };
  const valueOf = (database: string, key: string) => there.other(database).doc(`${key}/value`);
  return boundWorld(t, {
    store,
    read: async (database, key) => {
      const found: unknown = (await valueOf(database, key).get()).get('text');
      return typeof found === 'string' ? found : undefined;
    },
    write: async (database, key, text) => {
      await valueOf(database, key).set({ text });
    },
  });
}

exchangeContracts('Firestore', firestoreWorld);

test('a database that holds anything takes no copy, and what is live is never removed', async (t) => {
  const world = await firestoreWorld(t);
  if (world === undefined) return;
  const { store, backups, exchanges, read, write } = world;
  const id = backupId(store.system, store.datastore, 1_700_000_000_000);
  await write('a', 'old');
  await backups.backup({ store, id, systemDigest: 'd'.repeat(64) }, waiting());
  const database = store.settings.database ?? '';
  const target = { copy: 'there', store };
  const taken = await fails(
    'Refused',
    backups.restore({ id, target, into: { elsewhere: { database } } }, waiting()),
  );
  assert.match(taken.message, /holds documents; name one that is empty/);
  await backups.discard(target.copy, waiting());
  assert.equal(await read('a'), 'old');
  // The same backup twice, each into a database of its own.
  for (const [epoch, name] of [
    [5, 'first'],
    [6, 'second'],
  ] as const) {
    const copy = { copy: name, store };
    const place = { database: `${database}-${name}` };
    await backups.restore({ id, target: copy, into: { elsewhere: place } }, waiting());
    const plan = await exchanges.exchangePlan(copy, waiting());
    assert.deepEqual(plan.to, place.database);
    await write('a', `written before ${name}`);
    await exchanges.exchange({ since: SINCE, store, plan, token: token(epoch) }, waiting());
    assert.equal(await read('a'), 'old');
    await backups.discard(copy.copy, waiting());
    assert.equal(await read('a'), 'old');
  }
});
