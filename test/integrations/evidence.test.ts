// Records in an object store: what is added once stays, nobody writes over another, and what is closed is one file.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { chain, verifyChain } from '../../src/domain/record/evidence-chain.ts';
import type { EvidenceEntry } from '../../src/domain/record/evidence.ts';
import { readEvidenceLines } from '../../src/domain/record/evidence-lines.ts';
import { Failure } from '../../src/domain/failure.ts';
import { encodeName } from '../../src/integrations/encode-name.ts';
import { createEarlierEvidence } from '../../src/integrations/earlier-evidence.ts';
import { createEvidence } from '../../src/integrations/evidence.ts';
import type { ObjectsPort } from '../../src/ports/objects.ts';
import { fails } from '../support/fails.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { evidenceIn, storeIn } from '../support/record/evidence-in.ts';
import { entriesOf, OPENED, ROLLED_BACK } from '../support/record/evidence.ts';

const RUN = { workflowId: 'deploy/shop/api/v2', runId: 'run-1' };
/** Nothing but the last entry closes it. */
const WHOLE = entriesOf(ROLLED_BACK);
const OPEN = WHOLE.slice(0, -1);
const SIGNED = { head: 'a'.repeat(64), signature: 'c2ln', publicKey: 'key' };

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-evidence-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const asBytes = (id: string): Buffer => Buffer.from(id, 'utf8');
const recordIn = (dir: string): string =>
  join(dir, 'objects', '_evidence', encodeName(RUN.workflowId), 'run-1');
const partIn = (dir: string, seq: number): string =>
  join(recordIn(dir), `${String(seq).padStart(7, '0')}.jsonl`);

function closedAfter(entries: readonly EvidenceEntry[]): EvidenceEntry {
  const last = entries.at(-1) ?? assert.fail('no entry');
  const { outcome, serving } = { outcome: 'interrupted', serving: 'old' } as const;
  const end = { outcome, serving, verdict: null, message: 'gone', leftovers: [] };
  return chain(last, last.at, { type: 'closed', ...end });
}

test('what is appended is read back, and a run without entries is empty', async (t) => {
  const evidence = evidenceIn(await folder(t));
  assert.deepEqual(await evidence.read(RUN), []);
  await evidence.append(RUN, WHOLE);
  assert.deepEqual(await evidence.read(RUN), WHOLE);
});

test('appending again adds nothing, and appending more adds only what is new', async (t) => {
  const dir = await folder(t);
  const evidence = evidenceIn(dir);
  await evidence.append(RUN, WHOLE.slice(0, 4));
  await evidence.append(RUN, WHOLE.slice(2, 4));
  await evidence.append(RUN, WHOLE.slice(0, 6));
  assert.deepEqual(await readdir(recordIn(dir)), ['0000000.jsonl', '0000004.jsonl']);
  assert.deepEqual(await evidence.read(RUN), WHOLE.slice(0, 6));
});

test('a record that is closed is one file of lines, which is what people verify', async (t) => {
  const dir = await folder(t);
  const evidence = evidenceIn(dir);
  for (let length = 1; length <= WHOLE.length; length += 1)
    await evidence.append(RUN, WHOLE.slice(0, length));
  await evidence.keepSignature(RUN, SIGNED);
  assert.deepEqual((await readdir(dirname(recordIn(dir)))).sort(), [
    'run-1.jsonl',
    'run-1.sig.json',
  ]);
  const { entries, odd } = readEvidenceLines(await readFile(`${recordIn(dir)}.jsonl`, 'utf8'));
  assert.deepEqual([entries, odd], [WHOLE, undefined]);
  assert.deepEqual(await evidence.read(RUN), WHOLE);
});

test('a record whose closer died before it was one file is read all the same', async (t) => {
  const dir = await folder(t);
  const store = storeIn(join(dir, 'objects'));
  const none = createEarlierEvidence(join(dir, 'evidence'));
  const stuck = { ...store, remove: () => Promise.reject(new Failure('Unavailable', 'away')) };
  await createEvidence(stuck, none).append(RUN, OPEN);
  await createEvidence(stuck, none).append(RUN, WHOLE);
  assert.equal((await readdir(recordIn(dir))).length, 2);
  assert.deepEqual(await evidenceIn(dir).read(RUN), WHOLE);
  await rm(`${recordIn(dir)}.jsonl`);
  assert.deepEqual(await evidenceIn(dir).read(RUN), WHOLE);
});

test('an object that a crash cut off is none, and is written again, whole', async (t) => {
  const dir = await folder(t);
  const evidence = evidenceIn(dir);
  await evidence.append(RUN, WHOLE.slice(0, 3));
  await writeFile(join(dir, 'objects', '.incoming', 'left'), JSON.stringify(WHOLE[3]).slice(0, 9));
  assert.deepEqual(await evidence.read(RUN), WHOLE.slice(0, 3));
  await evidence.append(RUN, WHOLE);
  assert.deepEqual(await evidence.read(RUN), WHOLE);
});

test('entries that somebody damaged in the middle are named, not passed over', async (t) => {
  const dir = await folder(t);
  await evidenceIn(dir).append(RUN, WHOLE);
  const file = `${recordIn(dir)}.jsonl`;
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, lines.toSpliced(4, 1, 'garbage').join('\n'));
  const closed = await fails('Broken', evidenceIn(dir).read(RUN));
  assert.match(closed.message, /run-1\.jsonl:6: entry 4 is missing/);
});

test('a part that somebody removed from the middle, or damaged, is named', async (t) => {
  const dir = await folder(t);
  const evidence = evidenceIn(dir);
  for (const length of [2, 4, 6]) await evidence.append(RUN, WHOLE.slice(0, length));
  await rm(partIn(dir, 2));
  const { message } = await fails('Broken', evidence.read(RUN));
  assert.match(message, /run-1\/:3: entry 2 is missing/);
  await fails('Broken', evidence.append(RUN, WHOLE));
});

test('a last part that cannot be read is named, and not written over', async (t) => {
  const dir = await folder(t);
  const evidence = evidenceIn(dir);
  for (const length of [2, 4]) await evidence.append(RUN, WHOLE.slice(0, length));
  await writeFile(partIn(dir, 2), 'garbage\n');
  const { message } = await fails('Broken', evidence.append(RUN, WHOLE.slice(0, 6)));
  assert.match(message, /under the name of the next entry/);
  assert.equal(await readFile(partIn(dir, 2), 'utf8'), 'garbage\n');
});

test('a run that somebody else sealed takes no other entries', async (t) => {
  const evidence = evidenceIn(await folder(t));
  await evidence.append(RUN, WHOLE.slice(0, 3));
  const other = entriesOf([OPENED, OPENED, OPENED, OPENED]);
  await assert.rejects(evidence.append(RUN, other), { kind: 'Superseded' });
  assert.deepEqual(await evidence.read(RUN), WHOLE.slice(0, 3));
});

test('a run that somebody else closed takes nothing more, however far it is', async (t) => {
  const evidence = evidenceIn(await folder(t));
  await evidence.append(RUN, WHOLE.slice(0, 3));
  await evidence.append(RUN, [closedAfter(WHOLE.slice(0, 3))]);
  await assert.rejects(evidence.append(RUN, WHOLE.slice(4, 6)), { kind: 'Superseded' });
  await assert.rejects(evidence.append(RUN, WHOLE.slice(6)), { kind: 'Superseded' });
});

test('a worker that slept while another one closed the record adds nothing to it', async (t) => {
  const dir = await folder(t);
  const store = storeIn(join(dir, 'objects'));
  const none = createEarlierEvidence(join(dir, 'evidence'));
  await evidenceIn(dir).append(RUN, WHOLE.slice(0, 3));
  let slept = false;
  const put: ObjectsPort['put'] = async (input, waiting) => {
    if (!slept) {
      slept = true;
      // Its parts are removed, and the names that it is about to use are free again.
      await evidenceIn(dir).append(RUN, WHOLE.slice(0, 5));
      await evidenceIn(dir).append(RUN, [closedAfter(WHOLE.slice(0, 5))]);
    }
    return store.put(input, waiting);
  };
  const sleeper = createEvidence({ ...store, put }, none);
  const changed = [...WHOLE.slice(0, 3), ...entriesOf([...ROLLED_BACK, OPENED]).slice(3, 4)];
  await fails('Superseded', sleeper.append(RUN, [...changed, ...WHOLE.slice(4, 8)]));
  const entries = await evidenceIn(dir).read(RUN);
  assert.deepEqual([entries.length, entries.at(-1)?.type], [6, 'closed']);
  assert.deepEqual(await readdir(dirname(recordIn(dir))), ['run-1.jsonl']);
});

test('parts that are gone or cut at the end take no later entries, and all of them together', async (t) => {
  for (const gone of [[4], [2, 4], [0, 2, 4]]) {
    const dir = await folder(t);
    const evidence = evidenceIn(dir);
    for (const length of [2, 4, 5]) await evidence.append(RUN, WHOLE.slice(0, length));
    for (const seq of gone) await rm(partIn(dir, seq));
    const { message } = await fails('Broken', evidence.append(RUN, WHOLE.slice(5, 7)));
    assert.match(message, /entries [024] to 4 are not there any more.* written anew/);
    await evidence.append(RUN, WHOLE);
    assert.deepEqual(await evidence.read(RUN), WHOLE);
    const file = await readFile(`${recordIn(dir)}.jsonl`, 'utf8');
    assert.equal(readEvidenceLines(file).odd, undefined);
  }
});

test('two processes that append the same run at once leave one unbroken record', async (t) => {
  const dir = await folder(t);
  const program = new URL('../support/record/append-evidence.ts', import.meta.url).pathname;
  const writers = [0, 1].map(() =>
    spawn(process.execPath, ['--import', 'tsx', program, dir], { stdio: 'inherit' }),
  );
  const codes = await Promise.all(
    writers.map(async (one) => {
      await once(one, 'exit');
      return one.exitCode;
    }),
  );
  assert.deepEqual(codes, [0, 0]);
  const entries = await evidenceIn(dir).read(RUN);
  assert.deepEqual(entries, WHOLE);
  assert.equal(verifyChain(entries), undefined);
});

test('many activities that append the same run at once, in any order, leave one unbroken record', async () => {
  const objects = createMemoryObjects();
  const none = createEarlierEvidence('/nowhere');
  const one = createEvidence(objects, none);
  const other = createEvidence(objects, none);
  await Promise.all(
    WHOLE.flatMap((_, index) =>
      [one, other].map((evidence) => evidence.append(RUN, WHOLE.slice(0, index + 1))),
    ),
  );
  assert.deepEqual(await one.read(RUN), WHOLE);
  assert.deepEqual(
    [...objects.stored.keys()],
    [...objects.stored.keys()].filter((key) => key.endsWith('run-1.jsonl')),
  );
});

test('no id leaves the store, and no two ids share a record', async (t) => {
  const dir = await folder(t);
  const ids = ['..', '../../x', '/etc/passwd', 'a/b', 'a%2Fb', '', '.', 'é\u0000', 'x'.repeat(999)];
  const evidence = evidenceIn(dir);
  for (const id of ids) await evidence.append({ workflowId: id, runId: id }, WHOLE.slice(0, 1));
  assert.equal((await readdir(join(dir, 'objects', '_evidence'))).length, ids.length);
  for (const id of ids)
    assert.equal((await evidence.read({ workflowId: id, runId: id })).length, 1);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, two) => {
      assert.match(encodeName(one), /^[A-Za-z0-9_%~-]{1,200}$/);
      assert.equal(encodeName(one) === encodeName(two), asBytes(one).equals(asBytes(two)));
    }),
  );
});

test('a store that cannot be written says so, and may be tried again', async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'objects'), '');
  const evidence = evidenceIn(dir);
  await assert.rejects(evidence.append(RUN, WHOLE), { kind: 'Unavailable', retryable: true });
  const { message } = await fails('Unavailable', evidence.keepSignature(RUN, SIGNED));
  assert.match(message, /Check that the folder is there/);
});

test('a signature replaces the one that is there; half of one is none', async (t) => {
  const dir = await folder(t);
  const evidence = evidenceIn(dir);
  await evidence.keepSignature(RUN, { ...SIGNED, head: 'b'.repeat(64) });
  await evidence.keepSignature(RUN, SIGNED);
  assert.deepEqual(await evidence.signature(RUN), SIGNED);
  const file = `${recordIn(dir)}.sig.json`;
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 40));
  assert.equal(await evidence.signature(RUN), undefined);
});

/** As releases before the object store kept it. */
async function keptEarlier(dir: string, entries: readonly EvidenceEntry[]): Promise<string> {
  const file = join(dir, 'evidence', encodeName(RUN.workflowId), 'run-1.jsonl');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return file;
}

test('a record of an earlier release is read with its signature, and takes nothing more when closed', async (t) => {
  const dir = await folder(t);
  const file = await keptEarlier(dir, WHOLE);
  const signature = { schema: 'fairlead/signature/v1', ...SIGNED };
  await writeFile(file.replace('.jsonl', '.sig.json'), JSON.stringify(signature));
  const evidence = evidenceIn(dir);
  assert.deepEqual(await evidence.read(RUN), WHOLE);
  assert.deepEqual(await evidence.signature(RUN), SIGNED);
  const more = chain(WHOLE.at(-1), '2026-01-01T00:00:00.000Z', { type: 'finding', text: 'late' });
  await fails('Superseded', evidence.append(RUN, [...WHOLE, { ...more, prev: 'c'.repeat(64) }]));
});

test('a record that an earlier release left open goes on in the store, whole', async (t) => {
  const dir = await folder(t);
  await keptEarlier(dir, WHOLE.slice(0, 3));
  await evidenceIn(dir).append(RUN, WHOLE.slice(0, 5));
  assert.deepEqual(await readdir(recordIn(dir)), ['0000000.jsonl']);
  await rm(join(dir, 'evidence'), { recursive: true });
  assert.deepEqual(await evidenceIn(dir).read(RUN), WHOLE.slice(0, 5));
});
