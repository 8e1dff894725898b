// The GitHub Action's step run as a runner runs it, where nothing is there to deploy with: bad and hostile inputs,
// no Temporal, no program, and a job that is cancelled before anything began.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newFolder } from '../support/up/embedded.ts';
import { has, startStep, type Step } from '../support/up/ci-step.ts';

const folder = newFolder();
after(() => {
  rmSync(folder, { recursive: true });
});

function step(version: string, inputs: Record<string, string> = {}, address = '127.0.0.1:1'): Step {
  const env = { GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'otto', TEMPORAL_ADDRESS: address };
  return startStep(folder, { target: 'shop/api', version, ...inputs }, env);
}

test('no input is run by a shell, taken for a flag, or made two outputs', async () => {
  const bait = join(folder, 'bait');
  const nasty = ['$(touch bait)', '"; touch bait; "', '--help', "v1'\nurl=evil", '`touch bait`'];
  for (const version of nasty) {
    const end = await step(version, { reason: version, strategy: version, as: version }).ended;
    has(end, 2, { 'exit-code': '2', 'run-id': '', url: '' }, /^## Fairlead: not done\n/);
  }
  const end = await step('v1', { target: '--version' }).ended;
  has(end, 2, { outcome: '' });
  assert.equal(existsSync(bait), false);
});

test('a wrong or missing input is 2 and named', async () => {
  for (const [inputs, message] of [
    [{ 'auto-promote': 'yes' }, /auto-promote is "yes", allowed: true, false/],
    [{ target: '' }, /the input target is missing/],
    [{ 'web-ui': 'javascript:alert(1)' }, /web-ui is "javascript:alert\(1\)", allowed: an address/],
    [{ timeout: 'soon' }, /--timeout/],
  ] as const) {
    has(await step('v1', inputs).ended, 2, { 'exit-code': '2' }, message);
  }
});

test('without Temporal it is 5, without the program 1, and the summary says so', async () => {
  const away = await step('v1').ended;
  has(away, 5, { 'exit-code': '5' }, /Temporal or a worker did not answer/, /127\.0\.0\.1:1/);
  const none = await step('v1', { cli: '/nowhere/fairlead' }).ended;
  has(none, 1, { 'exit-code': '1' }, /starting \/nowhere\/fairlead/);
});

test('a job that is cancelled while it still looks for Temporal ends at once with 130', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  assert.ok(typeof address === 'object' && address !== null);
  const job = step('v1', {}, `127.0.0.1:${address.port}`);
  await once(silent, 'connection');
  job.kill('SIGTERM');
  const end = await job.ended;
  silent.close();
  has(end, 130, { 'run-id': '', outcome: '' }, /cancelled here/, /If it was started, it goes on/);
});
