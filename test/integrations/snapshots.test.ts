// What an operation stands on is kept once under its digest, and read back by any worker of the same store.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digestOf } from '../../src/domain/digest.ts';
import { createKeptRemoval } from '../../src/integrations/kept-removal.ts';
import { createSnapshots } from '../../src/integrations/snapshots.ts';
import { noteServer } from '../../src/integrations/store-id.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

const SYSTEM = { name: 'shop', services: { api: { port: 8000 } } };
const DIGEST = digestOf(SYSTEM);
const STEPS = { system: 'shop', steps: ['ensure', 'ready'] };
const PLAN = { ...STEPS, digest: digestOf(STEPS) };

describe('systems and plans under their digests', () => {
  test('what one worker put, another one of the same store reads', async () => {
    const objects = createMemoryObjects();
    const [one, other] = [createSnapshots(objects), createSnapshots(objects)];
    await one.put('system', DIGEST, SYSTEM, waiting());
    await one.put('plan', PLAN.digest, PLAN, waiting());
    assert.deepEqual(await other.get('system', DIGEST, waiting()), SYSTEM);
    assert.deepEqual(await other.get('plan', PLAN.digest, waiting()), PLAN);
  });

  test('the same one twice is kept once', async () => {
    const objects = createMemoryObjects();
    const snapshots = createSnapshots(objects);
    for (let n = 0; n < 3; n += 1) await snapshots.put('system', DIGEST, SYSTEM, waiting());
    assert.deepEqual([...objects.stored.keys()], [`_snapshots/system/${DIGEST}.json`]);
  });

  test('what does not fit its digest is not kept', async () => {
    const objects = createMemoryObjects();
    const snapshots = createSnapshots(objects);
    await fails('Broken', snapshots.put('system', DIGEST, { ...SYSTEM, name: 'x' }, waiting()));
    await fails('Broken', snapshots.put('plan', PLAN.digest, { ...PLAN, steps: [] }, waiting()));
    assert.equal(objects.stored.size, 0);
  });

  test('one that is not there is said, with what all workers need', async () => {
    const snapshots = createSnapshots(createMemoryObjects());
    const { message } = await fails('NotFound', snapshots.get('plan', DIGEST, waiting()));
    assert.match(
      message,
      /there is no _snapshots\/plan\/.* same object store \(FAIRLEAD_OBJECTS\)/,
    );
  });

  test('one that somebody changed or cut is not believed', async () => {
    const objects = createMemoryObjects();
    const snapshots = createSnapshots(objects);
    await snapshots.put('system', DIGEST, SYSTEM, waiting());
    const key = `_snapshots/system/${DIGEST}.json`;
    const stored = objects.stored.get(key) ?? assert.fail('nothing was put');
    for (const text of ['{"name":"shop"}\n', '{"name":"sh', 'null\n']) {
      objects.stored.set(key, { ...stored, bytes: Buffer.from(text) });
      const { message } = await fails('Broken', snapshots.get('system', DIGEST, waiting()));
      assert.match(message, /system that this operation stands on/);
    }
  });

  test('plans that are old are named oldest first, and removed', async () => {
    const objects = createMemoryObjects();
    const snapshots = createSnapshots(objects);
    const kept = createKeptRemoval(objects);
    await snapshots.put('system', DIGEST, SYSTEM, waiting());
    const digests: string[] = [];
    for (const age of [1, 3, 2]) {
      const steps = { steps: [`wait ${age}`] };
      const digest = digestOf(steps);
      await snapshots.put('plan', digest, { ...steps, digest }, waiting());
      const key = `_snapshots/plan/${digest}.json`;
      const stored = objects.stored.get(key) ?? assert.fail('nothing was put');
      objects.stored.set(key, { ...stored, modifiedAt: 1000 - age });
      digests.push(digest);
    }
    const [young = '', old = '', older = ''] = digests;
    assert.deepEqual(await kept.putBefore('plan', 999), [old, older]);
    assert.deepEqual(await kept.putBefore('plan', 5000), [old, older, young]);
    await kept.remove('plan', old);
    await kept.remove('plan', old);
    assert.deepEqual(await kept.putBefore('plan', 5000), [older, young]);
  });

  test('where several servers of Temporal share a store no plan is old', async () => {
    const objects = createMemoryObjects();
    await createSnapshots(objects).put('plan', PLAN.digest, PLAN, waiting());
    const server = { clusterId: 'a', namespace: 'default' };
    const far = Date.now() + 1000;
    await noteServer(objects, server);
    await noteServer(objects, server);
    assert.deepEqual(await createKeptRemoval(objects).putBefore('plan', far), [PLAN.digest]);
    await noteServer(objects, { ...server, namespace: 'other' });
    assert.deepEqual(await createKeptRemoval(objects).putBefore('plan', far), []);
  });

  test('runs are named whose notes of notices are all old; what is noted of no run is not', async () => {
    const objects = createMemoryObjects();
    const [old, young] = [
      '01a20147-4f62-7229-a461-c4ad2e63645d',
      '01a20147-4f62-7d10-9c1e-0b61f5a3e9c2',
    ];
    const at = (key: string, modifiedAt: number) => {
      objects.stored.set(key, { modifiedAt, etag: key, bytes: Buffer.from('{}') });
    };
    at(`_notices/${old}/a.json`, 1);
    at(`_notices/${old}/b.json`, 2);
    at(`_notices/${young}/a.json`, 1);
    at(`_notices/${young}/b.json`, 9);
    at('_notices/recovery-shop/a.json', 1);
    const kept = createKeptRemoval(objects);
    assert.deepEqual(await kept.notedBefore(5), [old]);
    assert.equal(await kept.removeNotes(old), 2);
    assert.equal(objects.stored.size, 3);
  });
});
