// Runbooks of steps on a real server, with commands that a test answers: what people do and decide, what is passed over, what
// is taken back, and what becomes of a change that was cut off.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import { endOf, freshName, reportOf, statesOf, untilStatus } from '../support/operations.ts';
import { openShop, refusal, send, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
  shop.ports.steps.answer = async (command) => ends.get(command)?.() ?? {};
});
after(() => shop.worker.stop());

type Steps = Record<string, unknown>[];

/** Starts a runbook of these steps on a system of its own. */
async function run(
  steps: Steps,
  more: object = {},
  request: { system?: string } = {},
): Promise<WorkflowHandle> {
  const { system = shop.live(), ...rest } = request;
  const name = freshName('book');
  const runbook = runbookSchema.parse({ title: 'A test', leases: ['api'], ...more, steps });
  const file = `systems/${system}/runbooks/${name}.yaml`;
  shop.ports.steps.written.set(name, { name, file, digest: digestOf(runbook), runbook });
  return shop.start('runbook', { system, runbook: name, ...rest }, `run/${system}/${name}`);
}

const doing = (id: string, more: object = {}) => ({
  id,
  do: { command: ['make', id], check: 'none', why: 'twice is fine' },
  undo: { command: ['unmake', id] },
  ...more,
});

/** What a command ends with, by its words; every other one exits with 0. */
const ends = new Map<string, () => { exitCode?: number; printed?: string }>();

const ranOf = (word: string): string[] => shop.ports.steps.ran.filter((one) => one.endsWith(word));

describe('what a runbook of steps asks people', { concurrency: 4 }, () => {
  test('is a tick with a note, which the record keeps with who gave it', async () => {
    const handle = await run([{ id: 'told', manual: 'Tell the ops channel' }], { leases: [] });
    const { asks } = await untilStatus(handle, (status) => status.asks !== undefined);
    assert.deepEqual(
      { ...asks, since: '' },
      { step: 'told', kind: 'tick', text: 'Tell the ops channel', since: '' },
    );
    await send(handle, 'tick', { actor: 'ana', step: 'told', note: 'in #ops' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const [step] = (await reportOf(handle)).steps;
    assert.equal(step?.detail, 'ticked by ana: in #ops');
  });

  test('is a choice, by update or signal; what is not chosen is passed over', async () => {
    const handle = await run(
      [
        { id: 'way', choose: { question: 'Which?', options: { left: ['one'], right: ['two'] } } },
        { id: 'one', look: { command: ['look', 'one'] } },
        { id: 'two', look: { command: ['look', 'two'] } },
      ],
      { leases: [] },
    );
    await untilStatus(handle, (status) => status.asks !== undefined);
    await handle.signal('choose', { actor: 'ana', step: 'way', option: 'right' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.deepEqual(statesOf(await reportOf(handle)), ['way done', 'one passedOver', 'two done']);
  });

  test('is answered by nobody who is not named, not twice, not before its step, and with what is there', async () => {
    const handle = await run(
      [
        { id: 'way', choose: { question: 'Which?', options: { left: ['one'], right: [] } } },
        { id: 'one', manual: 'One' },
        { id: 'last', manual: 'Last' },
      ],
      { leases: [] },
    );
    await untilStatus(handle, (status) => status.asks !== undefined);
    assert.match(
      await refusal(handle, 'choose', { step: 'way', option: 'left' }),
      /needs an actor/,
    );
    assert.match(
      await refusal(handle, 'choose', { actor: 'ana', step: 'way', option: 'lfet' }),
      /did you mean left/,
    );
    assert.match(await refusal(handle, 'tick', { actor: 'ana', step: 'way' }), /asks for choose/);
    assert.match(
      await refusal(handle, 'tick', { actor: 'ana', step: 'one' }),
      /one is not reached/,
    );
    await send(handle, 'choose', { actor: 'ana', step: 'way', option: 'left' });
    await untilStatus(handle, (status) => status.asks?.step === 'one');
    assert.match(
      await refusal(handle, 'choose', { actor: 'ben', step: 'way', option: 'right' }),
      /way is over: done \(ana chose left/,
    );
    assert.match(await refusal(handle, 'tick', { step: 'one' }), /needs an actor/);
    await send(handle, 'tick', { actor: 'ana', step: 'one' });
    await untilStatus(handle, (status) => status.asks?.step === 'last');
    assert.match(
      await refusal(handle, 'tick', { actor: 'ben', step: 'one' }),
      /one is over: done \(ticked by ana/,
    );
    assert.match(
      await refusal(handle, 'tick', { actor: 'ana', step: 'nowhere' }),
      /there is no step nowhere/,
    );
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });
});

test('a runbook whose file is changed mid-way goes on as it was loaded, and says so', async () => {
  const system = shop.live();
  const handle = await run([{ id: 'ready', manual: 'Ready?' }, doing('loaded')], {}, { system });
  await untilStatus(handle, (status) => status.asks?.step === 'ready');
  const name = handle.workflowId.slice(`run/${system}/`.length);
  const before = shop.ports.steps.written.get(name) ?? assert.fail('it was never written');
  const runbook = runbookSchema.parse({ title: 'Edited', steps: [{ id: 'x', manual: 'Another' }] });
  shop.ports.steps.written.set(name, { ...before, digest: digestOf(runbook), runbook });
  await send(handle, 'tick', { actor: 'ana', step: 'ready' });
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  const report = await reportOf(handle);
  assert.deepEqual(statesOf(report), ['ready done', 'loaded done']);
  assert.deepEqual(report.findings, [
    `the file of its runbook, ${before.file}, was changed while this operation ran; it went on with what it had loaded`,
  ]);
});

describe('a change of a runbook of steps', { concurrency: 4 }, () => {
  test('takes no lease before the first change, and holds it afterwards', async () => {
    const handle = await run([
      { id: 'ready', manual: 'Ready?' },
      doing('first-change'),
      { id: 'fine', manual: 'Fine?' },
    ]);
    await untilStatus(handle, (status) => status.asks?.step === 'ready');
    const leases = async () =>
      (await reportOf(handle)).evidence.entries.filter(({ type }) => type === 'lease').length;
    assert.equal(await leases(), 0);
    await send(handle, 'tick', { actor: 'ana', step: 'ready' });
    await untilStatus(handle, (status) => status.asks?.step === 'fine');
    assert.equal(await leases(), 1);
    await send(handle, 'tick', { actor: 'ana', step: 'fine' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('under a lease that another runbook holds asks, says whose it is, and is made once that is over', async () => {
    const first = await run([doing('mine'), { id: 'fine', manual: 'Fine?' }]);
    await untilStatus(first, (status) => status.asks?.step === 'fine');
    const [, system = ''] = first.workflowId.split('/');
    const looks = { id: 'seen', look: { command: ['look', 'on'] } };
    const second = await run([looks, doing('theirs')], {}, { system });
    const parked = await untilStatus(second, ({ state }) => state === 'parked');
    assert.ok(parked.note?.includes(first.workflowId), parked.note ?? '');
    assert.deepEqual([ranOf('look on').length, ranOf('theirs')], [1, []]);
    await send(first, 'tick', { actor: 'ana', step: 'fine' });
    assert.equal((await endOf(first)).outcome, 'succeeded');
    await send(second, 'retryStep', { actor: 'ana', step: 'theirs' });
    assert.equal((await endOf(second)).outcome, 'succeeded');
    assert.deepEqual(ranOf(' theirs'), ['make theirs']);
  });

  test('stays done where a roll-back makes it give way, whose report says so', async () => {
    const system = shop.live();
    const deploy = await shop.deploy(system, 'v2', { autoPromote: true });
    assert.equal((await endOf(deploy)).outcome, 'succeeded');
    const handle = await run(
      [doing('tidied'), doing('swept'), { id: 'fine', manual: 'Fine?' }],
      {},
      { system },
    );
    await untilStatus(handle, (status) => status.asks?.step === 'fine');
    const { outcome, summary } = await endOf(
      await shop.start('rollback', { system, service: 'api' }),
    );
    assert.equal(outcome, 'succeeded');
    assert.equal((await endOf(handle)).outcome, 'preempted');
    assert.deepEqual([ranOf('unmake tidied'), ranOf('unmake swept')], [[], []]);
    assert.deepEqual(summary?.findings, [
      `${handle.workflowId} gave way at step fine; its steps tidied, swept stay done`,
    ]);
  });

  for (const failing of [1, 2, 3]) {
    test(`that fails at step ${failing} is taken back in reverse with all before it`, async () => {
      const ids = [1, 2, 3].map((at) => `s${failing}-${at}`);
      ends.set(`make ${ids[failing - 1] ?? ''}`, () => ({ exitCode: 1, printed: 'no room' }));
      const handle = await run(ids.map((id) => doing(id, { onFailure: 'undo' })));
      const { outcome, message } = await endOf(handle);
      assert.equal(outcome, 'failed');
      assert.match(message, /no room/);
      const undone = shop.ports.steps.ran.filter((one) => one.startsWith(`unmake s${failing}-`));
      assert.deepEqual(
        undone,
        ids
          .slice(0, failing)
          .reverse()
          .map((id) => `unmake ${id}`),
      );
    });
  }

  test('that is done already by its check is not made', async () => {
    const handle = await run([
      {
        id: 'there',
        do: { command: ['make', 'there'], check: { command: ['is', 'there'] } },
        undo: 'none',
        why: 'nothing',
      },
    ]);
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.deepEqual(ranOf('there'), ['is there']);
    assert.match((await reportOf(handle)).steps[0]?.detail ?? '', /done already/);
  });

  test('that fails asks by default, and is done again or passed by a person', async () => {
    let tries = 0;
    ends.set('make asking', () => ((tries += 1) < 2 ? { exitCode: 1 } : {}));
    const handle = await run([doing('asking')]);
    const parked = await untilStatus(handle, ({ state }) => state === 'parked');
    assert.deepEqual(parked.answers, ['retryStep', 'skipStep', 'abort']);
    await send(handle, 'retryStep', { actor: 'ana', step: 'asking' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.deepEqual(ranOf(' asking'), ['make asking', 'make asking']);
  });

  test('waits for those who approve it, and is passed over when its condition does not hold', async () => {
    ends.set('is wanted', () => ({ exitCode: 1 }));
    const handle = await run([
      doing('gated', { approval: 'promote', when: { command: ['is', 'wanted'] } }),
      doing('asked', { approval: 'promote' }),
    ]);
    const { gates } = await untilStatus(handle, (status) => status.gates.length > 0);
    assert.equal(gates[0]?.id, 'asked-approval');
    for (const actor of ['ana', 'ben']) await send(handle, 'approve', { actor });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.deepEqual(statesOf(await reportOf(handle)), [
      ...['gated-approval passedOver', 'gated passedOver', 'asked-approval done', 'asked done'],
    ]);
  });
});

test('a runbook of steps is a page of commands too, with what people do by hand', async () => {
  const system = shop.live();
  const name = freshName('book');
  const steps = [{ id: 'told', manual: 'Tell the ops channel' }, doing('paged')];
  const runbook = runbookSchema.parse({ title: 'A test', leases: ['api'], steps });
  const file = `systems/${system}/runbooks/${name}.yaml`;
  shop.ports.steps.written.set(name, { name, file, digest: digestOf(runbook), runbook });
  const request = { system, runbook: name };
  const asked = { system, commands: { type: 'runbook', request } };
  const handle = await shop.start('inspectSystem', asked, `ask/${name}`);
  const { commands, operation } = (await handle.result()) as Record<string, string>;
  assert.equal(operation, `run/${system}/${name}`);
  assert.match(commands ?? '', /# 1 told: By hand: Tell the ops channel/);
  assert.match(commands ?? '', /^\( cd \S+ && make paged \)$/m);
});
