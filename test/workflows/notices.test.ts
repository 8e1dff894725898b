import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Notice } from '../../src/domain/people/notice.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { gateThenBake, openShop, send, untilBaking, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

const STATE = defineSearchAttributeKey('FairleadState', SearchAttributeType.KEYWORD);
const CONSOLE = { type: 'console' } as const;

const sentOf = (system: string): { key: string; channel: string; notice: Notice }[] =>
  shop.ports.notify.sent.filter((one) => one.notice.system === system);

async function untilSent(system: string, event: string, count = 1): Promise<Notice> {
  for (;;) {
    const found = sentOf(system).filter((one) => one.notice.event === event);
    if (found.length >= count) return found[count - 1]?.notice ?? assert.fail();
    await sleep(20);
  }
}

async function untilTried(part: string): Promise<void> {
  while (!shop.ports.notify.tries.some((key) => key.includes(part))) await sleep(20);
}

/** What the notice says to paste, with a name put in. */
function pasted(notice: Notice, message: string): object {
  const answer = notice.answers.find((one) => one.message === message);
  const parsed: unknown = JSON.parse(answer?.json ?? assert.fail(`no ${message}`));
  assert.ok(typeof parsed === 'object');
  return { ...parsed, actor: 'ana' };
}

async function activitiesOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
  );
}

/** How long the timers of a run were to last, in seconds. */
async function timersOf(handle: WorkflowHandle): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const seconds = event.timerStartedEventAttributes?.startToFireTimeout?.seconds;
    return seconds == null ? [] : [Number(seconds)];
  });
}

describe('people are told', { concurrency: 4 }, () => {
  test('that a gate opened, with the JSON and the command that answer it, and how it ended', async () => {
    const { system, handle } = await shop.waiting({ notify: { ops: CONSOLE } });
    const notice = await untilSent(system, 'gate');
    const operation = `deploy/${system}/api/v2`;
    assert.equal(notice.title, `${operation} waits for approval of weight-5`);
    assert.match(notice.text, /0 of 1 approvals given; may answer: anyone but ci/);
    assert.equal(notice.answers[0]?.command, `fairlead approve ${operation} --gate weight-5`);
    await send(handle, 'approve', pasted(notice, 'approve'));
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const ended = await untilSent(system, 'ended');
    assert.equal(ended.title, `${operation} ended: succeeded`);
    assert.equal(ended.look, `fairlead report ${operation} --run ${ended.runId}`);
    const report = await reportOf(handle);
    assert.deepEqual(
      report.notices?.map(({ channel, event, delivered }) => [channel, event, delivered]),
      [
        ['ops', 'gate', true],
        ['ops', 'ended', true],
      ],
    );
    assert.deepEqual(report.findings, []);
  });

  test('that a gate waits, by a reminder and an escalation, and that it expired', async () => {
    // Nobody looks whether it waits: on a slow machine the gate may be over by then.
    const system = shop.live({
      notify: { ops: CONSOLE },
      approval: {
        deadline: '1500ms',
        reminder: '300ms',
        escalation: { after: '600ms', to: ['boss'] },
      },
    });
    const handle = await shop.deploy(system, 'v2');
    assert.equal((await endOf(handle)).outcome, 'expired');
    const titles = sentOf(system).map((one) => one.notice.title.replaceAll(system, 'SHOP'));
    assert.deepEqual(titles, [
      'deploy/SHOP/api/v2 waits for approval of weight-5',
      'Reminder: deploy/SHOP/api/v2 still waits for approval of weight-5',
      'Escalated to boss: deploy/SHOP/api/v2 still waits for approval of weight-5',
      'deploy/SHOP/api/v2 ended: expired',
    ]);
  });

  test('that a step is parked, each time, with the JSON that answers it', async () => {
    const system = shop.live({ notify: { ops: CONSOLE } });
    shop.ports.world.answer('quiet', { requests: 0 });
    const handle = await shop.deploy(system, 'quiet');
    const first = await untilSent(system, 'parked');
    assert.match(first.title, /is parked at weight-5$/);
    assert.match(first.text, /errors: .*Nothing is changed until somebody answers\.$/);
    assert.deepEqual(
      first.answers.map((one) => one.command.split(' ')[1]),
      ['retry', 'skip', 'abort'],
    );
    await send(handle, 'retryStep', pasted(first, 'retryStep'));
    const second = await untilSent(system, 'parked', 2);
    await send(handle, 'abort', pasted(second, 'abort'));
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.deepEqual(
      sentOf(system).map((one) => one.key.split('/').slice(1).join('/')),
      ['parked/weight-5/ops', 'parked/weight-5#2/ops', 'ended/ops'],
    );
  });

  test('only of the events that their channel names', async () => {
    const { system, handle } = await shop.waiting({
      notify: { ends: { ...CONSOLE, events: ['ended'] }, asks: { ...CONSOLE, events: ['gate'] } },
    });
    await untilSent(system, 'gate');
    await send(handle, 'reject', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'rejected');
    assert.deepEqual(
      sentOf(system).map(({ channel, notice }) => [channel, notice.event]),
      [
        ['asks', 'gate'],
        ['ends', 'ended'],
      ],
    );
  });

  test('of nothing that was only planned', async () => {
    const system = shop.live({ notify: { ops: CONSOLE } });
    const handle = await shop.deploy(system, 'v2', { dryRun: true });
    assert.equal((await endOf(handle)).outcome, 'planned');
    assert.deepEqual(sentOf(system), []);
  });
});

describe('a channel', { concurrency: 4 }, () => {
  test('that cannot be reached is a finding, and the operation goes on', async () => {
    const { system, handle } = await shop.waiting({
      notify: { away: { ...CONSOLE, events: ['gate'] }, closed: CONSOLE, ops: CONSOLE },
    });
    await untilSent(system, 'gate');
    await send(handle, 'approve', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.deepEqual([...(end.summary?.findings ?? [])].sort(), [
      'could not tell away that weight-5 waits for an answer: away does not answer',
      'could not tell closed that it ended: succeeded: closed said no',
      'could not tell closed that weight-5 waits for an answer: closed said no',
    ]);
    assert.equal(end.summary?.clean, true);
    assert.deepEqual(
      sentOf(system).map(({ channel, notice }) => [channel, notice.event]),
      [
        ['ops', 'gate'],
        ['ops', 'ended'],
      ],
    );
    const tries = shop.ports.notify.tries.filter((key) => key.includes(`${end.summary?.runId}/`));
    assert.equal(tries.filter((key) => key.endsWith('gate/weight-5/away')).length, 3);
  });

  test('that hangs keeps nobody from being heard', async () => {
    const { system, handle } = await shop.waiting({
      notify: { hang: { ...CONSOLE, events: ['gate'] } },
      ...gateThenBake,
    });
    const { runId } = await handle.query<OperationStatus>('status');
    await untilTried(`${runId}/gate/weight-5/hang`);
    await send(handle, 'approve', { actor: 'ana' });
    await untilBaking(handle, 50);
    assert.deepEqual((await reportOf(handle)).notices, []);
    shop.ports.notify.release(system);
    await untilSent(system, 'gate');
    await send(handle, 'promote', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.equal((await reportOf(handle)).notices?.[0]?.delivered, true);
  });

  test('that hangs holds up no undo', async () => {
    const { system, handle } = await shop.waiting({
      notify: { hang: { ...CONSOLE, events: ['gate'] } },
    });
    const { runId } = await handle.query<OperationStatus>('status');
    await untilTried(`${runId}/gate/weight-5/hang`);
    await send(handle, 'abort', { actor: 'ana' });
    await untilStatus(handle, () => shop.weightsOf(system) === 'v1 100 %');
    assert.deepEqual((await reportOf(handle)).notices, []);
    shop.ports.notify.release(system);
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });

  test('that hangs is given up soon by what saves users', async () => {
    const system = shop.live({ notify: { hang: CONSOLE, ops: CONSOLE } });
    const handle = await shop.start('stopTraffic', { system });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded');
    assert.deepEqual(end.summary?.findings, [
      'could not tell hang that it ended: succeeded: the operation did not wait for it',
    ]);
    assert.deepEqual(
      sentOf(system).map((one) => one.channel),
      ['ops'],
    );
    assert.deepEqual(await timersOf(handle), [3]);
  });

  test('that does not answer leaves the others told, also where the operation did not wait for it', async () => {
    const system = shop.live({ notify: { away: CONSOLE, ops: CONSOLE } });
    const handle = await shop.start('stopTraffic', { system });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const notices = (await reportOf(handle)).notices ?? [];
    const told = Object.fromEntries(notices.map((one) => [one.channel, one]));
    assert.equal(told['ops']?.delivered, true);
    assert.equal(told['away']?.delivered, false);
    assert.match(
      told['away'].reason ?? '',
      /^(away does not answer|the operation did not wait for it)$/,
    );
  });

  test('that hangs leaves nobody a question that is not asked any more', async () => {
    const { system, handle } = await shop.waiting({ notify: { hang: CONSOLE } });
    const { runId } = await handle.query<OperationStatus>('status');
    await send(handle, 'abort', { actor: 'ana', keep: true });
    await untilTried(`${runId}/ended/hang`);
    const status = await handle.query<OperationStatus>('status');
    const { gates, state, outcome, answers, waitingSince, note } = status;
    assert.deepEqual(
      { gates, state, outcome, answers, waitingSince, note },
      {
        gates: [],
        state: 'running',
        outcome: 'aborted',
        answers: undefined,
        waitingSince: undefined,
        note: 'aborted by ana',
      },
    );
    assert.deepEqual((await handle.describe()).typedSearchAttributes.get(STATE), 'running');
    shop.ports.notify.release(system);
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });
});

test('a system without channels has no activity for them', async () => {
  const { handle } = await shop.waiting();
  await send(handle, 'approve', { actor: 'ana' });
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  assert.ok(!(await activitiesOf(handle)).includes('sendNotice'));
});
