// The README and the pages in docs/: short enough to be read, and every link leads somewhere.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { VERB_GROUPS } from '../../src/cli/verbs.ts';
import { ROOT } from '../support/entry.ts';
import { mistakesOf, systemsWith } from '../support/system-files.ts';

const readme = await readFile(join(ROOT, 'README.md'), 'utf8');

test('the README has at most 1,500 words', () => {
  const words = readme.split(/\s+/).length;
  assert.ok(words <= 1500, `${words} words`);
});

test('every link from page to page leads to a file', async () => {
  const below = await readdir(join(ROOT, 'docs'), { recursive: true });
  const pages = ['README.md', 'CHANGELOG.md', ...below.map((one) => join('docs', one))];
  for (const page of pages.filter((one) => one.endsWith('.md'))) {
    const text = (await readFile(join(ROOT, page), 'utf8')).replace(/`[^`\n]*`/g, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      assert.ok(existsSync(join(ROOT, dirname(page), target)), `${page} leads to ${target}`);
    }
  }
});

test('the page of commands knows every verb', async () => {
  const page = await readFile(join(ROOT, 'docs', 'commands.md'), 'utf8');
  for (const verb of VERB_GROUPS.flatMap(({ verbs }) => verbs)) {
    assert.match(page, new RegExp(`\\b${verb}\\b`));
  }
});

test('the system file of the README passes check', async (t) => {
  const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(readme) ?? [];
  assert.notEqual(yaml, '');
  assert.deepEqual(
    await mistakesOf(await systemsWith(t, { 'shop/system.yaml': yaml }), 'shop'),
    [],
  );
});
