// Runbooks of steps as people write them: every mistake with its file, line, path and what is allowed.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkSystem, loadSystem, loadSystemRunbook } from '../../src/config/load.ts';
import { Failure } from '../../src/domain/failure.ts';

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'runbooks-'));
  await mkdir(join(dir, 'shop', 'runbooks'), { recursive: true });
  await writeFile(
    join(dir, 'shop', 'system.yaml'),
    'system: shop\nservices:\n  api:\n    platform: local\n    command: [node, a.mjs]\n    port: 9123\n    rollout: { canary: { steps: [{ weight: 5, bake: 5m }] } }\napprovals:\n  dba: { quorum: 1 }\n',
  );
});
after(() => rm(dir, { recursive: true, force: true }));

async function mistakesOf(yaml: string): Promise<string[]> {
  await writeFile(join(dir, 'shop', 'runbooks', 'errors.yaml'), yaml);
  const mistakes = await checkSystem(dir, 'shop');
  return mistakes.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

const STEP = '{ id: a, look: { command: [df] } }';

for (const [what, steps, expected] of [
  ['two kinds', ['{ id: a, look: { command: [df] }, manual: x }'], /2 kinds \(look, manual\)/],
  ['no kind', ['{ id: a }'], /does nothing; write one of look, do/],
  ['an unknown kind', ['{ id: a, lok: { command: [df] } }'], /unknown key \(did you mean look\?\)/],
  ['an id twice', [STEP, STEP], /the id a is there twice/],
  [
    'undo without do',
    ['{ id: a, look: { command: [df] }, undo: none, why: x }'],
    /undo is for do and manual/,
  ],
  [
    'a do without check',
    ['{ id: a, do: { command: [df] }, undo: none, why: x }'],
    /do\.check: is missing/,
  ],
  [
    'a do without undo',
    ['{ id: a, do: { command: [df], check: none, why: x } }'],
    /undo: is missing/,
  ],
  [
    'no check and no why',
    ['{ id: a, do: { command: [df], check: none }, undo: none, why: x }'],
    /none needs a reason/,
  ],
  [
    'an option that leads nowhere',
    ['{ id: w, choose: { question: q, options: { x: [b], y: [] } } }', STEP],
    /leads nowhere: there is no step b/,
  ],
  [
    'a circle',
    [STEP, '{ id: w, choose: { question: q, options: { x: [a], y: [] } } }'],
    /leads back to a, in a circle/,
  ],
  [
    'an approval that is not there',
    ['{ id: a, look: { command: [df] }, approval: dab }'],
    /no approval "dab" \(did you mean dba\?\)/,
  ],
  [
    'an input that is not declared',
    ["{ id: a, look: { command: [df, '{{inputs.x}}'] } }"],
    /unknown placeholder {{inputs.x}}/,
  ],
  ['a path without a service', ['{ id: a, look: { http: /health } }'], /a path is on a service/],
  [
    'a service that is not there',
    ['{ id: a, operation: { rollback: { service: ap } } }'],
    /no service "ap" \(did you mean api\?\)/,
  ],
  [
    'a wait without an end',
    ['{ id: a, wait: { until: { command: [df] } } }'],
    /atMost: is missing/,
  ],
] as [string, string[], RegExp][]) {
  test(`${what} is a mistake with its line and its path`, async () => {
    const lines = steps.map((one) => `  - ${one}\n`).join('');
    const found = await mistakesOf(`title: Errors\nleases: [api]\nsteps:\n${lines}`);
    assert.equal(found.length >= 1, true, 'a mistake is found');
    assert.match(found.join('\n'), expected);
    assert.match(found.join('\n'), /^[3-9] /m);
  });
}

test('a change without leases is refused, and a good runbook loads under its digest', async () => {
  const change = '{ id: a, do: { command: [df], check: none, why: x }, undo: none, why: y }';
  const without = await mistakesOf(`title: Errors\nsteps:\n  - ${change}\n`);
  assert.match(without.join('\n'), /name what it changes, such as leases: \[api\]/);
  assert.deepEqual(await mistakesOf(`title: Errors\nleases: [api]\nsteps:\n  - ${change}\n`), []);
  const system = await loadSystem(dir, 'shop');
  const loaded = await loadSystemRunbook(dir, system, 'errors');
  assert.match(loaded.digest, /^[0-9a-f]{64}$/);
  await assert.rejects(loadSystemRunbook(dir, system, 'error'), (error) => {
    assert.ok(error instanceof Failure);
    return /did you mean errors/.test(error.message);
  });
});
