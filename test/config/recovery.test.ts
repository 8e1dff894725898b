// The section `recovery:` of a system file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mistakesOf, SHOP, systemsWith, testMistakes } from '../support/system-files.ts';

const DATA = 'datastores:\n  main: { kind: files, directory: data }\n';
const recovery = (text: string): string => `${SHOP}${DATA}recovery: ${text}\n`;
const command = '{ stop: [a], start: [b], check: [c] }';

testMistakes([
  [
    'a writer is one thing, and has what that takes',
    recovery(
      `{ writers: [{ service: api, outside: b, stop: manual }, { command: ${command} }, { outside: c }, { service: api, stop: manual, name: d }] }`,
    ),
    [
      '18: recovery.writers.0: a writer has one of service, command (with name) and outside (with stop: manual)',
      '18: recovery.writers.1.command: a writer with a command needs a name beside it, for its steps: imports',
      '18: recovery.writers.2.outside: nothing but people stops it: write stop: manual beside it',
      '18: recovery.writers.3.name: goes with a command: service and outside are names already',
      '18: recovery.writers.3.stop: goes with outside only',
      '18: recovery.writers.3: "api" is there twice; give each a name of its own',
    ],
  ],
  [
    'names services that are there, and each list once',
    recovery(
      '{ writers: [{ service: apii }], outside: [{ name: a, look: b }, { name: a, look: c }] }',
    ),
    [
      '18: recovery.writers.0.service: there is no service "apii" (did you mean api?); declared in services: api',
      '18: recovery.outside.1: "a" is there twice; give each a name of its own',
    ],
  ],
  [
    'a migration by a command has its check',
    recovery('{ migrate: { command: [a] } }'),
    ['18: recovery.migrate: has a runbook, or a command with its check'],
  ],
  [
    'runbooks before the question are there',
    recovery('{ reconcile: carry, migrate: { runbook: up } }'),
    [
      '18: recovery.reconcile: there is no runbook "carry" in runbooks/; there are: none',
      '18: recovery.migrate.runbook: there is no runbook "up" in runbooks/; there are: none',
    ],
  ],
  [
    'a command without its check is none: nobody would know whether it is stopped',
    recovery('{ writers: [{ name: a, command: { stop: [a], start: [b] } }] }'),
    [
      '18: recovery.writers.0.command.check: is missing; write a list: the program and its arguments, run without a shell',
    ],
  ],
]);

test('a runbook before the question declares what it is given', async (t) => {
  const text = '{ type: text }';
  const steps = 'steps: [{ id: a, manual: Look }]';
  const dir = await systemsWith(t, {
    'shop/system.yaml': recovery('{ reconcile: carry, migrate: { runbook: up } }'),
    'shop/runbooks/carry.yaml': `title: T\ninputs: { datastore: ${text}, copy: ${text}, quarantined: ${text} }\n${steps}\n`,
    'shop/runbooks/up.yaml': `title: T\ninputs: { copy: ${text}, version: ${text} }\n${steps}\n`,
  });
  assert.deepEqual(await mistakesOf(dir, 'shop'), [
    'systems/shop/system.yaml:18: recovery.migrate.runbook: runbook up: there is no input "datastore"; it takes copy, version; there is no input "quarantined"; it takes copy, version; input version is missing; give a text of 1 to 1,000 characters on one line that does not begin with a hyphen',
  ]);
});
