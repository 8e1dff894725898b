// Files that a runbook of steps keeps, in a folder as object store: whole, once, and nothing from outside of the system's folder.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { createObjectsFolder } from '../../src/integrations/objects-folder.ts';
import { createKeptFiles } from '../../src/integrations/steps/kept-files.ts';

let dir: string;
const waiting = { signal: new AbortController().signal, beat: () => undefined };
const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kept-'));
  await mkdir(join(dir, 'shop', 'evidence', 'odd', 'logs'), { recursive: true });
  await writeFile(join(dir, 'shop', 'evidence', 'odd', 'list.jsonl'), '{"pid":1}\n');
  await writeFile(join(dir, 'shop', 'evidence', 'odd', 'logs', 'a b'), 'GET /\n');
  await mkdir(join(dir, 'shop', 'linked'));
  await symlink('/etc/passwd', join(dir, 'shop', 'linked', 'users'));
  await symlink('evidence', join(dir, 'shop', 'elsewhere'));
});
after(() => rm(dir, { recursive: true, force: true }));

const keep = (folder: string, step = 'sealed') =>
  createKeptFiles(createObjectsFolder(join(dir, 'objects'))).keep(
    { directory: join(dir, 'shop'), folder, runId: 'run-1', step },
    waiting,
  );

test('every file is kept as it was, with its SHA-256 and a list of all', async () => {
  const { files, list } = await keep('evidence/odd');
  assert.deepEqual(files, [
    { file: 'list.jsonl', bytes: 10, sha256: sha256('{"pid":1}\n') },
    { file: 'logs/a b', bytes: 6, sha256: sha256('GET /\n') },
  ]);
  assert.equal(list.key, '_kept/run-1/sealed.json');
  const stored = await readFile(join(dir, 'objects', list.key));
  assert.equal(sha256(stored), list.sha256);
  assert.match(stored.toString(), /"folder": "evidence\/odd"/);
  const text = await readFile(join(dir, 'objects', '_kept/run-1/sealed/logs%2Fa%20b'), 'utf8');
  assert.equal(text, 'GET /\n');
});

test('what an attempt before has kept stays as that found it, and another state goes beside it', async () => {
  const first = await keep('evidence/odd', 'again');
  assert.deepEqual(await keep('evidence/odd', 'again'), first);
  await writeFile(join(dir, 'shop', 'evidence', 'odd', 'list.jsonl'), '{"pid":2}\n');
  const second = await keep('evidence/odd', 'again');
  assert.deepEqual(await keep('evidence/odd', 'again'), second);
  const [changed] = second.files;
  assert.equal(changed?.sha256, sha256('{"pid":2}\n'));
  assert.equal(await readFile(join(dir, 'objects', changed.key ?? ''), 'utf8'), '{"pid":2}\n');
  const before = await readFile(join(dir, 'objects', '_kept/run-1/again/list%2Ejsonl'), 'utf8');
  assert.equal(before, '{"pid":1}\n');
  assert.notEqual(second.list.key, first.list.key);
});

test('what somebody put into the store beforehand is not taken for what was kept', async () => {
  const planted = join(dir, 'objects', '_kept/run-1/planted');
  await mkdir(planted, { recursive: true });
  await writeFile(join(planted, 'logs%2Fa%20b'), 'nothing happened\n');
  await writeFile(`${planted}.json`, '{"files":[]}\n');
  const { files, list } = await keep('evidence/odd', 'planted');
  const log = files.find(({ file }) => file === 'logs/a b');
  assert.equal(log?.sha256, sha256('GET /\n'));
  assert.equal(await readFile(join(dir, 'objects', log.key ?? ''), 'utf8'), 'GET /\n');
  const stored = await readFile(join(dir, 'objects', list.key));
  assert.equal(sha256(stored), list.sha256);
  assert.match(stored.toString(), /logs\/a b/);
});

for (const [folder, kind, said] of [
  ['../other', 'BadInput', /not below the folder of the system/],
  ['/etc', 'BadInput', /not below the folder of the system/],
  ['nowhere', 'NotFound', /there is no such folder/],
  ['elsewhere', 'Refused', /through a link/],
  ['linked', 'Unsupported', /users is neither a file nor a folder/],
] as const) {
  test(`${folder} is not kept, and the sentence says why`, async () => {
    await assert.rejects(keep(folder, folder.replaceAll('/', '-')), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(error.kind, kind);
      assert.match(error.message, said);
      return true;
    });
  });
}
