// Canary records in real files and in a real Postgres: written into the live store, found again in a copy, and in
// nobody's way in between.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { DatastoreRef } from '../../src/ports/backups.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createHeartbeats } from '../../src/datastores/heartbeats.ts';
import { createFilesStore } from '../../src/datastores/files/store.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { HEARTBEAT_FILE } from '../../src/domain/backup/heartbeat.ts';
import { sameContents } from '../../src/domain/backup/compare-contents.ts';
import { judgeComplete, judgeCorrect } from '../../src/domain/backup/ladder.ts';
import { collected } from '../support/bytes.ts';
import { datastoreRef, into, passableFolder } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { startPostgres, type TestPostgres } from '../support/datastores/postgres.ts';
import { copyFolder } from '../support/datastores/copies.ts';
import { createBindings } from '../../src/datastores/bindings.ts';

const KEEP = 10;
const slotOf = z.object({ slot: z.number() });
const recoveryPoint = { canary: { keep: KEEP } };

interface Place {
  store: DatastoreRef;
  password: string;
  /** Slots that are taken, sorted. */
  slots: () => Promise<number[]>;
}

let postgres: TestPostgres | undefined;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres?.stop());

async function filesPlace(t: TestContext): Promise<Place> {
  const root = await passableFolder('fairlead-canary-');
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'data'));
  await writeFile(join(root, 'data', 'loans.csv'), 'id\n1\n2\n');
  const store = datastoreRef('loans', root, { kind: 'files', directory: 'data', recoveryPoint });
  const slots = async (): Promise<number[]> => {
    const [, ...lines] = (await readFile(join(root, 'data', HEARTBEAT_FILE), 'utf8'))
      .trim()
      .split('\n');
    return lines.map((line) => Number(line.split(',')[0])).sort((one, other) => one - other);
  };
  return { store, password: '', slots };
}

async function postgresPlace(t: TestContext): Promise<Place | undefined> {
  const server = postgres;
  if (server === undefined) {
    t.skip('missing part: Postgres (npm run parts gets it)');
    return undefined;
  }
  await server.query('DROP TABLE IF EXISTS public.fairlead_canary');
  const { host, port, database, user, password = '' } = server.address;
  const reached = { host, port, database, user, password: { env: 'PGSECRET' } };
  const store = datastoreRef('orders', '/', { kind: 'postgres', ...reached, recoveryPoint });
  const slots = async (): Promise<number[]> => {
    const rows = await server.query('SELECT slot FROM public.fairlead_canary ORDER BY slot');
    return rows.map((row) => slotOf.parse(row).slot);
  };
  return { store, password, slots };
}

/** `ahead`: how far the worker's clock is ahead of everybody's (ms). */
async function world(t: TestContext, { store, password }: Place, ahead = 0) {
  const copies = await passableFolder('fairlead-canary-copies-');
  const clock = {
    now: () => Date.now() + ahead,
    sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
  };
  const secrets = {
    env: { PGSECRET: password },
    readFile: () => Promise.reject(new Error('none')),
    reader: 'the test',
  };
  const stores = createStores({ clock, secrets });
  const objects = createMemoryObjects();
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  t.after(async () => {
    await backups.discard('copy', waiting());
    await rm(copies, { recursive: true, force: true });
  });
  const id = backupId('shop', store.datastore, 1_700_000_000_000);
  const target = { copy: 'copy', store };
  const heartbeats = createHeartbeats({ stores, bindings: createBindings(objects), copies });
  return { backups, id, target, copies, stores, heartbeats };
}

for (const [kind, place] of [
  ['files', filesPlace],
  ['Postgres', postgresPlace],
] as const) {
  describe(`canary records in ${kind}`, () => {
    const check = (
      title: string,
      work: (it: Place & Awaited<ReturnType<typeof world>>) => Promise<void>,
    ): void => {
      test(title, async (t) => {
        const there = await place(t);
        if (there !== undefined) await work({ ...there, ...(await world(t, there)) });
      });
    };

    check('are numbered in one timeline, stamped, and bounded by their ring', async (it) => {
      const began = Date.now();
      const first = await it.heartbeats.write(it.store, waiting());
      assert.equal(first.number, 1);
      assert.ok(Date.parse(first.at) >= began - 1 && Date.parse(first.at) <= Date.now());
      assert.ok(Math.abs(first.skewMs) < 1000);
      let last = first;
      for (let number = 2; number <= KEEP + 3; number += 1) {
        last = await it.heartbeats.write(it.store, waiting());
        assert.equal(last.number, number);
      }
      assert.equal(last.timeline, first.timeline);
      assert.ok(last.at >= first.at);
      assert.deepEqual(
        await it.slots(),
        Array.from({ length: KEEP }, (_, slot) => slot),
      );
    });

    check('change no fingerprint, and a copy has those of its backup', async (it) => {
      const { contents: without } = await it.backups.fingerprint(it.store, waiting());
      await it.heartbeats.write(it.store, waiting());
      const second = await it.heartbeats.write(it.store, waiting());
      const { contents } = await it.backups.fingerprint(it.store, waiting());
      assert.ok(sameContents(without, contents));
      const input = { store: it.store, id: it.id, systemDigest: 'd'.repeat(64) };
      const manifest = await it.backups.backup(input, waiting());
      assert.deepEqual(manifest.canary, second);
      assert.ok(sameContents(without, manifest.contents));
      await it.heartbeats.write(it.store, waiting());
      const examined = await it.backups.examine({ store: it.store, id: it.id }, waiting());
      assert.equal(examined.verdict, 'pass', examined.reason);
      await it.backups.restore({ id: it.id, target: it.target, into: 'scratch' }, waiting());
      assert.deepEqual(await it.heartbeats.newest(it.target, waiting()), second);
      const copy = await it.backups.fingerprint(it.target, waiting());
      assert.equal(judgeComplete(manifest.contents, copy.contents).verdict, 'pass');
      assert.equal(judgeCorrect(manifest.contents, copy.contents).verdict, 'pass');
    });

    check('are in no backup that was taken without them', async (it) => {
      const input = { store: it.store, id: it.id, systemDigest: 'd'.repeat(64) };
      const manifest = await it.backups.backup(input, waiting());
      assert.equal('canary' in manifest, false);
      await it.backups.restore({ id: it.id, target: it.target, into: 'scratch' }, waiting());
      assert.equal(await it.heartbeats.newest(it.target, waiting()), null);
    });

    check('are not written where nobody asked for them', async (it) => {
      const { recoveryPoint: _, ...settings } = it.store.settings;
      const failure = await fails(
        'BadInput',
        it.heartbeats.write({ ...it.store, settings }, waiting()),
      );
      assert.match(failure.message, /asks for no canary records/);
    });
  });
}

test('a ring of Postgres that becomes smaller loses its outer slots and keeps counting', async (t) => {
  const place = await postgresPlace(t);
  if (place === undefined) return;
  const { heartbeats } = await world(t, place);
  const wider = { ...place.store.settings, recoveryPoint: { canary: { interval: 1, keep: 20 } } };
  for (let n = 0; n < 15; n += 1) {
    await heartbeats.write({ ...place.store, settings: wider }, waiting());
  }
  assert.equal((await heartbeats.write(place.store, waiting())).number, 16);
  assert.equal((await place.slots()).at(-1), KEEP - 1);
});

test('two writers at once give no number twice', async (t) => {
  const place = await postgresPlace(t);
  if (place === undefined) return;
  const { heartbeats } = await world(t, place);
  const both = [1, 2, 3, 4].map(() => heartbeats.write(place.store, waiting()));
  const numbers = (await Promise.all(both)).map(({ number }) => number);
  assert.deepEqual(numbers.toSorted(), [1, 2, 3, 4]);
});

test("a record knows how far the server's clock is off the worker's", async (t) => {
  const place = await postgresPlace(t);
  if (place === undefined) return;
  const { heartbeats } = await world(t, place, 60_000);
  const { skewMs, at } = await heartbeats.write(place.store, waiting());
  assert.ok(skewMs < -50_000 && skewMs > -70_000, String(skewMs));
  assert.ok(Date.parse(at) < Date.now() + 30_000, 'stamped by the server');
});

test('somebody else’s table of that name is left alone, and backed up', async (t) => {
  const place = await postgresPlace(t);
  if (place === undefined || postgres === undefined) return;
  await postgres.query('CREATE TABLE public.fairlead_canary (bird text)');
  const { heartbeats, backups, id } = await world(t, place);
  const failure = await fails('Refused', heartbeats.write(place.store, waiting()));
  assert.match(failure.message, /it has other columns.*rename it/);
  const input = { store: place.store, id, systemDigest: 'd'.repeat(64) };
  assert.equal('canary' in (await backups.backup(input, waiting())), false);
});

test('a user who may not make the table is told what to make', async (t) => {
  const place = await postgresPlace(t);
  if (place === undefined || postgres === undefined) return;
  await postgres.query("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'r'");
  const store = { ...place.store, settings: { ...place.store.settings, user: 'reader' } };
  const { heartbeats } = await world(t, { ...place, password: 'r' });
  const failure = await fails('Refused', heartbeats.write(store, waiting()));
  assert.match(failure.message, /make it yourself.*CREATE TABLE public\.fairlead_canary/);
  const ddl = failure.message.slice(failure.message.indexOf('CREATE TABLE'));
  await postgres.query(ddl);
  await postgres.query('GRANT SELECT, INSERT, UPDATE, DELETE ON public.fairlead_canary TO reader');
  assert.equal((await heartbeats.write(store, waiting())).number, 1);
});

test("somebody else's file of that name is left alone, and backed up", async (t) => {
  const place = await filesPlace(t);
  const folder = join(place.store.directory, 'data');
  await writeFile(join(folder, HEARTBEAT_FILE), 'bird\ntit\n');
  const { heartbeats, backups, id, target, copies, stores } = await world(t, place);
  const failure = await fails('Refused', heartbeats.write(place.store, waiting()));
  assert.match(failure.message, /something else.*move it away/);
  await backups.backup({ store: place.store, id, systemDigest: 'd'.repeat(64) }, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const copied = await copyFolder(copies, stores, target);
  assert.equal(await readFile(join(copied, HEARTBEAT_FILE), 'utf8'), 'bird\ntit\n');
  assert.equal(await heartbeats.newest(target, waiting()), null);
});

test('what a killed writer left is no data', async (t) => {
  const place = await filesPlace(t);
  const folder = join(place.store.directory, 'data');
  await writeFile(join(folder, `.${HEARTBEAT_FILE}.0a1b2c3d`), 'half');
  const { heartbeats, backups } = await world(t, place);
  await heartbeats.write(place.store, waiting());
  const { contents } = await backups.fingerprint(place.store, waiting());
  assert.deepEqual(
    contents.parts.map(({ name }) => name),
    ['loans.csv'],
  );
  assert.deepEqual((await readdir(folder)).filter((name) => name.startsWith('.')).length, 1);
});

test('a folder that gets records while it is read is at rest all the same', async (t) => {
  const place = await filesPlace(t);
  const { heartbeats } = await world(t, place);
  const first = await heartbeats.write(place.store, waiting());
  const taken = await createFilesStore({ now: () => Date.now() }).backup(
    place.store,
    into(async (name, body, path) => {
      const { length: size } = await collected(body);
      await heartbeats.write(place.store, waiting());
      const plain = { size, sha256: '0'.repeat(64) };
      return { name, ...plain, plain, ...(path !== undefined && { path }) };
    }),
    waiting(),
    () => Promise.reject(new Error('it needs no scratch')),
  );
  // The one from before the data was read: what was written before it is in the data.
  assert.deepEqual(taken.canary, first);
});

test('a Redis takes no canary records', async (t) => {
  const store = datastoreRef('cache', '/', { kind: 'redis', recoveryPoint });
  const { heartbeats } = await world(t, { store, password: '', slots: async () => [] });
  await fails('Unsupported', heartbeats.write(store, waiting()));
  assert.equal(await heartbeats.newest({ copy: 'copy', store }, waiting()), null);
});
