// action.yml by itself: what it declares is what its script reads and writes, and no input is part of a command.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ACTION, readAction } from '../support/up/ci-step.ts';

const action = readAction();
const told = readFileSync(join(ACTION, 'told.mjs'), 'utf8');

test('no expression stands inside a command', () => {
  assert.equal(action.runs.steps.length, 2);
  for (const { run } of action.runs.steps) assert.doesNotMatch(run, /\$\{\{/);
});

test('every input reaches the script under its name, and the script reads no other', () => {
  const inputs = Object.keys(action.inputs).sort();
  const given = action.runs.steps.flatMap(({ env }) => Object.entries(env));
  assert.deepEqual(
    given.map(([, value]) => value).sort(),
    inputs.map((name) => `\${{ inputs.${name} }}`).sort(),
  );
  for (const [name, value] of given)
    assert.equal(name.slice(6).toLowerCase().replaceAll('_', '-'), value.slice(11, -3));
  const read = [...told.matchAll(/\b(?:given|required|yesOrNo)\(env, '([a-z-]+)'\)/g)];
  assert.deepEqual(read.map(([, name]) => name).sort(), inputs);
});

test('every output is one that the script writes', () => {
  const body = /export function outputsOf[^]*?\n\}\n/.exec(told)?.[0] ?? '';
  const written = [...body.matchAll(/^ {4}'?([a-z-]+)'?: /gm)].map(([, name]) => name);
  assert.deepEqual(written, Object.keys(action.outputs));
  for (const [name, { value }] of Object.entries(action.outputs))
    assert.equal(value, `\${{ steps.deploy.outputs.${name} }}`);
});

test('the shell makes way for the script, so that a cancelled job reaches it', () => {
  const step = action.runs.steps.find(({ id }) => id === 'deploy');
  assert.match(step?.run ?? '', /^exec node "\$GITHUB_ACTION_PATH\/deploy\.mjs"$/);
});
