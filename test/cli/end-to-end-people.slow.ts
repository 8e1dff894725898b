// What people answer through the real command line, beside one real `fairlead up`: gates, parked steps, promotion.
// The tests of one system build on each other, in the order in which they stand here.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { localServices } from '../../src/platforms/local/adapter.ts';
import { hostPaths } from '../../src/platforms/local/protocol.ts';
import { loadState } from '../../src/platforms/local/state.ts';
import { calledByName } from '../support/called-platform.ts';
import { field, saying, startUp, startUsers, type WholeUp } from '../support/up/whole-up.ts';
import { PEOPLE } from '../support/up/whole-up-systems.ts';

let up: WholeUp;

before(async () => {
  up = await startUp(PEOPLE);
});
after(() => up.stop());

const exits: WholeUp['exits'] = (code, args, env) => up.exits(code, args, env);
const until: WholeUp['until'] = (what, path, value) => up.until(what, path, value);

const QUIET = 'deploy/quiet/api/v2';
const GATED = 'deploy/gated/api/v2';

/** Past Fairlead, with the epoch token of the last change, as somebody would who has the token and no time. */
async function sendAllToV1ByHand(system: string): Promise<void> {
  const { services } = await loadState(hostPaths(up.data).state);
  const fence = Object.values(services).find(({ ref }) => ref.system === system)?.fence;
  assert.ok(fence);
  const { traffic } = calledByName(localServices(up.data));
  const service = { system, service: 'api' };
  const { weights } = await traffic.read(service);
  const all = weights.map((one) => ({ ...one, percent: one.version === 'v1' ? 100 : 0 }));
  await traffic.set({
    service,
    weights: all,
    expect: weights,
    token: { ...fence, step: 'by hand' },
  });
}

test('without users an analysis has no data: the deploy parks, and the command leaves with 8', async () => {
  await exits(0, 'deploy quiet/api v1');
  const { stderr } = await exits(8, 'deploy quiet/api v2 --auto-promote');
  assert.match(stderr, /needs a person[^]*fairlead retry deploy\/quiet\/api\/v2/);
  const { stdout } = await exits(0, 'status deploy/quiet/api/v2 --json');
  assert.equal(field(stdout, 'state'), 'parked');
  await exits(0, 'skip deploy/quiet/api/v2 --as ana');
  await until('deploy/quiet/api/v2', 'step', 'weight-50');
  await exits(0, 'abort deploy/quiet/api/v2 --as ana');
  await until('deploy/quiet/api/v2', 'outcome', 'aborted');
});

test('what is parked for want of data is retried once there are users', async () => {
  await exits(8, 'deploy quiet/api v2 --as ci');
  const load = startUsers(up.urlOf('quiet'));
  try {
    await exits(0, `retry ${QUIET} --as ana`);
    await until(QUIET, 'gates.0.id', 'weight-50');
    await exits(0, `approve ${QUIET} --as ana`);
    await until(QUIET, 'outcome', 'succeeded');
  } finally {
    await load.stop();
  }
});

test('promote ends a bake, with --full for another person than the requester', async () => {
  await exits(0, 'deploy patient/api v1');
  const cli = up.start('deploy patient/api v2 --as ci --json');
  await until('deploy/patient/api/v2', 'weights.1.percent', 20);
  await exits(6, 'promote deploy/patient/api/v2 --as ci --full');
  // Refused until the bake has begun.
  while ((await up.run('promote deploy/patient/api/v2 --as ana --full')).code !== 0);
  const { code, stdout } = await cli.ended;
  assert.equal(code, 0);
  assert.equal(field(stdout, 'verdict'), 'inconclusive');
  const status = await exits(0, 'status patient --json');
  assert.equal(field(status.stdout, 'services.api.weights.0.version'), 'v2');
});

test('weights changed by hand park the deploy; adopt goes on from what is there', async () => {
  await exits(0, 'deploy gated/api v1');
  const cli = up.start('deploy gated/api v2 --as ci');
  await saying(cli, 'waits for promote');
  await sendAllToV1ByHand('gated');
  await exits(0, `approve ${GATED} --as ana`);
  const { code, stderr } = await cli.ended;
  assert.equal(code, 8);
  assert.match(stderr, /fairlead adopt deploy\/gated\/api\/v2/);
  await exits(0, `adopt ${GATED} --as ana --reason checked`);
  await until(GATED, 'state', 'closed');
  await exits(0, 'rollback gated/api');
});

test('who rejects ends the deploy with 4, who aborts it too, and everything is taken back', async () => {
  for (const [answer, outcome] of [
    ['reject', 'rejected'],
    ['abort', 'aborted'],
  ] as const) {
    const cli = up.start('deploy gated/api v2 --as ci --json');
    await saying(cli, 'waits for promote');
    await exits(0, `${answer} deploy/gated/api/v2 --as ana --reason no`);
    const { code, stdout } = await cli.ended;
    assert.equal(code, 4);
    assert.equal(field(stdout, 'outcome'), outcome);
    assert.equal(field(stdout, 'serving'), 'old');
  }
});

test('an approval that nobody gives in time ends the deploy with 4', async () => {
  await exits(0, 'deploy hasty/api v1');
  const { stdout } = await exits(4, 'deploy hasty/api v2 --json');
  assert.equal(field(stdout, 'outcome'), 'expired');
});

test('--auto-promote where the file does not allow it is bad input: 2', async () => {
  const { stdout, stderr } = await exits(2, 'deploy gated/api v2 --auto-promote');
  assert.match(stdout + stderr, /autoPromotion: false/);
});

test('without a worker it is 5, while list answers all the same', async () => {
  const env = { FAIRLEAD_TASK_QUEUE: 'nobody' };
  const { stderr } = await exits(5, 'deploy gated/api v4-slow', env);
  assert.match(stderr, /waits: no worker polls the task queue "nobody"/);
  const { stdout } = await exits(0, 'list --open --json', env);
  assert.match(stdout, /deploy\/gated\/api\/v4-slow/);
  await exits(5, 'status gated', env);
  const status = await exits(0, 'status deploy/gated/api/v4-slow --json', env);
  assert.equal(field(status.stdout, 'stale'), true);
});
