// Copies and isolated targets whose own record cannot be made out: seen, named, and over after a day, each beside the others.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KEPT_FOR_MS, sweepDecision } from '../../src/domain/recovery/sweep.ts';
import { createCopies } from '../../src/datastores/copies.ts';
import { createTargets } from '../../src/platforms/local/isolation/targets.ts';
import { waiting } from '../support/called-platform.ts';

const BROKEN: Record<string, string | null> = {
  truncated: '{"copy":"trunc',
  empty: '',
  'other-shape': '{"copy":7}',
  'no-json': 'hello',
  'a-folder': null,
};
const NOW = Date.UTC(2026, 10, 22);

async function rootOf(t: { after: (fn: () => Promise<void>) => void }, file: string) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-damaged-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(BROKEN)) {
    const at = join(root, name, file);
    await mkdir(join(root, name));
    if (text === null) await mkdir(at);
    else await writeFile(at, text);
    await utimes(at, NOW / 1000, NOW / 1000);
  }
  // Nobody's, as far as anybody can tell: it may be an operator's own.
  await mkdir(join(root, 'without'));
  return root;
}

test('damaged copies are listed with what is wrong, beside those that are well, and can be discarded', async (t) => {
  const root = await rootOf(t, 'copy.json');
  const copies = createCopies(root);
  const whole = { copy: 'whole', backup: 'b', kind: 'files', createdAt: NOW };
  await copies.finish(await copies.begin(whole, waiting()));
  const listed = await copies.list();
  assert.deepEqual(listed.map(({ copy }) => copy).sort(), [...Object.keys(BROKEN), 'whole'].sort());
  for (const { copy, problem, createdAt } of listed) {
    if (copy === 'whole') continue;
    assert.equal(problem, 'its copy.json is nothing that Fairlead wrote');
    const fresh = sweepDecision({ name: copy, createdAt, problem }, undefined, NOW + 1000);
    assert.equal(fresh.remove, false);
    assert.match(fresh.reason, /nothing that Fairlead wrote; written last at 2026-11-22/);
    const late = sweepDecision(
      { name: copy, createdAt, problem },
      undefined,
      NOW + KEPT_FOR_MS + 1,
    );
    assert.equal(late.remove, true);
    await copies.discard(copy, waiting());
  }
  assert.deepEqual(
    (await copies.list()).map(({ copy }) => copy),
    ['whole'],
  );
});

test('damaged targets are listed with what is wrong, and can be removed', async (t) => {
  const root = await rootOf(t, 'target.json');
  const targets = createTargets(root);
  const listed = await targets.list();
  assert.deepEqual(listed.map(({ target }) => target).sort(), Object.keys(BROKEN).sort());
  for (const { target, problem, owner } of listed) {
    assert.equal(owner.runId, '');
    assert.equal(problem, 'its target.json is nothing that Fairlead wrote');
    await targets.remove(target, waiting().signal);
  }
  assert.deepEqual(await targets.list(), []);
});
