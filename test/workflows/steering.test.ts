// Messages that steer a running operation, on a real server: pause, promote, abort, and the answers to a parked
// step; each as update and as signal. And what is no message at all.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Report } from '../../src/domain/record/report.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { MESSAGES } from '../../src/workflows/messages.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import {
  openShop,
  refusal,
  send,
  signal,
  untilBaking,
  type Shop,
  type ShopFile,
} from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
  shop.ports.world.answer('quiet', { requests: 0 });
});
after(() => shop.worker.stop());

const long: ShopFile = {
  rollout: { canary: { steps: [{ weight: 5, bake: '1h' }], watch: '0s' }, earlyPromotion: true },
};

const ways = ['update', 'signal'] as const;
async function by(way: (typeof ways)[number], handle: WorkflowHandle, name: string, raw: object) {
  if (way === 'update') await send(handle, name, raw);
  else await handle.signal(name, raw);
}

async function baking(file: ShopFile = long): Promise<{ system: string; handle: WorkflowHandle }> {
  const system = shop.live(file);
  const handle = await shop.deploy(system, 'v2');
  await untilBaking(handle, 5);
  return { system, handle };
}

/** A deploy that found the weights changed by hand: v1 has everything, and it was to have half. */
async function parked(): Promise<{ system: string; handle: WorkflowHandle }> {
  const { system, handle } = await shop.waiting();
  const ref = { system, service: 'api' };
  const found = shop.ports.world.weights(ref);
  shop.ports.world.setByHand(
    ref,
    found.map((one) => ({ ...one, percent: one.version === 'v1' ? 100 : 0 })),
  );
  await send(handle, 'approve', { actor: 'ana' });
  await untilStatus(handle, (status) => status.state === 'parked');
  return { system, handle };
}

/** How often the record says that it parked. */
async function timesParked(handle: WorkflowHandle): Promise<number> {
  const { findings } = await handle.query<Report>('report');
  return findings.filter((one) => one.startsWith('parked at weight-50')).length;
}

/** A deploy whose analysis had no data. */
async function inconclusive(): Promise<WorkflowHandle> {
  const handle = await shop.deploy(shop.live(), 'quiet');
  await untilStatus(handle, (status) => status.state === 'parked');
  return handle;
}

for (const way of ways) {
  describe(`by ${way}`, { concurrency: 4 }, () => {
    test('pause ends a bake early, and resume goes on where it was', async () => {
      const canary = { steps: [{ weight: 5, bake: '3s' }], watch: '0s' };
      const { handle } = await baking({ rollout: { canary } });
      await by(way, handle, 'pause', { actor: 'ana', reason: 'lunch' });
      const status = await untilStatus(handle, (one) => one.state === 'paused');
      assert.match(status.note ?? '', /paused by ana/);
      await by(way, handle, 'resume', { actor: 'ana' });
      assert.equal((await endOf(handle)).outcome, 'succeeded');
      const { events = [] } = await handle.fetchHistory();
      const resumes = (events ?? [])
        .map((event) => event.activityTaskScheduledEventAttributes)
        .filter((scheduled) => scheduled?.activityType?.name === 'bake')
        .map((scheduled) => String(Buffer.from(scheduled?.input?.payloads?.[0]?.data ?? [])))
        .map(
          (text) =>
            (JSON.parse(text) as { input: { told: { resume: object | null } } }).input.told.resume,
        );
      assert.equal(resumes[0], null);
      assert.ok(resumes[1], JSON.stringify(resumes));
    });

    test('promote ends the present bake', async () => {
      const { system, handle } = await baking();
      await by(way, handle, 'promote', { actor: 'ana' });
      const end = await endOf(handle);
      assert.equal(end.outcome, 'succeeded', end.message);
      assert.equal(end.summary?.verdict, 'inconclusive');
      assert.match(end.summary.findings.join(), /ana ended the bake of weight-5 early/);
      assert.equal(shop.weightsOf(system), 'v2 100 %');
    });

    test('abort undoes what was done', async () => {
      const { system, handle } = await baking();
      await by(way, handle, 'abort', { actor: 'ana', reason: 'no' });
      assert.equal((await endOf(handle)).outcome, 'aborted');
      assert.equal(shop.weightsOf(system), 'v1 100 %');
      assert.deepEqual(shop.versionsOf(system), ['v1']);
    });

    test('abort with keep leaves everything as it is', async () => {
      const { system, handle } = await baking();
      await by(way, handle, 'abort', { actor: 'ana', keep: true });
      const end = await endOf(handle);
      assert.equal(end.outcome, 'aborted');
      assert.equal(end.summary?.serving, 'mixed');
      assert.equal(shop.weightsOf(system), 'v1 95 %, v2 5 %');
    });

    test('adopt takes the world as it is now and goes on', async () => {
      const { system, handle } = await parked();
      await by(way, handle, 'adopt', { actor: 'ana' });
      const end = await endOf(handle);
      assert.equal(end.outcome, 'succeeded', end.message);
      assert.equal(shop.weightsOf(system), 'v2 100 %');
    });

    test('retryStep finds the same world and parks again', async () => {
      const { system, handle } = await parked();
      await by(way, handle, 'retryStep', { actor: 'ana' });
      while ((await timesParked(handle)) < 2) await turn();
      await untilStatus(handle, (status) => status.state === 'parked');
      await send(handle, 'abort', { actor: 'ana' });
      const end = await endOf(handle);
      assert.equal(end.outcome, 'aborted');
      assert.equal(shop.weightsOf(system), 'v1 100 %');
    });

    test('skipStep goes on without the check, names who, and lowers the verdict', async () => {
      const handle = await inconclusive();
      assert.match(await refusal(handle, 'adopt', { actor: 'ana' }), /cannot be answered by adopt/);
      await by(way, handle, 'skipStep', { actor: 'ana', step: 'weight-5' });
      await untilStatus(handle, (status) => status.state === 'waiting');
      await send(handle, 'abort', {});
      const end = await endOf(handle);
      assert.equal(end.summary?.verdict, 'inconclusive');
      assert.match(end.summary.findings.join(), /weight-5 was skipped by ana/);
    });
  });
}

describe('a message that makes no sense now', { concurrency: 4 }, () => {
  test('is refused with a sentence each, and changes nothing', async () => {
    const { handle } = await shop.waiting({ rollout: { earlyPromotion: false } });
    assert.match(await refusal(handle, 'promote', {}), /needs an actor/);
    assert.match(await refusal(handle, 'promote', { actor: 'ana' }), /does not allow it/);
    assert.match(await refusal(handle, 'resume', {}), /is not paused/);
    for (const name of ['retryStep', 'skipStep', 'adopt']) {
      assert.match(await refusal(handle, name, { actor: 'ana' }), /is not parked/);
    }
    await send(handle, 'pause', { actor: 'bob' });
    assert.match(await refusal(handle, 'pause', { actor: 'ana' }), /paused already by bob/);
    await send(handle, 'resume', {});
    await send(handle, 'abort', {});
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });

  test('to a parked step names what answers it', async () => {
    const { handle } = await parked();
    const wrongStep = { actor: 'ana', step: 'smoke' };
    assert.match(
      await refusal(handle, 'retryStep', wrongStep),
      /parked at weight-50, not at smoke/,
    );
    assert.match(
      await refusal(handle, 'skipStep', { actor: 'ana' }),
      /cannot be answered by skipStep; send retryStep, adopt, abort/,
    );
    await send(handle, 'abort', {});
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });

  test('promote with full goes past no gate that is still to be approved', async () => {
    const canary = {
      steps: [
        { weight: 5, bake: '1h' },
        { weight: 50, bake: '1h', approval: 'promote' },
      ],
      watch: '0s',
    };
    const { system, handle } = await baking({ rollout: { canary, earlyPromotion: true } });
    const promotion = { actor: 'ana', full: true };
    assert.match(await refusal(handle, 'promote', promotion), /weight-50 has to be approved first/);
    await send(handle, 'abort', {});
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('promote with full takes another person than the requester', async () => {
    const canary = {
      steps: [
        { weight: 5, bake: '1h' },
        { weight: 50, bake: '1h' },
      ],
      watch: '0s',
    };
    const { system, handle } = await baking({ rollout: { canary, earlyPromotion: true } });
    const full = true;
    assert.match(await refusal(handle, 'promote', { actor: 'ci', full }), /ci requested this/);
    await send(handle, 'promote', { actor: 'ana', full });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal(shop.weightsOf(system), 'v2 100 %');
    assert.match(end.summary?.findings.join() ?? '', /went straight to 100/);
  });

  test('has a name that nobody knows: answered with the names there are', async () => {
    const { handle } = await shop.waiting();
    assert.match(await refusal(handle, 'aprove', {}), /there is no message "aprove"; there are/);
    await handle.signal('aprove', { actor: 'ana' });
    assert.match(
      await handle.query<string>('staus'),
      /there is no query "staus"; there are status/,
    );
    await send(handle, 'abort', {});
    await endOf(handle);
    const { messages } = await handle.query<Report>('report');
    const unknown = messages.filter((one) => one.name === 'aprove');
    assert.equal(unknown.length, 2);
    for (const name of MESSAGES) assert.ok(unknown[0]?.note.includes(name));
  });

  test('is counted from the hundredth on, and no longer recorded', async () => {
    const { handle } = await shop.waiting();
    for (let i = 0; i < 130; i += 1) await handle.signal('approve', { actor: 'ci' });
    await send(handle, 'approve', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded');
    assert.match(end.summary?.findings.join() ?? '', /30 more messages came and were not recorded/);
    const { messages } = await handle.query<Report>('report');
    assert.equal(messages.length, 101);
  });

  test('answers a gate of an operation that is on its way back: refused, and no decision', async () => {
    const { system, handle } = await shop.waiting();
    const undoing = signal();
    const held = signal();
    shop.ports.world.onCall = async (verb) => {
      if (verb !== 'remove') return;
      undoing.give();
      await held.given;
    };
    await send(handle, 'abort', { actor: 'bob' });
    await undoing.given;
    const late = { actor: 'ana', gate: 'weight-5' };
    assert.match(await refusal(handle, 'approve', late), /is ending and waits for no answer/);
    shop.ports.world.onCall = () => undefined;
    held.give();
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.deepEqual((await handle.query<Report>('report')).decisions, []);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('reaches an operation that is over: too late', async () => {
    const { handle } = await shop.waiting();
    await send(handle, 'abort', {});
    await endOf(handle);
    const { outcome, state } = await handle.query<OperationStatus>('status');
    assert.deepEqual({ outcome, state }, { outcome: 'aborted', state: 'closed' });
    await assert.rejects(send(handle, 'approve', { actor: 'ana' }), /completed|not found/i);
  });
});
