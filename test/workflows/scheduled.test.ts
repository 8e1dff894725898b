// Runbooks on the schedule, on a real server: started by Temporal, left open, failed; what people and the worker's metrics are told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduleHandle, WorkflowHandle } from '@temporalio/client';
import type { CheckedScheduled } from '../../src/activities/scheduled/check-scheduled.ts';
import type { ScheduledNow } from '../../src/activities/inspect.ts';
import type { Temporal } from '../../src/cli/temporal/connect.ts';
import { readRows } from '../../src/cli/temporal/list-schedules.ts';
import { sync } from '../../src/cli/temporal/sync-schedules.ts';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import type { LoadedSystem } from '../../src/domain/loaded-system.ts';
import { endOf, freshName, untilStatus } from '../support/operations.ts';
import { openShop, send, shopSystem, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const files = new Map<string, LoadedSystem>();
let shop: Shop;
let temporal: Temporal;

before(async () => {
  const { address } = await testServer();
  shop = await openShop({
    systems: {
      names: async () => [...files.keys()],
      load: async (name) => files.get(name) ?? assert.fail(`there is no system ${name}`),
    },
  });
  const { client, taskQueue } = shop.worker;
  temporal = { client, taskQueue, namespace: 'default', address };
  const runbook = runbookSchema.parse({ title: 'A week', steps: [{ id: 'seen', manual: 'Look' }] });
  const file = 'systems/shop/runbooks/weekly.yaml';
  shop.ports.steps.written.set('weekly', {
    name: 'weekly',
    file,
    digest: digestOf(runbook),
    runbook,
  });
});
after(async () => {
  for (const { id } of await readRows(temporal))
    await temporal.client.schedule.getHandle(id).delete();
  await shop.worker.stop();
});

/** A system with one runbook every week, on a day that is not near. */
function weekly(): { system: string; operation: string } {
  const system = freshName();
  const notify = { ops: { type: 'console' as const } };
  const runbooks = { weekly: { on: 'monday', at: '09:00', within: '1m' } };
  files.set(system, shopSystem(system, { schedules: { runbooks }, notify }));
  return { system, operation: `run/${system}/weekly` };
}

async function check(system: string): Promise<CheckedScheduled> {
  return (await shop.start('checkScheduled', { system })).result() as Promise<CheckedScheduled>;
}

/** Visibility lags behind a little; the test's own time-out is the deadline. */
async function untilStanding(system: string, state: string): Promise<void> {
  while (!(await standing(system)).includes(state)) await sleep(50);
}

async function standing(system: string): Promise<string[]> {
  const handle = await shop.start('inspectSystem', { system, scheduled: true });
  const { scheduled } = (await handle.result()) as ScheduledNow;
  return scheduled.map(({ state, attention }) => `${state}${attention ? '!' : ''}`);
}

async function startedBy(schedule: ScheduleHandle): Promise<WorkflowHandle> {
  for (;;) {
    const { info } = await schedule.describe();
    const last = info.recentActions.at(-1);
    if (last !== undefined)
      return temporal.client.workflow.getHandle(last.action.workflow.workflowId);
    await sleep(50);
  }
}

test('a runbook without a schedule is told once, and its gauge is set', async () => {
  const { system } = weekly();
  const first = await check(system);
  assert.deepEqual(first.told, ['ops']);
  const [one] = first.runbooks;
  assert.deepEqual([one?.state, one?.due], ['notKept', null]);
  await check(system);
  const sent = shop.ports.notify.sent.filter(({ notice }) => notice.system === system);
  assert.equal(new Set(sent.map(({ key }) => key)).size, 1);
  assert.equal(sent[0]?.notice.title, `run/${system}/weekly is overdue`);
  assert.equal(sent[0].notice.look, `fairlead health ${system} --detailed`);
  const seen = shop.ports.scheduled.seen.get(system);
  assert.deepEqual(seen?.runbooks, [{ runbook: 'weekly', state: 'notKept', attention: true }]);
});

test('what its schedule starts is open, then done; what a person aborts is not done', async () => {
  const { system, operation } = weekly();
  await sync(temporal, system, false);
  assert.deepEqual(await standing(system), ['notYet']);
  const schedule = temporal.client.schedule.getHandle(operation);
  await schedule.trigger();
  const handle = await startedBy(schedule);
  await untilStatus(handle, (status) => status.asks !== undefined);
  await untilStanding(system, 'open');
  await send(handle, 'tick', { actor: 'ana', step: 'seen' });
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  await untilStanding(system, 'done');
  const byHand = await shop.start('runbook', { system, runbook: 'weekly' }, operation);
  await untilStatus(byHand, (status) => status.asks !== undefined);
  await send(byHand, 'abort', { actor: 'ana' });
  await endOf(byHand);
  await untilStanding(system, 'failed!');
  const { told, runbooks } = await check(system);
  assert.deepEqual(told, ['ops']);
  assert.match(runbooks[0]?.text ?? '', /^the one of .* ended aborted; /);
});
