// Which store this is: named once, the same for all who share it; and what a janitor leaves to another machine.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sweptElsewhere } from '../../src/domain/recovery/sweep.ts';
import { storeId, withOtherStores, workerIdentity } from '../../src/integrations/store-id.ts';
import { fails } from '../support/fails.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { storeIn } from '../support/record/evidence-in.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-id-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test('all who open one store at once find one id, and another store has another', async (t) => {
  const dir = await folder(t);
  const ids = await Promise.all(Array.from({ length: 10 }, () => storeId(storeIn(dir))));
  assert.equal(new Set(ids).size, 1);
  assert.match(ids[0] ?? '', /^[0-9a-f]{12}$/);
  assert.notEqual(await storeId(createMemoryObjects()), ids[0]);
});

test('a store that cannot be written, or whose id is none, is no store', async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'file'), '');
  await fails('Unavailable', storeId(storeIn(join(dir, 'file'))));
  await storeId(storeIn(dir));
  await writeFile(join(dir, '_store', 'id.json'), '{"schema":"fairlead/store/v1"}');
  await fails('Broken', storeId(storeIn(dir)));
});

test('workers of another store are found among those that poll, and only those', () => {
  const [mine, theirs] = ['a'.repeat(12), 'b'.repeat(12)];
  const now = 1_000_000;
  const other = workerIdentity(theirs);
  const pollers = [
    { identity: workerIdentity(mine), seenAt: now },
    { identity: '12@somebody-else', seenAt: now },
    { identity: other, seenAt: now - 71_000 },
  ];
  assert.deepEqual(withOtherStores(pollers, mine, now), []);
  const polling = { identity: other, seenAt: now - 10_000 };
  assert.deepEqual(withOtherStores([...pollers, polling, polling], mine, now), [other]);
});

test('a janitor leaves to another machine what is there', () => {
  const remnant = { name: 'copy', createdAt: 1 };
  assert.equal(sweptElsewhere(remnant, 'here-1'), undefined);
  assert.equal(sweptElsewhere({ ...remnant, machine: 'here-1' }, 'here-1'), undefined);
  assert.deepEqual(sweptElsewhere({ ...remnant, machine: 'there-2' }, 'here-1'), {
    remove: false,
    reason:
      'on the machine there-2, not on this one (here-1); a janitor of a worker there looks after it',
  });
});
