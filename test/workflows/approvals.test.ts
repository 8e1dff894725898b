// Gates and the people who answer them, on a real server: who may, how many it takes, what is refused and why.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { GateStatus, OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { gateThenBake, openShop, refusal, send, untilBaking, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

async function gateOf(handle: WorkflowHandle): Promise<GateStatus> {
  const { gates } = await handle.query<OperationStatus>('status');
  assert.ok(gates[0]);
  return gates[0];
}

const wrong = 'f'.repeat(64);

describe('an approval', { concurrency: 4 }, () => {
  for (const way of ['update', 'signal'] as const) {
    test(`as ${way} opens the gate, and is recorded with who said so`, async () => {
      const { system, handle } = await shop.waiting();
      const argument = { actor: 'ana', reason: 'looks fine' };
      if (way === 'update') await send(handle, 'approve', argument);
      else await handle.signal('approve', argument);
      assert.equal((await endOf(handle)).outcome, 'succeeded');
      const [decision] = (await reportOf(handle)).decisions;
      assert.equal(decision?.actor, 'ana');
      assert.equal(decision.reason, 'looks fine');
      assert.equal(decision.trust, 'claimed');
      assert.equal(decision.gate, 'weight-5');
      assert.equal(shop.weightsOf(system), 'v2 100 %');
    });
    test(`that is a rejection, as ${way}, takes everything back`, async () => {
      const { system, handle } = await shop.waiting();
      const argument = { actor: 'ana', reason: 'not today' };
      if (way === 'update') await send(handle, 'reject', argument);
      else await handle.signal('reject', argument);
      const end = await endOf(handle);
      assert.equal(end.outcome, 'rejected', end.message);
      assert.match(end.message, /ana rejected weight-5/);
      assert.equal(shop.weightsOf(system), 'v1 100 %');
    });
  }

  test('without an actor is refused with the JSON to paste, and fails the update only', async () => {
    const { handle } = await shop.waiting();
    const gate = await gateOf(handle);
    const said = await refusal(handle, 'approve', {});
    const pasted = /{.*}/.exec(said)?.[0];
    assert.deepEqual(JSON.parse(pasted ?? ''), {
      actor: 'your-name',
      gate: 'weight-5',
      digest: gate.digest,
    });
    assert.equal((await gateOf(handle)).have, 0);
    await send(handle, 'approve', { ...JSON.parse(pasted ?? ''), actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const { messages } = await reportOf(handle);
    assert.deepEqual(
      messages.map(({ name, accepted }) => ({ name, accepted })),
      [
        { name: 'approve', accepted: false },
        { name: 'approve', accepted: true },
      ],
    );
  });

  test('of the requester is refused, and recorded', async () => {
    const { handle } = await shop.waiting();
    assert.match(await refusal(handle, 'approve', { actor: 'ci' }), /ci requested this/);
    await handle.signal('approve', { actor: 'ci' });
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    const refused = (await reportOf(handle)).messages.filter((one) => !one.accepted);
    assert.deepEqual(
      refused.map((one) => one.actor),
      ['ci', 'ci'],
    );
  });

  test('of the requester counts where the system file says selfApproval', async () => {
    const { handle } = await shop.waiting({ approval: { selfApproval: true } });
    await send(handle, 'approve', { actor: 'ci' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('of one person is half of a quorum of two, and given twice it is still half', async () => {
    const { handle } = await shop.waiting({ approval: { quorum: 2 } });
    assert.match((await send(handle, 'approve', { actor: 'ana' })).note, /1 of 2/);
    assert.match(await refusal(handle, 'approve', { actor: 'ana' }), /2 different people/);
    assert.equal((await gateOf(handle)).have, 1);
    await send(handle, 'approve', { actor: 'bob' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('takes one more person when nobody knows who asked', async () => {
    const { handle } = await shop.waiting({}, { requestedBy: undefined });
    assert.equal((await gateOf(handle)).need, 2);
    await send(handle, 'approve', { actor: 'ana' });
    assert.equal((await gateOf(handle)).have, 1);
    await send(handle, 'approve', { actor: 'bob' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('by somebody who is not named is refused with the names', async () => {
    const { handle } = await shop.waiting({ approval: { from: ['ana', 'bob'] } });
    assert.match(await refusal(handle, 'approve', { actor: 'eve' }), /ana, bob/);
    await send(handle, 'approve', { actor: 'bob' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('with another digest is refused; with the right one it counts', async () => {
    const { handle } = await shop.waiting();
    const { digest } = await gateOf(handle);
    assert.match(
      await refusal(handle, 'approve', { actor: 'ana', digest: wrong }),
      /is not the one weight-5 is open with/,
    );
    await send(handle, 'approve', { actor: 'ana', digest });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('that comes late is refused', async () => {
    const { handle } = await shop.waiting(gateThenBake);
    await send(handle, 'approve', { actor: 'ana' });
    await untilBaking(handle, 50);
    assert.match(await refusal(handle, 'approve', { actor: 'bob', gate: 'weight-5' }), /too late/);
    assert.match(await refusal(handle, 'approve', { actor: 'bob' }), /has no gate open now/);
    await send(handle, 'abort', {});
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });
});

describe('an early approval', { concurrency: 4 }, () => {
  const slow = {
    rollout: {
      canary: {
        steps: [
          { weight: 5, bake: '1h', approval: 'promote' },
          { weight: 50, approval: 'promote' },
        ],
      },
    },
  };

  for (const right of [true, false]) {
    test(`for ${right ? 'this' : 'another'} run ${right ? 'counts' : 'does not count'} when its gate opens`, async () => {
      const handle = await shop.deploy(shop.live(slow), 'v2');
      await untilBaking(handle, 5);
      const { runId } = await handle.query<OperationStatus>('status');
      const early = { actor: 'bob', gate: 'weight-5', run: right ? runId : randomUUID() };
      assert.match((await send(handle, 'approve', early)).note, /kept until weight-5 opens/);
      await send(handle, 'promote', { actor: 'ana' });
      const status = await untilStatus(handle, ({ gates }) => gates.length > 0);
      assert.equal(status.gates[0]?.id, right ? 'weight-50' : 'weight-5');
      assert.equal(status.gates[0].have, 0);
      await send(handle, 'abort', {});
      await endOf(handle);
      const kept = (await reportOf(handle)).messages.filter((one) => one.actor === 'bob');
      assert.equal(kept.at(-1)?.accepted, right, JSON.stringify(kept));
    });
  }

  test('that names no run, or a digest, is refused', async () => {
    const handle = await shop.deploy(shop.live(slow), 'v2');
    await untilBaking(handle, 5);
    const said = await refusal(handle, 'approve', { actor: 'ana', gate: 'weight-5' });
    assert.match(said, /an early answer counts only with an actor and the run that it is for/);
    const early = { actor: 'ana', gate: 'weight-5', digest: wrong };
    assert.match(await refusal(handle, 'approve', early), /none fits: it is of another run/);
    await send(handle, 'abort', {});
    await endOf(handle);
  });
});

describe('a gate', { concurrency: 4 }, () => {
  const named = { approval: { breakGlass: ['zoe'] } };

  test('that is broken by somebody named for it is an open finding', async () => {
    const { handle } = await shop.waiting(named);
    assert.match(await refusal(handle, 'approve', { actor: 'ana', breakGlass: 'x' }), /only zoe/);
    await send(handle, 'approve', { actor: 'zoe', breakGlass: 'the shop is on fire' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded');
    assert.match(end.summary?.findings.join() ?? '', /zoe broke the glass of weight-5 and nobody/);
    const [decision] = (await reportOf(handle)).decisions;
    assert.equal(decision?.decision, 'overridden');
    assert.equal(decision.reason, 'the shop is on fire');
  });

  test('that was broken is closed by a countersignature, which takes another person', async () => {
    const { handle } = await shop.waiting({
      ...named,
      ...gateThenBake,
    });
    await send(handle, 'approve', { actor: 'zoe', breakGlass: 'fire' });
    await untilBaking(handle, 50);
    const gate = 'weight-5';
    assert.match(await refusal(handle, 'approve', { actor: 'zoe', gate }), /zoe broke the glass/);
    await send(handle, 'approve', { actor: 'ana', gate });
    await send(handle, 'promote', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.doesNotMatch(end.summary?.findings.join() ?? '', /nobody countersigned/);
  });

  test('that nobody answers expires: reminded, escalated, undone, and never gone through', async () => {
    // Nobody looks whether it waits: on a slow machine the gate may be over by then.
    const system = shop.live({
      approval: {
        deadline: '1500ms',
        reminder: '300ms',
        escalation: { after: '600ms', to: ['boss'] },
      },
    });
    const handle = await shop.deploy(system, 'v2');
    const end = await endOf(handle);
    assert.equal(end.outcome, 'expired', end.message);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    assert.deepEqual(shop.versionsOf(system), ['v1']);
    const { findings, decisions } = await reportOf(handle);
    assert.match(findings.join('\n'), /reminder: weight-5[^]*escalation to boss: weight-5/);
    assert.equal(decisions[0]?.decision, 'expired');
    assert.equal(decisions[0].actor, null);
  });

  test('shows who may answer and the JSON to paste on its page in the Web UI', async () => {
    const { handle } = await shop.waiting({ approval: { from: ['ana', 'bob'] } });
    const { digest } = await gateOf(handle);
    await refusal(handle, 'approve', { actor: 'eve' });
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    const page = metadata.currentDetails;
    const pasted = JSON.stringify({ actor: 'YOUR-NAME', gate: 'weight-5', digest });
    assert.ok(page.includes(pasted), page);
    assert.match(page, /may answer: ana, bob/);
    assert.match(page, /Last refused:\*\* approve from eve/);
    await send(handle, 'approve', { ...JSON.parse(pasted), actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });
});
