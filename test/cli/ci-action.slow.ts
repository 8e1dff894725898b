// The GitHub Action's step run as a runner runs it, beside one real `fairlead up`. In the order in which they stand.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startLoad, type Load } from '../../demo/load.ts';
import { has, startStep, type Step } from '../support/up/ci-step.ts';
import { field, startUp, type WholeUp } from '../support/up/whole-up.ts';
import { SHOP } from '../support/up/whole-up-systems.ts';

const REASON = '--json $(touch bait); `touch bait` "100 %" | <b>';
const V2 = 'deploy/shop/api/v2';
const JOB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_ACTOR: 'otto',
  GITHUB_WORKFLOW: 'release',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_REF_NAME: 'main',
  GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
  GITHUB_RUN_ID: '77',
  GITHUB_SERVER_URL: 'https://git.example',
};

let up: WholeUp;
let load: Load | undefined;

before(async () => {
  up = await startUp([SHOP]);
});
after(async () => {
  await load?.stop();
  await up.stop();
});

function step(version: string, inputs: Record<string, string> = {}, env = {}): Step {
  const job = { ...JOB, FAIRLEAD_DATA: up.data, ...env };
  return startStep(up.folder, { target: 'shop/api', version, ...inputs }, job);
}

async function stateOf(operation: string): Promise<unknown> {
  const { stdout } = await up.exits(0, `status ${operation} --json`);
  return field(stdout, 'state');
}

test('a deploy that succeeds is 0, its report is the summary, its run is in the outputs', async () => {
  const end = await step('v1', { 'web-ui': 'https://temporal.example/' }).ended;
  const { outputs } = end;
  const run = outputs['run-id'] ?? '';
  const expected = {
    operation: 'deploy/shop/api/v1',
    outcome: 'succeeded',
    'exit-code': '0',
    url: `https://temporal.example/namespaces/default/workflows/deploy%2Fshop%2Fapi%2Fv1/${run}/history`,
  };
  has(end, 0, expected, /^## Fairlead: succeeded\n/, /\n# deploy\/shop\/api\/v1: succeeded\n/);
  assert.match(run, /^[0-9a-f-]{36}$/);
  assert.doesNotMatch(end.log, /::error/);
  load = startLoad(up.urlOf('shop'));
});

test('who asks and why come from the job, and an unusual actor is ci', async () => {
  const { stdout } = await up.exits(0, 'report deploy/shop/api/v1 --json');
  assert.equal(field(stdout, 'requestedBy'), 'otto');
  const why = 'release at main (0123456789ab): https://git.example/acme/shop/actions/runs/77';
  assert.equal(field(stdout, 'reason'), why);
  has(
    await step('v1', {}, { GITHUB_ACTOR: 'dependabot[bot]' }).ended,
    0,
    { outcome: 'nothingToDo' },
    /Requested by \| ci /,
  );
});

test('of two jobs at the same time one starts the deploy, the other joins; both end with it', async () => {
  const jobs = [step('v2'), step('v2')];
  await Promise.all(jobs.map((job) => job.says('waits for promote')));
  await up.exits(9, 'deploy shop/api v2 --timeout 1s');
  await cancelling('SIGTERM');
  await cancelling('SIGINT');
  await leaving();
  await up.exits(0, `approve ${V2} --as ana`);
  const ends = await Promise.all(jobs.map(({ ended }) => ended));
  for (const end of ends) has(end, 0, { operation: V2, outcome: 'succeeded' }, /ana/);
  assert.equal(ends[0]?.outputs['run-id'], ends[1]?.outputs['run-id']);
  const joined = ends.filter(({ summary }) => summary.includes(', joined while it ran'));
  assert.equal(joined.length, 1);
});

async function cancelling(signal: NodeJS.Signals): Promise<void> {
  const job = step('v2');
  await job.says('waits for promote');
  job.kill(signal);
  const end = await job.ended;
  has(
    end,
    130,
    { operation: V2, outcome: '', 'exit-code': '130' },
    /^## Fairlead: cancelled here, the operation goes on\n/,
    /`fairlead status deploy\/shop\/api\/v2`.*running this again waits for it again/,
  );
  assert.match(end.outputs['run-id'] ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(await stateOf(V2), 'waiting');
}

async function leaving(): Promise<void> {
  const end = await step('v2', { timeout: '1s' }).ended;
  has(end, 9, { outcome: '' }, /^## Fairlead: still running\n/, /fairlead approve deploy\/shop/);
  assert.equal(await stateOf(V2), 'waiting');
}

test('a version that fails is 3, taken back, and the summary says why', async () => {
  const end = await step('v3-errors', { 'auto-promote': 'true', reason: REASON }).ended;
  has(
    end,
    3,
    { outcome: 'rolledBack', verdict: 'fail', 'exit-code': '3' },
    /^## Fairlead: rolledBack\n/,
    /It failed and was taken back/,
    /over max 0\\?\.05/,
  );
  const [, guard = ''] = /^::stop-commands::(.+)$/m.exec(end.log) ?? [];
  assert.match(
    end.log,
    new RegExp(`\n::${guard}::\n::error title=Fairlead::deploy/shop/api/v3-er`),
  );
  const { stdout } = await up.exits(0, 'report deploy/shop/api/v3-errors --json');
  assert.equal(field(stdout, 'reason'), REASON);
  assert.equal(existsSync(join(up.folder, 'bait')), false);
});

test('a deploy that differs from the one under way is refused with 6', async () => {
  const first = step('v4-slow');
  await first.says('started');
  const end = await step('v4-slow', { 'auto-promote': 'true' }).ended;
  has(end, 6, { 'exit-code': '6', 'run-id': '' }, /autoPromote is nothing there and true here/);
  await up.exits(0, 'abort deploy/shop/api/v4-slow --as ana');
  has(await first.ended, 4, { outcome: 'aborted' }, /Somebody refused or stopped it/);
});
