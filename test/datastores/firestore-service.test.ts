// Backups that Firestore's own service makes: listed, held against the RPO, restored and cloned into a new database. Data are
// in Google's emulator, the administration is a server made from the vendor's protos.
import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { judgeServiceBackups } from '../../src/domain/backup/service-backups.ts';
import type { ServiceBackups } from '../../src/domain/backup/service-backups.ts';
import { createNamedFiles } from '../../src/datastores/named-files.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createBindings } from '../../src/datastores/bindings.ts';
import { createExchanges } from '../../src/datastores/exchanges.ts';
import { askAdmin } from '../../src/datastores/firestore/admin.ts';
import { startFirestoreAdmin, type AdminState } from '../support/datastores/firestore-admin.ts';
import { MISSING, startTestFirestore } from '../support/datastores/firestore.ts';
import { refusingProxy } from '../support/datastores/firestore-world.ts';
import { passableFolder } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-22T08:00:00Z');
const clock = { now: () => NOW, sleep: async () => undefined };

let server: ReturnType<typeof startTestFirestore> | undefined;
let worlds = 0;
after(async () => {
  await (await server)?.stop();
});

function backup(id: string, hour: number, more: object = {}) {
  return {
    name: `projects/shop/locations/eur3/backups/${id}`,
    database: 'projects/shop/databases/orders',
    state: 2,
    snapshotTime: { seconds: NOW / 1000 - hour * 3600 },
    expireTime: { seconds: NOW / 1000 + 6 * 86_400 },
    stats: { sizeBytes: '1048576', documentCount: '300', indexCount: '4' },
    ...more,
  };
}

async function world(t: TestContext, given: Partial<AdminState> = {}) {
  server ??= startTestFirestore();
  const there = await server;
  if (there === undefined) {
    t.skip(MISSING);
    return undefined;
  }
  worlds += 1;
  const database = `orders-${worlds}`;
  const root = `projects/shop/databases/${database}`;
  const admin = await startFirestoreAdmin(t, {
    made: async (name) => {
      await there.other(name).doc('orders/1').set({ text: 'of the backup' });
    },
    ...given,
    live: database,
    backups: (given.backups ?? [backup('b1', 2)]).map((one) => ({ ...one, database: root })),
  });
  const port = await refusingProxy(t, there.port, () => undefined, admin.port);
  const store = { ...there.store, settings: { ...there.store.settings, port, database } };
  const secrets = {
    env: {},
    readFile: () => Promise.reject(new Error('none')),
    reader: 'the test',
  };
  const stores = createStores({ clock, secrets });
  const objects = createMemoryObjects();
  const bindings = createBindings(objects);
  const copies = await passableFolder('fairlead-firestore-service-');
  await there.other(database).doc('orders/1').set({ text: 'live' });
  return {
    ...{ admin, store, there, database },
    backups: createBackups({ objects, stores, copies, secrets, clock }),
    exchanges: createExchanges({ stores, bindings, copies }),
    named: createNamedFiles({ stores, bindings, copies, clock }),
    target: { copy: `adopted-${worlds}`, store },
    into: { elsewhere: { database: `${database}-restored-1` } },
    textIn: async (name: string): Promise<unknown> =>
      (await there.other(name).doc('orders/1').get()).get('text'),
  };
}

test('backups of the service are listed with what it says of them, newest first', async (t) => {
  const found = await world(t, {
    backups: [
      backup('old', 30),
      backup('new', 2, { state: 1, stats: undefined }),
      backup('gone', 50, { state: 3 }),
    ],
    schedules: [
      { retention: { seconds: 7 * 86_400 }, dailyRecurrence: {} },
      { weeklyRecurrence: { day: 1 } },
      {},
    ],
    database: { pointInTimeRecoveryEnablement: 2 },
    unreachable: ['projects/shop/locations/nam5'],
    refuse: (method, times) =>
      method === 'ListBackups' && times < 3 ? { code: 8, message: 'quota' } : undefined,
  });
  if (found === undefined) return;
  const told: unknown[] = [];
  const beat = (progress: unknown): void => {
    told.push(progress);
  };
  const seen = await found.backups.serviceBackups(found.store, { ...waiting(), beat });
  assert.ok(seen);
  assert.deepEqual(
    seen.backups.map(({ id, state, bytes, documents }) => [id, state, bytes, documents]),
    [
      ['new', 'creating', null, null],
      ['old', 'ready', 1_048_576, 300],
      ['gone', 'notAvailable', 1_048_576, 300],
    ],
  );
  assert.equal(seen.backups[0]?.at, '2026-11-22T06:00:00Z');
  assert.equal(seen.backups[0].expires, '2026-11-28T08:00:00Z');
  assert.deepEqual(seen.unreachable, ['nam5']);
  assert.deepEqual(seen.schedules, [
    { everyMs: 24 * HOUR, keptMs: 7 * 24 * HOUR },
    { everyMs: 7 * 24 * HOUR, keptMs: null },
    { everyMs: null, keptMs: null },
  ]);
  assert.equal(seen.cloneSince, null);
  assert.match(JSON.stringify(told), /its quota is used up: the backups of its service/);
});

test('an emulator alone has no service that makes backups', async (t) => {
  const found = await world(t);
  if (found === undefined) return;
  const { there, backups, store, named } = found;
  const alone = { ...store, settings: { ...store.settings, port: there.port } };
  assert.equal(await backups.serviceBackups(alone, waiting()), undefined);
  const why = await named.unadoptable({ store: alone, what: 'backup:b1' }, waiting());
  assert.match(why ?? '', /an emulator has none/);
});

test('a backup of the service becomes a new database, which another worker goes on to make', async (t) => {
  const found = await world(t, { looks: 4 });
  if (found === undefined) return;
  const { admin, named, target, into, exchanges, backups, store, database, textIn } = found;
  assert.equal(await named.unadoptable({ store, what: 'backup:b1' }, waiting()), undefined);
  const killed = new AbortController();
  const beat = (progress: unknown): void => {
    if (JSON.stringify(progress).includes('operation')) killed.abort(new Error('killed'));
  };
  const cut = { ...waiting(), signal: killed.signal, beat };
  await assert.rejects(named.adopt({ place: 'backup:b1', target, into }, cut));
  assert.equal(await textIn(into.elsewhere.database), undefined);
  const words = await named.adopt({ place: 'backup:b1', target, into }, waiting());
  assert.match(words, /made to restore its own backup b1 \(projects\/shop\/.*operations\/op-0\)/);
  assert.deepEqual(
    admin.calls.filter((name) => name === 'RestoreDatabase' || name === 'ListOperations'),
    ['ListOperations', 'ListOperations', 'RestoreDatabase', 'ListOperations', 'ListOperations'],
  );
  const plan = await exchanges.exchangePlan(target, waiting());
  assert.deepEqual(plan, { kind: 'binding', from: database, to: into.elsewhere.database });
  const lost = await exchanges.lossAgainst({ target, quarantined: database }, waiting());
  assert.equal(lost.changed.count, 1);
  // Given up, it stays: nobody here removes a database of the service.
  await backups.discard(target.copy, waiting());
  assert.equal(await textIn(into.elsewhere.database), 'of the backup');
  assert.equal(await textIn(database), 'live');
  const left = await named.left({ store, into: into.elsewhere }, waiting());
  assert.match(
    left ?? '',
    /^the database orders-\d+-restored-1, which .* databases delete --database=/,
  );
  assert.equal(await named.left({ store, into: { database: 'never-made' } }, waiting()), undefined);
});

for (const forgets of [false, true]) {
  const how = forgets ? 'by what the database says of itself' : 'by the operation that is over';
  test(`a worker that is killed when the database is made is followed by one that finds it, ${how}`, async (t) => {
    const killed = new AbortController();
    const found = await world(t, {
      forgets,
      looks: 0,
      made: async (name) => {
        await found?.there.other(name).doc('orders/1').set({ text: 'of the backup' });
        killed.abort(new Error('killed'));
      },
    });
    if (found === undefined) return;
    const { admin, named, target, into, textIn } = found;
    const adopt = async (by = waiting()) => named.adopt({ place: 'backup:b1', target, into }, by);
    await assert.rejects(adopt({ ...waiting(), signal: killed.signal }), /killed/);
    // Its time is over meanwhile.
    admin.backups = [];
    const by = forgets ? /b1 \(as the database says\)/ : /b1 \(projects\/shop\/.*\/op-0\)/;
    assert.match(await adopt(), by);
    assert.equal(admin.calls.filter((name) => name === 'RestoreDatabase').length, 1);
    assert.equal(await textIn(into.elsewhere.database), 'of the backup');
  });
}

test('a backup that may lie where nobody could ask is asked for again', async (t) => {
  const found = await world(t, { backups: [], unreachable: ['projects/shop/locations/nam5'] });
  if (found === undefined) return;
  const { named, target, into } = found;
  const adopting = named.adopt({ place: 'backup:b1', target, into }, waiting());
  assert.match((await fails('Unavailable', adopting)).message, /b1 was found, and nam5 could not/);
});

test('what only an emulator may not know, and what has no code, is said of Google itself', async (t) => {
  // Nobody looks for credentials on the network.
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  t.after(() => {
    delete process.env['METADATA_SERVER_DETECTION'];
  });
  const google = { project: 'shop', database: 'orders', host: '127.0.0.1', port: 1 };
  const asking = (isEmulator: boolean, error: Error) =>
    askAdmin({ ...google, isEmulator }, waiting(), async (): Promise<string> => {
      throw error;
    });
  const unknown = Object.assign(new Error('no such method'), { code: 12 });
  assert.equal(await asking(true, unknown), undefined);
  assert.match((await fails('Unsupported', asking(false, unknown))).message, /no such method/);
  const noToken = Object.assign(new Error('invalid_grant'), { code: '400' });
  assert.match((await fails('Unavailable', asking(false, noToken))).message, /invalid_grant/);
});

test('what was there at a whole minute is cloned, as far as the database keeps it', async (t) => {
  const since = { seconds: NOW / 1000 - 86_400 };
  const database = { pointInTimeRecoveryEnablement: 1, earliestVersionTime: since };
  const found = await world(t, { database });
  if (found === undefined) return;
  const { named, target, into, store, textIn } = found;
  const why = async (what: string) => named.unadoptable({ store, what }, waiting());
  assert.match((await why('at:2026-11-22T07:55:30Z')) ?? '', /at a whole minute/);
  assert.match((await why('at:2026-11-22T08:01Z')) ?? '', /is still to come/);
  assert.match((await why('at:2026-11-20T07:55Z')) ?? '', /since 2026-11-21T08:00:00Z only/);
  assert.equal(await why('at:2026-11-22T07:55Z'), undefined);
  await named.adopt({ place: 'at:2026-11-22T07:55Z', target, into }, waiting());
  assert.equal(await textIn(into.elsewhere.database), 'of the backup');
});

test('a database that is there, an operation that fails and a backup that is not ready are said', async (t) => {
  const failure = { code: 9, message: 'the backup is damaged' };
  const found = await world(t, {
    failure,
    backups: [backup('b1', 2), backup('b2', 3), backup('b3', 1, { state: 1 })],
  });
  if (found === undefined) return;
  const { named, target, into, store } = found;
  const adopt = (place: string) => named.adopt({ place, target, into }, waiting());
  assert.match((await fails('CheckFailed', adopt('backup:b1'))).message, /the backup is damaged/);
  await found.backups.discard(target.copy, waiting());
  assert.match((await fails('Refused', adopt('backup:b2'))).message, /made of something else/);
  const why = async (what: string) => named.unadoptable({ store, what }, waiting());
  assert.match((await why('backup:b3')) ?? '', /is creating, and not ready/);
  assert.match((await why('backup:b9')) ?? '', /has no backup b9/);
  assert.match((await why('not-there')) ?? '', /no such database is there, or it holds nothing/);
});

test('a database that somebody else restored is taken as it is, and stays', async (t) => {
  const found = await world(t);
  if (found === undefined) return;
  const { named, target, there, backups, store, database, textIn } = found;
  await there.other('by-hand').doc('orders/1').set({ text: 'by hand' });
  assert.match(
    (await named.unadoptable({ store, what: database }, waiting())) ?? '',
    /live already/,
  );
  const words = await named.adopt({ place: 'by-hand', target }, waiting());
  assert.equal(words, 'the database by-hand, which holds documents');
  await backups.discard(target.copy, waiting());
  assert.equal(await textIn('by-hand'), 'by hand');
});

test('schedules and the newest backup are held against the RPO', () => {
  const made = (more: Partial<ServiceBackups>): ServiceBackups => ({
    ...{ unreachable: [], schedules: [{ everyMs: 24 * HOUR, keptMs: null }], cloneSince: null },
    backups: [
      {
        ...{ id: 'b', location: 'eur3', state: 'ready', expires: null, bytes: 1, documents: 1 },
        at: '2026-11-22T06:00:00Z',
      },
    ],
    ...more,
  });
  const verdicts = (more: Partial<ServiceBackups>, rpo: number) =>
    judgeServiceBackups(made(more), rpo, NOW).map(({ verdict }) => verdict);
  assert.deepEqual(verdicts({}, 36 * HOUR), ['pass']);
  assert.deepEqual(verdicts({}, HOUR), ['fail', 'fail']);
  assert.deepEqual(verdicts({ schedules: [] }, 36 * HOUR), ['fail']);
  assert.deepEqual(verdicts({ unreachable: ['nam5'], backups: [] }, 36 * HOUR), [
    ...['inconclusive', 'pass', 'inconclusive'],
  ]);
  assert.deepEqual(verdicts({ backups: [] }, 36 * HOUR), ['pass', 'fail']);
  assert.deepEqual(verdicts({ cloneSince: '2026-11-15T08:00:00Z', schedules: [] }, HOUR), ['pass']);
  assert.deepEqual(verdicts({ cloneSince: '2026-11-15T08:00:00Z' }, 60_000), ['pass']);
  assert.deepEqual(verdicts({ cloneSince: '2026-11-15T08:00:00Z' }, 30_000), ['fail']);
  const unknown = { everyMs: null, keptMs: null };
  const daily = { everyMs: 24 * HOUR, keptMs: null };
  assert.deepEqual(verdicts({ schedules: [unknown] }, 36 * HOUR), ['inconclusive']);
  assert.deepEqual(verdicts({ schedules: [unknown, daily] }, 36 * HOUR), ['pass']);
  assert.deepEqual(verdicts({ schedules: [daily, unknown] }, 3 * HOUR), ['inconclusive']);
});
