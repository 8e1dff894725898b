// No worker ran for two hours, and somebody repaired things by hand meanwhile: nothing is touched before a person
// has said what to do. The outage is the clock of the ports, which jumps while an activity waits to begin.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, reportOf, untilBeating, untilStatus } from '../support/operations.ts';
import { openShop, send, type Shop } from '../support/shop.ts';

const TWO_HOURS = 2 * 3_600_000;
let ahead = 0;
let shop: Shop;
before(async () => {
  shop = await openShop({
    clock: {
      now: () => Date.now() + ahead,
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    },
  });
});
after(() => shop.worker.stop());

/** A deploy that got to 5 %, then slept through an outage in which v1 was given everything by hand. */
async function slept(): Promise<{
  system: string;
  handle: WorkflowHandle;
  status: OperationStatus;
}> {
  const { system, handle } = await shop.waiting();
  const ref = { system, service: 'api' };
  // The jump comes between the read of the step that shifts traffic and its look at the lease.
  shop.ports.world.onCall = (verb) => {
    if (verb === 'scale' || verb === 'revisions') ahead = TWO_HOURS;
  };
  const found = shop.ports.world.weights(ref);
  shop.ports.world.setByHand(
    ref,
    found.map((one) => ({ ...one, percent: one.version === 'v1' ? 100 : 0 })),
  );
  await send(handle, 'approve', { actor: 'ana' });
  const status = await untilStatus(handle, (one) => one.state === 'parked');
  shop.ports.world.onCall = () => undefined;
  ahead = 0;
  return { system, handle, status };
}

test('what is found bad after an outage is told, and taken back by nobody but people', async () => {
  const ops = { type: 'console' } as const;
  const system = shop.live({
    rollout: {
      canary: { steps: [{ weight: 5, bake: '2s' }], watch: '0s', analysis: 'errors' },
    },
    notify: { ops },
  });
  const handle = await shop.deploy(system, 'slept-on');
  await untilBeating(handle, 'bake');
  ahead = TWO_HOURS;
  await untilStatus(handle, (one) => one.state === 'parked');
  shop.ports.world.answer('slept-on', { errorRatio: 0.9 });
  const told = (): string[] =>
    shop.ports.notify.sent.flatMap(({ notice }) =>
      notice.system === system && notice.event === 'parked' ? [notice.text] : [],
    );
  while (told().length < 2) await sleep(50);
  assert.match(told()[0] ?? '', /^nobody watched for 7\d\d\d s during weight-5/);
  assert.match(told()[1] ?? '', /weight-5 was found bad: fail, errors: .*error-ratio 0\./);
  const { state, watch } = await untilStatus(handle, (one) => one.watch?.judged !== undefined);
  assert.deepEqual([state, watch?.judged?.verdict], ['parked', 'fail']);
  assert.match(shop.weightsOf(system), /v1 95 %, slept-on 5 %/);
  await send(handle, 'abort', { actor: 'ana', keep: true });
  assert.equal((await endOf(handle)).outcome, 'aborted');
  ahead = 0;
  const { findings } = await reportOf(handle);
  assert.ok(findings.some((one) => /parked at weight-5, weight-5 was found bad/.test(one)));
});

const changesOf = (system: string) =>
  shop.ports.world.changes.filter((one) => one.service === `${system}/api`).length;

test('an outage parks the operation before it changes anything', async () => {
  const { system, handle, status } = await slept();
  assert.match(
    status.note ?? '',
    /no worker ran for 7\d\d\d s.*then send retryStep, adopt or abort/,
  );
  assert.equal(shop.weightsOf(system), 'v1 100 %');
  const before = changesOf(system);
  await send(handle, 'retryStep', { actor: 'ana' });
  const again = await untilStatus(
    handle,
    (one) => one.state === 'parked' && (one.note ?? '').includes('somebody changed it'),
  );
  assert.match(again.note ?? '', /expected v1 95 %, v2 5 % but found v1 100 %/);
  assert.equal(changesOf(system), before);
  await send(handle, 'abort', { actor: 'ana' });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'aborted');
  assert.equal(shop.weightsOf(system), 'v1 100 %');
});

test('adopt takes what was done by hand, and goes on from there', async () => {
  const { system, handle } = await slept();
  await send(handle, 'adopt', { actor: 'ana' });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.equal(shop.weightsOf(system), 'v2 100 %');
  assert.match(end.summary?.findings.join() ?? '', /parked at weight-50: no worker ran/);
});

test('abort with keep leaves what was done by hand', async () => {
  const { system, handle } = await slept();
  const before = changesOf(system);
  await send(handle, 'abort', { actor: 'ana', keep: true });
  assert.equal((await endOf(handle)).outcome, 'aborted');
  assert.equal(changesOf(system), before);
  assert.equal(shop.weightsOf(system), 'v1 100 %');
});

test('a bad verdict undoes, also when nobody watched for two hours before it', async () => {
  const system = shop.live({
    rollout: {
      canary: { steps: [{ weight: 5, bake: '1h' }], watch: '0s', analysis: 'errors' },
    },
  });
  const handle = await shop.deploy(system, 'turns');
  await untilBeating(handle, 'bake');
  ahead = TWO_HOURS;
  shop.ports.world.answer('turns', { errorRatio: 0.9 });
  const end = await endOf(handle);
  ahead = 0;
  assert.equal(end.outcome, 'rolledBack', end.message);
  assert.equal(shop.weightsOf(system), 'v1 100 %');
});

test('a bake that nobody watched for two hours parks', async () => {
  const system = shop.live({
    rollout: { canary: { steps: [{ weight: 5, bake: '2s' }], watch: '0s' } },
  });
  const handle = await shop.deploy(system, 'v2');
  await untilBeating(handle, 'bake');
  ahead = TWO_HOURS;
  const status = await untilStatus(handle, (one) => one.state === 'parked');
  ahead = 0;
  assert.match(status.note ?? '', /nobody watched for 7\d\d\d s during weight-5/);
  await send(handle, 'skipStep', { actor: 'ana' });
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.equal(end.summary?.verdict, 'inconclusive');
});
