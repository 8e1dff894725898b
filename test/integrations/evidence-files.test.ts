import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { chain, verifyChain } from '../../src/domain/evidence-chain.ts';
import { readEvidenceLines } from '../../src/domain/evidence-lines.ts';
import { Failure } from '../../src/domain/failure.ts';
import { createEvidenceFiles, encodeName } from '../../src/integrations/evidence-files.ts';
import { entriesOf, OPENED, ROLLED_BACK } from '../support/evidence.ts';

const RUN = { workflowId: 'deploy/shop/api/v2', runId: 'run-1' };
const WHOLE = entriesOf(ROLLED_BACK);

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-evidence-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

// Half a surrogate pair has no bytes of its own: it is the replacement character in a file name.
const asBytes = (id: string): Buffer => Buffer.from(id, 'utf8');
const fileOf = (dir: string): string => join(dir, encodeName(RUN.workflowId), 'run-1.jsonl');

test('what is appended is read back, and a run without entries is empty', async (t) => {
  const evidence = createEvidenceFiles(await folder(t));
  assert.deepEqual(await evidence.read(RUN), []);
  await evidence.append(RUN, WHOLE);
  assert.deepEqual(await evidence.read(RUN), WHOLE);
});

test('appending again adds nothing, and appending more adds only what is new', async (t) => {
  const dir = await folder(t);
  const evidence = createEvidenceFiles(dir);
  await evidence.append(RUN, WHOLE.slice(0, 4));
  await evidence.append(RUN, WHOLE.slice(2, 4));
  await evidence.append(RUN, WHOLE.slice(0, 6));
  const lines = (await readFile(fileOf(dir), 'utf8')).trim().split('\n');
  assert.equal(lines.length, 6);
  assert.deepEqual(await evidence.read(RUN), WHOLE.slice(0, 6));
});

test('a line cut by a crash at any byte is written again, whole', async (t) => {
  const dir = await folder(t);
  const evidence = createEvidenceFiles(dir);
  await evidence.append(RUN, WHOLE.slice(0, 3));
  const before = await readFile(fileOf(dir));
  const line = Buffer.from(JSON.stringify(WHOLE[3]));
  for (const cut of [0, 1, Math.floor(line.length / 2), line.length - 1, line.length]) {
    await writeFile(fileOf(dir), Buffer.concat([before, line.subarray(0, cut)]));
    const known = (await evidence.read(RUN)).length;
    assert.ok(known === 3 || (cut === line.length && known === 4));
    await evidence.append(RUN, WHOLE);
    assert.deepEqual(await evidence.read(RUN), WHOLE);
  }
});

test('a line that somebody damaged in the middle is named, not passed over', async (t) => {
  const dir = await folder(t);
  const evidence = createEvidenceFiles(dir);
  await evidence.append(RUN, WHOLE);
  const lines = (await readFile(fileOf(dir), 'utf8')).split('\n');
  await writeFile(fileOf(dir), lines.toSpliced(4, 1, 'garbage').join('\n'));
  await assert.rejects(evidence.read(RUN), (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.kind, 'Broken');
    assert.match(error.message, /run-1\.jsonl:6: entry 4 is missing/);
    return true;
  });
});

test('a run that somebody else sealed takes no other entries', async (t) => {
  const evidence = createEvidenceFiles(await folder(t));
  await evidence.append(RUN, WHOLE.slice(0, 3));
  const other = entriesOf([OPENED, OPENED, OPENED, OPENED]);
  await assert.rejects(evidence.append(RUN, other), { kind: 'Superseded' });
  assert.deepEqual(await evidence.read(RUN), WHOLE.slice(0, 3));
});

test('a run that somebody else closed takes nothing more, however far it is', async (t) => {
  const evidence = createEvidenceFiles(await folder(t));
  await evidence.append(RUN, WHOLE.slice(0, 3));
  const last = WHOLE[2] ?? assert.fail('no entry 2');
  const { outcome, serving } = { outcome: 'interrupted', serving: 'old' } as const;
  const end = { outcome, serving, verdict: null, message: 'gone', leftovers: [] };
  await evidence.append(RUN, [chain(last, last.at, { type: 'closed', ...end })]);
  await assert.rejects(evidence.append(RUN, WHOLE.slice(4, 6)), { kind: 'Superseded' });
  await assert.rejects(evidence.append(RUN, WHOLE.slice(6)), { kind: 'Superseded' });
});

test('a file that is gone or cut takes no later entries, and all of them together', async (t) => {
  const dir = await folder(t);
  const evidence = createEvidenceFiles(dir);
  await evidence.append(RUN, WHOLE.slice(0, 5));
  const cut = (await readFile(fileOf(dir), 'utf8')).split('\n').slice(0, 2).join('\n');
  for (const left of [cut, `${cut}\n`, '', undefined]) {
    if (left === undefined) await rm(fileOf(dir));
    else await writeFile(fileOf(dir), left);
    await assert.rejects(evidence.append(RUN, WHOLE.slice(5, 7)), (error: unknown) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.kind, 'Broken');
      assert.match(error.message, /entries [02] to 4 are not there any more.* written anew/);
      return true;
    });
    await evidence.append(RUN, WHOLE);
    assert.deepEqual(await evidence.read(RUN), WHOLE);
    assert.equal(readEvidenceLines(await readFile(fileOf(dir), 'utf8')).odd, undefined);
  }
});

test('half a line that another entry follows is taken away', async (t) => {
  const dir = await folder(t);
  const evidence = createEvidenceFiles(dir);
  await evidence.append(RUN, WHOLE.slice(0, 3));
  const last = WHOLE[2] ?? assert.fail('no entry 2');
  await appendFile(fileOf(dir), JSON.stringify(WHOLE[3]).slice(0, -9));
  await evidence.append(RUN, [chain(last, last.at, { type: 'finding', text: 'another' })]);
  const { entries, odd, unreadable } = readEvidenceLines(await readFile(fileOf(dir), 'utf8'));
  assert.deepEqual([entries.length, odd, unreadable], [4, undefined, []]);
});

test('two processes that append the same run at once leave one unbroken record', async (t) => {
  const dir = await folder(t);
  const program = new URL('../support/append-evidence.ts', import.meta.url).pathname;
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
  const entries = await createEvidenceFiles(dir).read(RUN);
  assert.deepEqual(entries, WHOLE);
  assert.equal(verifyChain(entries), undefined);
});

test('no id leaves the folder, and no two ids share a file', async (t) => {
  const dir = await folder(t);
  const ids = ['..', '../../x', '/etc/passwd', 'a/b', 'a%2Fb', '', '.', 'é\u0000', 'x'.repeat(999)];
  const evidence = createEvidenceFiles(dir);
  for (const id of ids) await evidence.append({ workflowId: id, runId: id }, WHOLE.slice(0, 1));
  assert.equal((await readdir(dir)).length, ids.length);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, two) => {
      assert.match(encodeName(one), /^[A-Za-z0-9_%~-]{1,200}$/);
      assert.equal(encodeName(one) === encodeName(two), asBytes(one).equals(asBytes(two)));
    }),
  );
});

test('a folder that cannot be written says so, and may be tried again', async (t) => {
  const dir = await folder(t);
  await appendFile(join(dir, 'file'), '');
  const evidence = createEvidenceFiles(join(dir, 'file'));
  await assert.rejects(evidence.append(RUN, WHOLE), { kind: 'Unavailable', retryable: true });
});
