// Which format a report gets, where its page goes, and what happens where nothing can show it.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  formatOf,
  openerFor,
  pageFile,
  problemOf,
  type OutputOptions,
} from '../../src/cli/report-output.ts';
import { measuredReport } from '../support/report-samples.ts';

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
