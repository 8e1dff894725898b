// What is deployed is judged all the while that people are waited for, on a real server: what turns bad is undone without
// anybody, and whoever decides hears the last verdict.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import {
  gateWatchSeen,
  startGateWatch,
  watchQueueOf,
} from '../../src/domain/analysis/gate-watch.ts';
import type { GateWatchStatus } from '../../src/domain/analysis/gate-watch.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { openShop, refusal, send, signal, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

const bad = { errorRatio: 0.5 };

/** A version of its own that waits at its gate. */
async function waitingOf(
  version: string,
  { where = shop, file = {} }: { where?: Shop; file?: Parameters<Shop['live']>[0] } = {},
): Promise<{ system: string; handle: WorkflowHandle }> {
  const system = where.live(file);
  const handle = await where.deploy(system, version);
  await untilStatus(handle, (status) => status.state === 'waiting');
  return { system, handle };
}

/** The watch as status shows it, once it is as wanted. */
async function untilSeen(
  handle: WorkflowHandle,
  wanted: (watch: GateWatchStatus) => boolean,
): Promise<GateWatchStatus> {
  for (;;) {
    const { watch } = await handle.query<OperationStatus>('status');
    const { raw } = await handle.describe();
    assert.ok(watch, 'it is watched');
    const seen = gateWatchSeen(
      raw.pendingActivities ?? [],
      (payload) => JSON.parse(Buffer.from(payload.data ?? []).toString()) as unknown,
      Date.now(),
    );
    if (seen !== undefined && wanted(seen)) return seen;
    await sleep(50);
  }
}

const judged = ({ judged: last }: GateWatchStatus): boolean => last !== undefined;

describe('a version that turns bad', { concurrency: 6 }, () => {
  test('at a gate is undone without anybody, and the record says by what and when', async () => {
    const { system, handle } = await waitingOf('bad-at-gate');
    await untilSeen(handle, judged);
    shop.ports.world.answer('bad-at-gate', bad);
    const end = await endOf(handle);
    assert.equal(end.outcome, 'rolledBack');
    assert.match(
      end.message,
      /^while weight-5 waited for approval: fail, errors: .*error-ratio 0\./,
    );
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    const { verdicts, decisions } = await reportOf(handle);
    const last = verdicts.at(-1);
    assert.deepEqual([last?.step, last?.name, last?.verdict], ['weight-5', 'errors', 'fail']);
    assert.deepEqual(decisions, []);
  });

  test('while somebody paused it is undone, and it says who did', async () => {
    const { system, handle } = await waitingOf('bad-at-pause');
    await send(handle, 'pause', { actor: 'ben' });
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, (status) => status.state === 'paused');
    shop.ports.world.answer('bad-at-pause', bad);
    const end = await endOf(handle);
    assert.equal(end.outcome, 'rolledBack');
    assert.match(end.message, /^while ben paused it: fail, errors/);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('where too little was known is undone before anybody answers', async () => {
    shop.ports.world.answer('bad-when-asked', { requests: 0 });
    const system = shop.live();
    const handle = await shop.deploy(system, 'bad-when-asked');
    await untilStatus(handle, (status) => status.state === 'parked');
    shop.ports.world.answer('bad-when-asked', { requests: 1000, ...bad });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'rolledBack');
    assert.match(end.message, /^while it was parked at weight-5: fail/);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('after somebody changed the world is told, and taken back by nobody but people', async () => {
    const { system, handle } = await waitingOf('bad-elsewhere');
    const ref = { system, service: 'api' };
    const shares = [75, 25];
    const found = shop.ports.world.weights(ref);
    const other = found.map((one, index) => ({ ...one, percent: shares[index] ?? 0 }));
    shop.ports.world.setByHand(ref, other);
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, (status) => status.state === 'parked');
    shop.ports.world.answer('bad-elsewhere', bad);
    for (;;) {
      const { findings } = await reportOf(handle);
      if (findings.some((one) => /parked at weight-50, weight-5 was found bad: fail/.test(one)))
        break;
      await sleep(50);
    }
    const { state } = await handle.query<OperationStatus>('status');
    assert.equal(state, 'parked');
    await send(handle, 'abort', { actor: 'ana', keep: true });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.match(shop.weightsOf(system), /75 %.*25 %/);
  });
});

describe('whoever decides', { concurrency: 6 }, () => {
  test('hears the last verdict, its age and its numbers', async () => {
    const { handle } = await waitingOf('good-1');
    await untilSeen(handle, judged);
    const { note } = await send(handle, 'approve', { actor: 'ana' });
    assert.match(
      note,
      /^ana approved weight-5: 1 of 1; last judged [\d.]+ m?s ago: pass, errors: .*error-ratio 0 /,
    );
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const { verdicts } = await reportOf(handle);
    const last = verdicts
      .map(({ reason, samples }) => {
        const said = /^while weight-5 waited for approval, in bake \d+: .* over (\d+) requests/;
        return { requests: said.exec(reason)?.[1], samples };
      })
      .find(({ requests }) => requests !== undefined);
    assert.equal(last?.samples, Number(last?.requests));
  });

  test('hears it too when a pause ends, which then goes on', async () => {
    const { handle } = await waitingOf('good-2');
    await send(handle, 'pause', { actor: 'ben' });
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, (status) => status.state === 'paused');
    await untilSeen(handle, judged);
    assert.match((await send(handle, 'resume', { actor: 'ben' })).note, /last judged .* ago: pass/);
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('with a vote that is not enough leaves the watch as it is', async () => {
    const { handle } = await waitingOf('good-3', { file: { approval: { quorum: 2 } } });
    const before = await untilSeen(handle, judged);
    const { note } = await send(handle, 'approve', { actor: 'ana' });
    assert.equal(note, 'ana approved weight-5: 1 of 2');
    const later = await untilSeen(handle, ({ judged: last }) => {
      return (last?.bakes ?? 0) > (before.judged?.bakes ?? 0);
    });
    assert.equal(later.since, before.since);
    await send(handle, 'approve', { actor: 'bob' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('where nothing is judged is told nothing of it', async () => {
    const { handle } = await waitingOf('good-4', {
      file: { rollout: { canary: { steps: [{ weight: 5, approval: 'promote' }], watch: '0s' } } },
    });
    const { watch } = await handle.query<OperationStatus>('status');
    assert.equal(watch, undefined);
    const { note } = await send(handle, 'approve', { actor: 'ana' });
    assert.equal(note, 'ana approved weight-5: 1 of 1');
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });
});

/** A watch of its own in place of Fairlead's; `shop` has to be one without. */
async function otherWatch(watching: Shop, watchWhileWaiting: () => Promise<unknown>) {
  const { address } = await testServer();
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: watchQueueOf(watching.worker.taskQueue),
    activities: { watchWhileWaiting },
    maxHeartbeatThrottleInterval: '100ms',
    shutdownForceTime: '1s',
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
}

describe('not observed is no verdict', { concurrency: 3 }, () => {
  test('where no worker watches: status says so, the answer too, and it goes on', async () => {
    const unwatched = await openShop({}, { unwatched: true });
    try {
      const { handle } = await waitingOf('good-5', { where: unwatched });
      const seen = await untilSeen(handle, ({ notObserved, since }) => {
        return notObserved !== undefined && Date.now() - Date.parse(since) > 3000;
      });
      assert.match(seen.notObserved?.reason ?? '', /no worker has begun to look/);
      const { note } = await send(handle, 'approve', { actor: 'ana' });
      assert.match(note, /1 of 1; not observed since 2/);
      assert.equal((await endOf(handle)).outcome, 'succeeded');
      const { findings } = await reportOf(handle);
      assert.ok(findings.some((one) => /waited for approval, nobody looked since/.test(one)));
    } finally {
      await unwatched.worker.stop();
    }
  });

  test('a worker that is frozen holds the answer up for some seconds, and fails nothing', async () => {
    const unwatched = await openShop({}, { unwatched: true });
    const thawed = signal();
    const stop = await otherWatch(unwatched, () => {
      const now = Date.now();
      const finding = { name: 'errors', verdict: 'pass' as const, reason: 'error-ratio 0' };
      const judged = { at: now, verdict: 'pass' as const, findings: [finding] };
      const progress = { ...startGateWatch('weight-5', now, null), bakes: 1, judged };
      Context.current().heartbeat({ lastAt: now, progress });
      return thawed.given;
    });
    try {
      const { handle } = await waitingOf('good-6', { where: unwatched });
      await untilSeen(handle, judged);
      const { note } = await send(handle, 'approve', { actor: 'ana' });
      // With what its last heartbeat said, where that was still its first attempt.
      assert.match(note, /1 of 1; (last judged .+ ago: pass, errors: .+; )?not observed since 2/);
      assert.equal((await endOf(handle)).outcome, 'succeeded');
    } finally {
      thawed.give();
      await Promise.all([unwatched.worker.stop(), stop()]);
    }
  });

  test('a fail that was there before the approval wins, whichever is read first', async () => {
    const taskQueue = `test-${randomUUID()}`;
    const first = await openShop({}, { unwatched: true, taskQueue });
    const found = signal();
    const stop = await otherWatch(first, async () => {
      await found.given;
      return failed();
    });
    const { system, handle } = await waitingOf('bad-too-late', { where: first });
    // Nobody carries the operation out while the fail and the approval come in.
    await first.worker.stop();
    found.give();
    const again = shop.worker.client.workflow.getHandle(handle.workflowId);
    await again.signal('approve', { actor: 'ana' });
    const second = await openShop({ ...first.ports }, { unwatched: true, taskQueue });
    try {
      const end = await endOf(again);
      assert.equal(end.outcome, 'rolledBack');
      assert.match(
        end.message,
        /while weight-5 waited for approval: fail, errors: error-ratio 0\./,
      );
      assert.equal(first.weightsOf(system), 'v1 100 %');
    } finally {
      await Promise.all([second.worker.stop(), stop()]);
    }
  });

  test('a fail that is the last word is undone, and the answer to the approval says so', async () => {
    const unwatched = await openShop({}, { unwatched: true });
    const stop = await otherWatch(unwatched, async () => {
      const { cancellationSignal, heartbeat } = Context.current();
      while (!cancellationSignal.aborted) {
        heartbeat();
        await sleep(100);
      }
      return failed();
    });
    try {
      const { system, handle } = await waitingOf('bad-at-last', { where: unwatched });
      const said = await refusal(handle, 'approve', { actor: 'ana' });
      assert.match(said, /ana approved weight-5: 1 of 1; but it was found bad and is undone: fail/);
      assert.equal((await endOf(handle)).outcome, 'rolledBack');
      assert.equal(unwatched.weightsOf(system), 'v1 100 %');
    } finally {
      await Promise.all([unwatched.worker.stop(), stop()]);
    }
  });
});

/** The answer of a watch that found something bad. */
function failed() {
  const finding = { name: 'errors', verdict: 'fail', reason: 'error-ratio 0.5', samples: 9 };
  const end = { since: Date.now(), bakes: 1, judged: null, failed: [finding] };
  return { value: end, written: true };
}
