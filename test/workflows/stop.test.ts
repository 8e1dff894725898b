// A stop of a system with many services, on a real server: users first, whoever holds whichever lease.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import { manyServices, type ManyServices } from '../support/many-services.ts';
import { endOf, reportOf, statesOf, untilStatus } from '../support/operations.ts';
import { signal, untilBaking } from '../support/shop.ts';
import type { MemoryVerb } from '../support/memory/memory-world.ts';

async function opened(t: TestContext, count: number, live: number): Promise<ManyServices> {
  const many = await manyServices(count, live);
  t.after(() => many.worker.stop());
  return many;
}

const deploy = ({ worker, system }: ManyServices, service: string): Promise<WorkflowHandle> =>
  worker.start('canaryDeploy', { system, service, version: 'v2' });
const stop = ({ worker, system }: ManyServices): Promise<WorkflowHandle> =>
  worker.start('stopTraffic', { system });

/** Keeps the `nth` call of a verb inside until it is released. */
function holding({ ports: { world } }: ManyServices, verb: MemoryVerb, nth = 1) {
  const reached = signal();
  const released = signal();
  let calls = 0;
  world.onCall = async (called) => {
    if (called !== verb) return;
    calls += 1;
    if (calls !== nth) return;
    reached.give();
    await released.given;
  };
  return { reached: reached.given, release: released.give };
}

async function untilClosed(many: ManyServices): Promise<void> {
  while (many.open().length > 0) await sleep(20);
}

/** Let go earlier, the holder may find out by itself that its service was changed, and end before it is asked to. */
async function untilPreempted(holder: WorkflowHandle): Promise<void> {
  for (;;) {
    const { events } = await holder.fetchHistory();
    const signals = events?.map((one) => one.workflowExecutionSignaledEventAttributes?.signalName);
    if (signals?.includes('preempt') === true) return;
    await sleep(50);
  }
}

test('users are kept out of every service although the holder of one lease does not give way yet', async (t) => {
  const many = await opened(t, 40, 3);
  const held = holding(many, 'restart');
  const { system, worker } = many;
  const holder = await worker.start('restartService', { system, service: 's1' });
  await held.reached;
  const stopping = await stop(many);
  await untilClosed(many);
  const { status } = await holder.describe();
  assert.equal(status.name, 'RUNNING');
  await untilPreempted(holder);
  held.release();
  const end = await endOf(stopping);
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.match(end.message, /^users get 503: s0 after \d+\.\d s, s1 after \d+\.\d s, s2 after/);
  assert.match(end.summary?.findings.join() ?? '', /\/s1: restartService-.* made way/);
  const report = await reportOf(stopping);
  const details = report.steps.map(({ detail }) => detail ?? '');
  assert.match(details[0] ?? '', /^no user was answered after \d+\.\d s; before: v1 100 %$/);
  assert.deepEqual(statesOf(report), ['stop-s0 done', 'stop-s1 done', 'stop-s2 done']);
  assert.equal((await endOf(holder)).outcome, 'preempted');
  const admit = await endOf(await worker.start('admitTraffic', { system }));
  assert.equal(admit.outcome, 'succeeded', admit.message);
  assert.deepEqual(many.open(), ['s0', 's1', 's2']);
});

test('a canary gives way to the stop of its system and sends traffic nowhere', async (t) => {
  const many = await opened(t, 3, 2);
  const canary = await deploy(many, 's1');
  await untilBaking(canary, 5);
  const end = await endOf(await stop(many));
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.equal((await endOf(canary)).outcome, 'preempted');
  assert.deepEqual(many.open(), []);
});

test('a first deploy, whose service has no traffic yet, gives way too', async (t) => {
  const many = await opened(t, 3, 0);
  const held = holding(many, 'ensure');
  const first = await deploy(many, 's2');
  await held.reached;
  const stopping = await stop(many);
  await untilStatus(stopping, (status) => status.note?.startsWith('users are kept out') === true);
  held.release();
  const end = await endOf(stopping);
  assert.equal(end.outcome, 'nothingToDo', end.message);
  assert.equal((await endOf(first)).outcome, 'preempted');
  assert.deepEqual(many.open(), []);
});

test('an admit that began before gives way; one that begins after it lets users in again', async (t) => {
  const many = await opened(t, 3, 3);
  const { system, worker } = many;
  assert.equal((await endOf(await stop(many))).outcome, 'succeeded');
  const held = holding(many, 'admit', 2);
  const before = await worker.start('admitTraffic', { system });
  await held.reached;
  assert.deepEqual(many.open(), ['s0']);
  const stopping = await stop(many);
  await untilClosed(many);
  held.release();
  const end = await endOf(stopping);
  assert.equal(end.outcome, 'succeeded', end.message);
  // It may have been at its end by then: what it let in meanwhile is kept out again.
  assert.ok(['preempted', 'succeeded'].includes((await endOf(before)).outcome));
  assert.deepEqual(many.open(), []);
  assert.equal((await endOf(await worker.start('admitTraffic', { system }))).outcome, 'succeeded');
  assert.deepEqual(many.open(), many.services);
});

test('a service that a newer operation changed is left over; the others are stopped all the same', async (t) => {
  const many = await opened(t, 3, 3);
  const { system, ports } = many;
  const newer = { epoch: Date.now() + 3_600_000, sequence: 1, operation: 'by a clock ahead' };
  ports.world.service({ system, service: 's1' }).token = newer;
  const end = await endOf(await stop(many));
  assert.equal(end.outcome, 'failed', end.message);
  assert.match(end.summary?.leftovers.join() ?? '', /\/s1 was not stopped: .*by a clock ahead/);
  assert.deepEqual(many.open(), ['s1']);
});

test('a platform that does not answer for one service is asked again, and the others are stopped by then', async (t) => {
  const many = await opened(t, 3, 3);
  const away = new Failure('Unavailable', 'asking the local host to stop: no answer');
  many.ports.world.failNext('stop', 'before', away);
  const end = await endOf(await stop(many));
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.deepEqual(many.open(), []);
  many.ports.world.failNext('stop', 'before', new Failure('Broken', 'no such route'));
  assert.equal(
    (await endOf(await many.worker.start('admitTraffic', { system: many.system }))).outcome,
    'succeeded',
  );
  const broken = await endOf(await stop(many));
  assert.equal(broken.outcome, 'failed', broken.message);
  assert.match(broken.summary?.leftovers.join() ?? '', /no such route/);
  assert.equal(many.open().length, 1);
});
