// Which format a report gets, where its page goes, and what happens where nothing can show it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dataFolder } from '../../src/cli/data-folder.ts';
import {
  formatOf,
  openerFor,
  pageFile,
  problemOf,
  writeReport,
  type OutputOptions,
} from '../../src/cli/records/report-output.ts';
import { measuredReport } from '../support/record/report-samples.ts';

const ALLOWED: [OutputOptions, string][] = [
  [{}, 'md'],
  [{ out: 'r.html' }, 'html'],
  [{ out: 'R.HTM' }, 'html'],
  [{ out: 'r.json' }, 'json'],
  [{ out: 'r.md' }, 'md'],
  [{ out: 'report' }, 'md'],
  [{ out: 'r.json', format: 'md' }, 'md'],
  [{ json: true }, 'json'],
  [{ open: true }, 'html'],
  [{ open: true, out: 'page' }, 'html'],
];

for (const [options, format] of ALLOWED) {
  test(`${JSON.stringify(options)} is ${format}`, () => {
    assert.equal(formatOf(options), format);
  });
}

test('what is no page cannot be opened', () => {
  assert.throws(() => formatOf({ open: true, json: true }), /--format html, not json/);
  assert.throws(() => formatOf({ open: true, out: 'r.md' }), /name a file that ends in .html/);
});

test('a page goes to the reports of the nearest data folder, by a name without folders', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-page-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const report = { ...measuredReport(), operation: '../../deploy/shop/api/v2 $(id)' };
  const name = 'deploy-shop-api-v2-id-run1.html';
  const deep = join(folder, 'deep');
  assert.equal(pageFile(report, {}, deep), join(deep, '.fairlead', 'reports', name));
  mkdirSync(join(folder, '.fairlead'));
  writeFileSync(join(folder, '.fairlead', 'up.json'), '{}');
  assert.equal(pageFile(report, {}, deep), join(folder, '.fairlead', 'reports', name));
  assert.equal(pageFile(report, { FAIRLEAD_DATA: '/d' }, deep), join('/d', 'reports', name));
});

test('an up.json that others could have put there is not believed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-trap-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const data = join(folder, '.fairlead');
  const deep = join(folder, 'deep');
  mkdirSync(data);
  const file = join(data, 'up.json');
  writeFileSync(file, '{}');
  const own = join(deep, '.fairlead');
  assert.equal(dataFolder({}, deep), data);
  chmodSync(file, 0o666);
  assert.equal(dataFolder({}, deep), own, 'anybody may write it');
  chmodSync(file, 0o600);
  chmodSync(data, 0o777);
  assert.equal(dataFolder({}, deep), own, 'anybody may put another one there');
  chmodSync(data, 0o700);
  const elsewhere = join(folder, 'elsewhere.json');
  renameSync(file, elsewhere);
  symlinkSync(elsewhere, file);
  assert.equal(dataFolder({}, deep), own, 'it is a link');
  rmSync(file);
  renameSync(elsewhere, file);
  renameSync(data, join(folder, 'real'));
  symlinkSync(join(folder, 'real'), data);
  assert.equal(dataFolder({}, deep), own, 'its folder is a link');
});

test('a page is not put where others could exchange it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-page-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const report = measuredReport();
  const reports = join(folder, '.fairlead', 'reports');
  mkdirSync(reports, { recursive: true });
  assert.ok(pageFile(report, {}, folder).startsWith(reports));
  for (const open of [reports, join(folder, '.fairlead')]) {
    chmodSync(open, 0o777);
    assert.throws(() => pageFile(report, {}, folder), /others may write to .*--out/);
    chmodSync(open, 0o755);
  }
  if (process.getuid?.() !== 0) return;
  chownSync(join(folder, '.fairlead'), 65_534, 65_534);
  assert.throws(() => pageFile(report, {}, folder), /belongs to user 65534.*--out/);
});

test('an up.json of another user is not believed', { skip: process.getuid?.() !== 0 }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-other-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  mkdirSync(join(folder, '.fairlead'));
  const file = join(folder, '.fairlead', 'up.json');
  writeFileSync(file, '{}');
  chownSync(file, 65_534, 65_534);
  assert.equal(dataFolder({}, join(folder, 'deep')), join(folder, 'deep', '.fairlead'));
});

test('a report takes the place of a link and is not written through it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-out-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const precious = join(folder, 'precious');
  writeFileSync(precious, 'precious');
  for (const to of [precious, join(folder, 'nowhere')]) {
    const out = join(folder, 'report.md');
    rmSync(out, { force: true });
    symlinkSync(to, out);
    await writeReport('the report', out);
    assert.equal(readFileSync(out, 'utf8'), 'the report');
    assert.ok(lstatSync(out).isFile());
  }
  assert.equal(readFileSync(precious, 'utf8'), 'precious');
  assert.ok(!existsSync(join(folder, 'nowhere')));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const read = readFile(pipe, 'utf8');
  await writeReport('through a pipe', pipe);
  assert.equal(await read, 'through a pipe');
  if (process.getuid?.() !== 0) return;
  chownSync(pipe, 65_534, 65_534);
  await assert.rejects(writeReport('for its reader', pipe), /belongs to user 65534/);
});

test('each platform opens a file by a program of its own, without a shell', () => {
  assert.deepEqual(openerFor('linux', '/a b.html'), ['xdg-open', '/a b.html']);
  assert.deepEqual(openerFor('darwin', '/a b.html'), ['open', '/a b.html']);
  assert.equal(openerFor('win32', 'C:\\a b.html').at(-1), 'C:\\a b.html');
});

test('an opener that is missing or fails is told, one that ends well is not', async () => {
  // More patience than people have: a process may take seconds to start on a busy machine.
  const node = (script: string) => problemOf([process.execPath, '-e', script], 60_000);
  assert.match(
    (await problemOf(['/nowhere/xdg-open', 'x'])) ?? '',
    /starting .*xdg-open: .*ENOENT/,
  );
  assert.match((await node('process.exit(3)')) ?? '', /ended with 3/);
  assert.equal(await node(''), undefined);
});
