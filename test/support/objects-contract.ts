// What every object store promises: the folder, the one in memory, and a bucket when there is one. Each is made anew for
// each test.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import type { ObjectRemovalPort, ObjectsPort } from '../../src/ports/objects.ts';
import { Failure } from '../../src/domain/failure.ts';
import { bytes, collected } from './bytes.ts';
import { fails } from './fails.ts';
import { waiting } from './local-daemon.ts';

export type Objects = ObjectsPort & ObjectRemovalPort;

export const keysOf = async (objects: ObjectsPort, prefix = ''): Promise<string[]> =>
  (await objects.list(prefix)).map(({ key }) => key);

export function keepsObjectsContract(
  name: string,
  make: (t: TestContext) => Promise<Objects>,
): void {
  describe(`${name} keeps the objects contract`, () => {
    test('what is put is read back, with its size and SHA-256', async (t) => {
      const objects = await make(t);
      const put = await objects.put({ key: 'a/b', body: bytes('one ', 'two') }, waiting());
      assert.equal(put.size, 7);
      assert.equal(put.sha256, createHash('sha256').update('one two').digest('hex'));
      const { info, body } = await objects.get('a/b', waiting());
      assert.equal(await collected(body), 'one two');
      assert.deepEqual({ ...info, sha256: put.sha256 }, put);
    });

    test('an empty object is an object', async (t) => {
      const objects = await make(t);
      await objects.put({ key: 'empty', body: bytes() }, waiting());
      assert.deepEqual(await keysOf(objects), ['empty']);
      assert.equal(await collected((await objects.get('empty', waiting())).body), '');
    });

    test('a key that is taken is refused and stays as it is', async (t) => {
      const objects = await make(t);
      await objects.put({ key: 'a', body: bytes('first') }, waiting());
      await fails('Refused', objects.put({ key: 'a', body: bytes('second') }, waiting()));
      assert.equal(await collected((await objects.get('a', waiting())).body), 'first');
    });

    test('of many that put one key at once, one does', async (t) => {
      const objects = await make(t);
      const results = await Promise.allSettled(
        ['1', '2', '3', '4', '5'].map((text) =>
          objects.put({ key: 'x/a', body: bytes(text) }, waiting()),
        ),
      );
      const done = results.filter((one) => one.status === 'fulfilled');
      assert.equal(done.length, 1);
      for (const one of results) {
        if (one.status === 'rejected') {
          assert.ok(one.reason instanceof Failure && one.reason.kind === 'Refused');
        }
      }
    });

    test('a body that throws, and a cancel, leave nothing and can be tried again', async (t) => {
      const objects = await make(t);
      const broken = async function* () {
        yield Buffer.from('half');
        throw new Failure('CheckFailed', 'the tool failed');
      };
      await fails('CheckFailed', objects.put({ key: 'a', body: broken() }, waiting()));
      const stop = new AbortController();
      const cancelled = async function* () {
        yield Buffer.from('half');
        stop.abort(new Failure('Unavailable', 'cancelled'));
        yield Buffer.from('rest');
      };
      const put = { key: 'a', body: cancelled() };
      await fails('Unavailable', objects.put(put, { ...waiting(), signal: stop.signal }));
      assert.deepEqual(await keysOf(objects), []);
      await objects.put({ key: 'a', body: bytes('whole') }, waiting());
    });

    test('lists by prefix in the order of keys', async (t) => {
      const objects = await make(t);
      for (const key of ['s/b/2', 's/a/9', 's/a-b/1', 's/a/10', 't/a', 's/aa'])
        await objects.put({ key, body: bytes(key) }, waiting());
      assert.deepEqual(await keysOf(objects, 's/a'), ['s/a-b/1', 's/a/10', 's/a/9', 's/aa']);
      assert.deepEqual(await keysOf(objects, 's/a/'), ['s/a/10', 's/a/9']);
      assert.deepEqual(await keysOf(objects, 'nothing/'), []);
      assert.equal((await keysOf(objects)).length, 6);
    });

    test('a key may hold what an encoded name holds', async (t) => {
      const objects = await make(t);
      const key = '_evidence/deploy%2Fshop%2Fapi~1/a.sig.json';
      await objects.put({ key, body: bytes('x') }, waiting());
      assert.deepEqual(await keysOf(objects, '_evidence/deploy%2Fshop%2Fapi~1/'), [key]);
      assert.equal(await collected((await objects.get(key, waiting())).body), 'x');
    });

    test('a missing object is NotFound', async (t) => {
      const objects = await make(t);
      await fails('NotFound', objects.get('no/such', waiting()));
    });

    test('an object that is removed before it is read is read whole, or not found', async (t) => {
      const objects = await make(t);
      const { etag } = await objects.put({ key: 'a/b', body: bytes('x') }, waiting());
      const { body } = await objects.get('a/b', waiting());
      await objects.remove({ key: 'a/b', etag });
      const found = await collected(body).catch((error: unknown) => error);
      assert.ok(found === 'x' || (found instanceof Failure && found.kind === 'NotFound'));
    });

    test('removes what is as expected, refuses what is not, and is fine with what is gone', async (t) => {
      const objects = await make(t);
      const { etag } = await objects.put({ key: 'a/b', body: bytes('x') }, waiting());
      await fails('WorldChanged', objects.remove({ key: 'a/b', etag: `${etag}0` }));
      await objects.remove({ key: 'a/b', etag });
      await objects.remove({ key: 'a/b', etag });
      assert.deepEqual(await keysOf(objects), []);
    });

    test('no key leads out of the store', async (t) => {
      const objects = await make(t);
      for (const key of ['', '..', '../x', 'a/../b', '/etc/x', 'a//b', '.hidden', 'a/.b', 'a\0b'])
        await fails('BadInput', objects.put({ key, body: bytes('x') }, waiting()));
      assert.deepEqual(await keysOf(objects), []);
    });
  });
}
