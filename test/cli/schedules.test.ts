// Schedules on a real server: made to match system files, twice, after edits by hand, beside somebody else's.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ScheduleDescription,
  ScheduleHandle,
  ScheduleUpdateOptions,
} from '@temporalio/client';
import type { Temporal } from '../../src/cli/temporal/connect.ts';
import { readRows } from '../../src/cli/temporal/list-schedules.ts';
import { sync } from '../../src/cli/temporal/sync-schedules.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { LoadedSystem } from '../../src/domain/loaded-system.ts';
import { freshName } from '../support/operations.ts';
import { withData } from '../support/data-shop.ts';
import { openShop, shopSystem, type Shop, type ShopFile } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const nightly: ShopFile = {
  ...withData,
  schedules: {
    backup: { at: ['02:00', '14:00'] },
    verify: { on: 'sunday', at: '04:00' },
    check: { every: '1h' },
  },
};

/** What system files say; a Failure is one that cannot be read. */
const files = new Map<string, LoadedSystem | Failure>();
let shop: Shop;
let temporal: Temporal;

before(async () => {
  const { address } = await testServer();
  shop = await openShop({
    systems: {
      names: async () => [...files.keys()],
      load: async (name) => {
        const found = files.get(name) ?? new Failure('NotFound', `there is no system ${name}`);
        if (found instanceof Failure) throw found;
        return found;
      },
    },
  });
  const { client, taskQueue } = shop.worker;
  temporal = { client, taskQueue, namespace: 'default', address };
});
after(async () => {
  for (const { id } of await readRows(temporal)) await handleOf(id).delete();
  await shop.worker.stop();
});

const handleOf = (id: string): ScheduleHandle => temporal.client.schedule.getHandle(id);

/** A new system in the place of all others. */
function only(file: ShopFile = nightly): string {
  files.clear();
  const name = freshName();
  files.set(name, shopSystem(name, file));
  return name;
}

async function synced(system: string, { dryRun = false, all = false } = {}) {
  const done = await sync(temporal, all ? null : system, dryRun);
  return Object.fromEntries(
    done.synced
      .filter(({ id }) => id.includes(system))
      .map(({ id, did, why = '' }) => [id.replace(system, 'shop'), `${did} ${why}`.trim()]),
  );
}

/** As somebody would in the Web UI: all of it anew, with some of it changed. */
async function edit(
  id: string,
  change: (was: ScheduleDescription) => Partial<ScheduleUpdateOptions>,
): Promise<void> {
  await handleOf(id).update((was) => ({ ...was, ...change(was) }));
}

describe('syncing schedules', () => {
  test('makes what the system file asks for, once', async () => {
    const system = only();
    const would = await synced(system, { dryRun: true });
    const made = await synced(system);
    assert.deepEqual(made, {
      'backup/shop': 'created',
      'verify/shop/orders': 'created',
      'verify/shop/users': 'created',
      'check/shop': 'created',
      'drill/shop': 'created',
    });
    assert.deepEqual(would, made);
    const again = await synced(system);
    assert.deepEqual([...new Set(Object.values(again))], ['unchanged'], JSON.stringify(again));
    const everything = await sync(temporal, null, false);
    assert.ok(everything.synced.every(({ did }) => did === 'unchanged'));
    const { spec, policies, action, info } = await handleOf(`backup/${system}`).describe();
    assert.equal(spec.calendars?.length, 2);
    assert.deepEqual([policies.overlap, policies.catchupWindow], ['BUFFER_ONE', 600_000]);
    assert.deepEqual(action.args, [{ system }]);
    const [first, second] = info.nextActionTimes.map((time) => time.getUTCHours());
    assert.deepEqual([first, second].sort(), [14, 2].sort());
    const drill = await handleOf(`drill/${system}`).describe();
    assert.deepEqual([drill.info.nextActionTimes, drill.policies.overlap], [[], 'ALLOW_ALL']);
    const sunday = await handleOf(`verify/${system}/orders`).describe();
    assert.equal(sunday.info.nextActionTimes[0]?.getUTCDay(), 0);
  });

  test('starts a drill on the first monday of a month, by the clocks of its zone', async () => {
    const zone = 'Asia/Tokyo';
    const drill = { on: 'first monday', at: '09:00', zone };
    const system = only({ ...nightly, schedules: { drill } });
    assert.equal((await synced(system))['drill/shop'], 'created');
    const again = await synced(system);
    assert.equal(again['drill/shop'], 'unchanged');
    const { info } = await handleOf(`drill/${system}`).describe();
    const [next] = info.nextActionTimes;
    assert.ok(next !== undefined);
    assert.deepEqual([next.getUTCDay(), next.getUTCHours()], [1, 0]);
    assert.ok(next.getUTCDate() <= 7);
  });

  test('starts runbooks on the last friday, and in some months only', async () => {
    const monthly = { on: 'last friday', at: '09:00' };
    const quarterly = { on: 2, months: ['april' as const, 'january' as const], at: '10:00' };
    const system = only({ schedules: { runbooks: { monthly, quarterly } } });
    assert.deepEqual(await synced(system), {
      'run/shop/monthly': 'created',
      'run/shop/quarterly': 'created',
      'scheduled/shop': 'created',
    });
    assert.deepEqual(new Set(Object.values(await synced(system))), new Set(['unchanged']));
    const next = async (runbook: string) => {
      const { info } = await handleOf(`run/${system}/${runbook}`).describe();
      return info.nextActionTimes;
    };
    const fridays = await next('monthly');
    assert.ok(fridays.length >= 5);
    for (const at of fridays) {
      const inAWeek = new Date(at.getTime() + 7 * 86_400_000);
      assert.deepEqual([at.getUTCDay(), at.getUTCHours()], [5, 9], at.toISOString());
      assert.notEqual(inAWeek.getUTCMonth(), at.getUTCMonth(), at.toISOString());
    }
    const gaps = fridays.slice(1).map((at, index) => +at - +(fridays[index] ?? 0));
    assert.ok(Math.max(...gaps) <= 35 * 86_400_000, 'no month is left out');
    const months = (await next('quarterly')).map((at) => [at.getUTCMonth(), at.getUTCDate()]);
    assert.deepEqual(new Set(months.map(String)), new Set(['0,2', '3,2']));
  });

  test('puts an edit by hand back and keeps the pause and the note', async () => {
    const system = only();
    await synced(system);
    const id = `backup/${system}`;
    await edit(id, () => ({ spec: { cronExpressions: ['30 7 * * *'] } }));
    // The server takes each in its own time: an update that it takes after the pause would put that back.
    await untilDescribed(id, ({ info }) => info.nextActionTimes[0]?.getUTCMinutes() === 30);
    await handleOf(id).pause('the disk is being changed');
    await untilDescribed(id, ({ state }) => state.paused);
    await edit(`verify/${system}/users`, ({ action }) => ({
      action: { ...action, args: [{ system, datastore: 'orders' }] },
      policies: { overlap: 'ALLOW_ALL', catchupWindow: '1d' },
    }));
    const done = await synced(system);
    assert.equal(done['backup/shop'], 'updated edited by hand, and put back: times');
    const put = 'updated edited by hand, and put back: starts, overlap, catch-up';
    assert.equal(done['verify/shop/users'], put);
    const { state, spec } = await handleOf(id).describe();
    assert.deepEqual([state.paused, state.note], [true, 'the disk is being changed']);
    assert.equal(spec.calendars?.length, 2);
    assert.equal((await synced(system))['backup/shop'], 'unchanged');
    const row = (await readRows(temporal)).find((one) => one.id === id);
    assert.deepEqual([row?.paused, row?.note], [true, 'the disk is being changed']);
  });

  test('follows the system file, and removes what it asks for no more', async () => {
    const system = only();
    await synced(system);
    const later: ShopFile = { ...nightly, schedules: { backup: { at: ['03:00'] } } };
    files.set(system, shopSystem(system, later));
    await untilListed(`verify/${system}/users`);
    const done = await synced(system, { all: true });
    assert.equal(done['backup/shop'], 'updated the system file has changed: times');
    assert.match(
      done['verify/shop/users'] ?? '',
      /^removed shop-\S+ does not ask for it any more$/,
    );
    await assert.rejects(handleOf(`verify/${system}/users`).describe());
  });

  test('leaves schedules of a system that cannot be read, and removes those of one that is gone', async () => {
    const [broken, gone] = [only(), freshName()];
    files.set(gone, shopSystem(gone, nightly));
    await sync(temporal, null, false);
    await untilListed(`drill/${gone}`);
    files.set(broken, new Failure('BadInput', 'system.yaml:3: no YAML'));
    files.delete(gone);
    const done = await sync(temporal, null, false);
    const of = (name: string) =>
      new Set(done.synced.filter(({ id }) => id.includes(name)).map(({ did }) => did));
    assert.deepEqual([of(broken), of(gone)], [new Set(['left']), new Set(['removed'])]);
    assert.deepEqual(done.broken, [{ system: broken, message: 'system.yaml:3: no YAML' }]);
    assert.ok(await handleOf(`backup/${broken}`).describe());
    await assert.rejects(sync(temporal, broken, false), { code: 2, message: /no YAML/ });
  });

  test("leaves somebody else's schedule of a name that it wants alone", async (t) => {
    const system = only();
    const mine = await temporal.client.schedule.create({
      scheduleId: `backup/${system}`,
      spec: { intervals: [{ every: '1d' }] },
      action: { type: 'startWorkflow', workflowType: 'mine', taskQueue: 'mine', args: [7] },
    });
    t.after(() => mine.delete());
    const done = await synced(system);
    assert.match(done['backup/shop'] ?? '', /^foreign somebody else made a schedule of this name/);
    assert.equal(done['drill/shop'], 'created');
    const { action } = await mine.describe();
    assert.deepEqual([action.workflowType, action.args], ['mine', [7]]);
  });
});

async function untilDescribed(
  id: string,
  seen: (schedule: ScheduleDescription) => boolean,
): Promise<void> {
  while (!seen(await handleOf(id).describe())) await sleep(20);
}

/** Visibility lags behind a little; the test's own time-out is the deadline. */
async function untilListed(id: string): Promise<void> {
  while (!(await readRows(temporal)).some((one) => one.id === id)) await sleep(20);
}

test('a schedule that is triggered runs its operation, and the list says how it went', async () => {
  const system = only();
  await synced(system);
  const id = `backup/${system}`;
  await handleOf(id).trigger();
  const last = await untilLast(id);
  assert.match(last.workflowId, new RegExp(`^backup/${system}-2`));
  assert.equal(last.result, 'succeeded');
  const { args } = (await handleOf(id).describe()).action;
  assert.deepEqual(args, [{ system }]);
  const janitor = `janitor/${temporal.taskQueue}`;
  await handleOf(janitor).trigger();
  assert.equal((await untilLast(janitor)).result, 'completed');
});

async function untilLast(id: string) {
  for (;;) {
    const last = (await readRows(temporal)).find((one) => one.id === id)?.last;
    if (last != null && last.result !== 'running') return last;
    await sleep(50);
  }
}
