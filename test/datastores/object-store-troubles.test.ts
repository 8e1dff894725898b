// An object store that refuses, and one that is slow: no backup is made of half of it, a cancel is heard, and a store
// that comes back gets the backup. (One that is cut in the middle of an upload: test/support/datastores/backup-contracts.ts.)
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bytes, ObjectsPort } from '../../src/ports/objects.ts';
import { createBackups } from '../../src/datastores/backups.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { Failure } from '../../src/domain/failure.ts';
import { datastoreRef, passableFolder } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, stop: AbortSignal) => sleep(ms, undefined, { signal: stop }),
};
const secrets = {
  env: {},
  readFile: () => Promise.reject(new Error('none')),
  reader: 'the test',
};

/** Backups of a folder with one file, over a store that may be changed. */
async function world(t: TestContext) {
  const folder = await passableFolder('fairlead-troubles-');
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data', 'rows.csv'), 'id\n1\n2\n');
  const objects = createMemoryObjects();
  const stores = createStores({ clock, secrets });
  const copies = join(folder, 'copies');
  const over = (on: ObjectsPort) => createBackups({ objects: on, stores, copies, secrets, clock });
  const store = datastoreRef('rows', folder, { kind: 'files', directory: 'data' });
  const id = backupId('shop', 'rows', 1_700_000_000_000);
  const input = { store, id, systemDigest: 'd'.repeat(64) };
  return { objects, over, input, id, target: { copy: 'copy', store } };
}

function signal(): { given: Promise<void>; give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

/** Every body stops after its first bytes until it is let go of. */
function slow(objects: ObjectsPort, { begun, letGo }: { begun: () => void; letGo: Promise<void> }) {
  async function* dripping(body: Bytes, stop: AbortSignal): Bytes {
    const stopped = new Promise<void>((resolve) => {
      stop.addEventListener('abort', () => {
        resolve();
      });
    });
    for await (const chunk of body) {
      yield chunk.subarray(0, 1);
      begun();
      await Promise.race([letGo, stopped]);
      stop.throwIfAborted();
      yield chunk.subarray(1);
    }
  }
  const port: ObjectsPort = {
    ...objects,
    put: (one, w) => objects.put({ ...one, body: dripping(one.body, w.signal) }, w),
    get: async (key, w) => {
      const { info, body } = await objects.get(key, w);
      return { info, body: dripping(body, w.signal) };
    },
  };
  return port;
}

const refused = () => Promise.reject(new Failure('Refused', 'the key of this worker may not'));

test('a store that refuses to write makes no backup, with its reason, and one when it does not any more', async (t) => {
  const { objects, over, input, id } = await world(t);
  const refusing = over({ ...objects, put: refused });
  const failure = await fails('Refused', refusing.backup(input, waiting()));
  assert.match(failure.message, /may not/);
  assert.deepEqual([...objects.stored.keys()], []);
  await over(objects).backup(input, waiting());
  assert.equal((await refusing.read(id, waiting())).state, 'complete');
});

test('a store that refuses to read restores nothing, and says nothing against the backup', async (t) => {
  const { objects, over, input, id, target } = await world(t);
  await over(objects).backup(input, waiting());
  const refusing = over({ ...objects, get: refused });
  await fails('Refused', refusing.examine({ store: input.store, id }, waiting()));
  await fails('Refused', refusing.restore({ id, target, into: 'scratch' }, waiting()));
  assert.deepEqual(await over(objects).copies(), []);
});

test('a slow store gets the whole backup, and gives it back whole', async (t) => {
  const { objects, over, input, id, target } = await world(t);
  const [first, gate] = [signal(), signal()];
  const dripping = over(slow(objects, { begun: first.give, letGo: gate.given }));
  const backup = dripping.backup(input, waiting());
  await first.given;
  assert.deepEqual([...objects.stored.keys()], [], 'nobody sees half an object');
  gate.give();
  const { contents } = await backup;
  await dripping.restore({ id, target, into: 'scratch' }, waiting());
  const copy = await dripping.fingerprint(target, waiting());
  assert.deepEqual(copy.contents, contents);
  await dripping.discard('copy', waiting());
});

test('a cancel is heard while a slow store is waited for, and leaves nothing', async (t) => {
  const { objects, over, input, id, target } = await world(t);
  const stuck = (begun: () => void) =>
    over(slow(objects, { begun, letGo: new Promise<void>(() => undefined) }));
  const first = new AbortController();
  const backingUp = stuck(() => {
    first.abort(new Failure('Unavailable', 'cancelled'));
  });
  await fails('Unavailable', backingUp.backup(input, { ...waiting(), signal: first.signal }));
  assert.deepEqual([...objects.stored.keys()], []);
  await over(objects).backup(input, waiting());
  const second = new AbortController();
  const restoring = stuck(() => {
    second.abort(new Failure('Unavailable', 'cancelled'));
  });
  await fails(
    'Unavailable',
    restoring.restore({ id, target, into: 'scratch' }, { ...waiting(), signal: second.signal }),
  );
  await over(objects).discard('copy', waiting());
  assert.deepEqual(await over(objects).copies(), []);
});

test('a proof that is stopped has no verdict, whenever it is and however the backup is packed', async (t) => {
  const { objects, over, input, id } = await world(t);
  const { settings } = input.store;
  const backup = { ...settings.backup, compression: 'gzip' as const };
  const store = { ...input.store, settings: { ...settings, backup } };
  await over(objects).backup({ ...input, store }, waiting());
  const stored = objects.stored.get(
    [...objects.stored.keys()].find((key) => key.includes('/files/')) ?? assert.fail(),
  );
  const length = stored?.bytes.length ?? assert.fail();
  const reason = new Error('WORKER_SHUTDOWN');
  for (let at = 0; at <= length; at += 1) {
    const stop = new AbortController();
    async function* stopping(body: Bytes): Bytes {
      for await (const chunk of body) {
        yield chunk.subarray(0, at);
        stop.abort(reason);
        await sleep(0);
        stop.signal.throwIfAborted();
      }
    }
    const get: ObjectsPort['get'] = async (key, w) => {
      const { info, body } = await objects.get(key, w);
      return { info, body: key.includes('/files/') ? stopping(body) : body };
    };
    const proof = over({ ...objects, get }).examine(
      { store, id },
      { ...waiting(), signal: stop.signal },
    );
    await assert.rejects(proof, reason, `stopped after ${at} of ${length} bytes`);
  }
});
