// Attacks of somebody who writes to the object store and has no key: records that are replaced, and the system that was used last.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseAfter } from '../../src/activities/leases/epochs.ts';
import { createKept } from '../../src/activities/kept.ts';
import { digestOf } from '../../src/domain/digest.ts';
import { createEpochs } from '../../src/integrations/epochs.ts';
import { createSnapshots, newestKey, snapshotKey } from '../../src/integrations/snapshots.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { memorySigner } from '../support/memory/memory-signer.ts';
import { sampleSystem } from '../support/samples.ts';

const loaded = sampleSystem();
const { call } = createActivityWorld();
async function* bytes(value: unknown): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(JSON.stringify(value)));
}

test('a stop falls back on no system that somebody put into the store, also in the name of a note of another key', async () => {
  const objects = createMemoryObjects();
  const signer = memorySigner();
  await createKept(createSnapshots(objects, signer)).keepSystem(loaded, call());
  const theirs = { ...loaded, directory: '/tmp/theirs' };
  const digest = digestOf(theirs);
  await objects.put({ key: snapshotKey('system', digest), body: bytes(theirs) }, call());
  const at = Date.now() + 60_000;
  const key = (later: number) =>
    `${newestKey(loaded.name)}${String(at + later).padStart(15, '0')}-${digest}.json`;
  await objects.put({ key: key(0), body: bytes({ system: loaded.name, digest, at }) }, call());
  // Signed by a key of theirs.
  await createSnapshots(objects, memorySigner()).noteNewest(loaded.name, digest, call());
  // A worker that has just started remembers nothing.
  const found = await createKept(createSnapshots(objects, signer)).newestSystem(
    loaded.name,
    call(),
  );
  assert.equal(found?.loaded.directory, loaded.directory);
  // Theirs is what it would be without a signature.
  const unsigned = await createKept(createSnapshots(objects)).newestSystem(loaded.name, call());
  assert.equal(unsigned?.loaded.directory, '/tmp/theirs');
});

test('a note of one system is none of another one, and none of another digest', async () => {
  const objects = createMemoryObjects();
  const signer = memorySigner();
  const snapshots = createSnapshots(objects, signer);
  await snapshots.noteNewest('shop', 'a'.repeat(64), call());
  const [note] = await objects.list(newestKey('shop'));
  assert.ok(note);
  const { body } = await objects.get(note.key, call());
  const copied: Uint8Array[] = [];
  for await (const chunk of body) copied.push(chunk);
  const signed: unknown = JSON.parse(Buffer.concat(copied).toString());
  const name = note.key.slice(newestKey('shop').length);
  await objects.put({ key: `${newestKey('other')}${name}`, body: bytes(signed) }, call());
  assert.equal(await snapshots.newest('other'), undefined);
  const later = name.replace(/^\d+/, '9'.repeat(15)).replace(/a{64}/, 'b'.repeat(64));
  await objects.put({ key: `${newestKey('shop')}${later}`, body: bytes(signed) }, call());
  assert.equal((await snapshots.newest('shop'))?.digest, 'a'.repeat(64));
});

test('objects that are numbered by nobody of ours neither count nor hold up what is written', async () => {
  const objects = createMemoryObjects();
  const epochs = createEpochs(objects);
  const epoch = { system: 'shop', epoch: 1, operation: 'recover/shop', server: 'one' };
  const theirs = { ...epoch, epoch: 9, server: 'theirs' };
  for (const name of ['zzz', '000000000NaN', '999999999999', '1000000000000']) {
    await objects.put({ key: `_epochs/shop/${name}.json`, body: bytes(theirs) }, call());
  }
  await epochs.note(epoch);
  assert.deepEqual(await epochs.newest('shop'), epoch);
  await epochs.note({ ...epoch, epoch: 2 });
  assert.equal((await epochs.newest('shop'))?.epoch, 2);
});

test('a recovery of a time that is still to come holds up no stop, and everything else is told what to remove', () => {
  const changing = {
    system: 'shop',
    operation: 'stop/shop',
    type: 'stopTraffic',
    epoch: Date.now(),
  };
  const noted = { system: 'shop', operation: 'recover/shop', server: 'theirs' };
  for (const epoch of [Date.now() + 2 * 3_600_000, Number.MAX_SAFE_INTEGER]) {
    refuseAfter({ ...noted, epoch }, { ...changing, urgent: true });
    assert.throws(() => {
      refuseAfter({ ...noted, epoch }, { ...changing, urgent: false });
    }, /still to come: a clock is wrong, or somebody wrote that; .* remove _epochs\/shop\/ /);
  }
  const soon = { ...noted, epoch: Date.now() + 1_000 };
  for (const urgent of [true, false]) {
    assert.throws(() => {
      refuseAfter(soon, { ...changing, urgent });
    }, /a newer change was there first/);
  }
});
