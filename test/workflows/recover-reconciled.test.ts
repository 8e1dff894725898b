// Recoveries in the place of the live data whose system file names runbooks between restore and question: what is carried over is
// no longer lost, and whoever approves answers for what is lost then.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import type { LossCount } from '../../src/domain/recovery/exchange.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, freshName, reportOf, statesOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, vault, stored } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged } = shop.ports;

const HOUR = 3_600_000;
const TEXT = { type: 'text' };

/** A runbook on a copy, by a name that no other test has. */
function written(): string {
  const name = freshName('carry');
  const runbook = runbookSchema.parse({
    title: 'Carry over',
    leases: ['orders'],
    inputs: { datastore: TEXT, copy: TEXT, quarantined: TEXT },
    steps: [
      {
        id: 'rows',
        do: {
          command: [name, '{{inputs.datastore}}', '{{inputs.quarantined}}', '{{inputs.copy}}'],
          check: 'none',
          why: 'twice is fine',
        },
        undo: 'none',
        why: 'the copy is discarded',
      },
    ],
  });
  const file = `systems/any/runbooks/${name}.yaml`;
  shop.ports.steps.written.set(name, { name, file, digest: digestOf(runbook), runbook });
  return name;
}

const fileOf = (recovery: NonNullable<ShopFile['recovery']>): ShopFile => ({
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: { admit: [100], ...recovery },
});

async function begun(recovery: NonNullable<ShopFile['recovery']>) {
  const system = shop.live(fileOf(recovery));
  stored(system, 1);
  const request = { system, mode: 'recover', requestedBy: 'ci' };
  return { system, handle: await shop.start('disasterRecovery', request) };
}

const failuresAt = ({ verdicts }: OperationStatus, step: string): number =>
  verdicts.filter((one) => one.step === step && one.verdict === 'fail').length;

const NONE: LossCount = { count: 0, digest: 'none', shown: [] };
const LOST: LossCount = { count: 3, digest: 'three', shown: ['a.csv'] };
const losing = (count: LossCount) => ({ onlyThere: count, onlyHere: NONE, changed: NONE });

describe('a recovery with runbooks between restore and question', { concurrency: 1 }, () => {
  test('has them work on the copy, counts again what is lost, and asks about that', async () => {
    const [reconcile, migrate] = [written(), written()];
    vault.loss = losing(LOST);
    shop.ports.steps.answer = async (command) => {
      if (command.startsWith(reconcile)) vault.loss = losing(NONE);
      return {};
    };
    const { handle } = await begun({ reconcile, migrate: { runbook: migrate } });
    const { gates, verdicts } = await untilStatus(handle, (status) => status.gates.length > 0);
    const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
    const ran = shop.ports.steps.ran.filter((one) => one.startsWith('carry'));
    assert.deepEqual(
      ran.map((one) => one.split(' ').slice(0, 3)),
      [
        [reconcile, 'orders', 'live-1'],
        [migrate, 'orders', 'live-1'],
      ],
    );
    const told = verdicts.map(({ name, reason }) => `${name}: ${reason}`).join('\n');
    assert.match(told, /orders: only live: 0 only in what is live/);
    assert.match(
      told,
      new RegExp(`${reconcile} was carried out on the copy: .*before any runbook: 3 only`),
    );
    assert.doesNotMatch(told, /orders: only live: 3/);
    await send(handle, 'approve', { actor: 'ana', gate: id, digest });
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.match(message, /lost: what is live holds the same/);
    const states = statesOf(await reportOf(handle));
    assert.deepEqual(
      states.slice(states.indexOf('loss-orders done'), states.indexOf('exchange done')),
      [
        'loss-orders',
        'reconcile-orders',
        'migrate-orders',
        'untouched-orders',
        'loss-again-orders',
      ].map((step) => `${step} done`),
    );
  });

  test('asks where what was live was written to by a runbook that may only read it', async () => {
    const reconcile = written();
    vault.loss = losing(LOST);
    const { system, handle } = await begun({ reconcile });
    shop.ports.steps.answer = async (command) => {
      const live = exchanged.live.get(`${system}/orders`) ?? assert.fail('no live one');
      if (command.startsWith(reconcile)) live.writes += 1;
      return {};
    };
    const { note } = await untilStatus(handle, ({ state }) => state === 'parked');
    assert.match(note ?? '', /orders changed within .* somebody writes to it/);
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });

  for (const [step, skipped] of [
    ['untouched-orders', undefined],
    ['quiet-again-orders', 'untouched-orders'],
  ] as const) {
    test(`asks again where what was written to is looked at again at ${step}`, async () => {
      const reconcile = written();
      vault.loss = losing(NONE);
      const { system, handle } = await begun({ reconcile });
      const write = (): void => {
        const live = exchanged.live.get(`${system}/orders`) ?? assert.fail('no live one');
        live.writes += 1;
      };
      shop.ports.steps.answer = async (command) => {
        if (command.startsWith(reconcile)) write();
        return {};
      };
      if (skipped !== undefined) {
        await untilStatus(handle, (now) => now.state === 'parked' && now.step === skipped);
        await send(handle, 'skipStep', { actor: 'ben', step: skipped });
        const { gates } = await untilStatus(handle, (status) => status.gates.length > 0);
        write();
        const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
        await send(handle, 'approve', { actor: 'ana', gate: id, digest });
      }
      await untilStatus(handle, (now) => now.state === 'parked' && now.step === step);
      await send(handle, 'retryStep', { actor: 'ben', step });
      // Once more after the answer, and found so again.
      const { state } = await untilStatus(
        handle,
        (now) => now.state === 'parked' && failuresAt(now, step) === 2,
      );
      assert.equal(state, 'parked');
      await send(handle, 'abort', { actor: 'ana' });
      assert.equal((await endOf(handle)).outcome, 'aborted');
    });
  }

  test('has them work although the system is frozen and no change window is open', async () => {
    const reconcile = written();
    vault.loss = losing(LOST);
    shop.ports.steps.answer = async () => ({});
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(11, 16);
    const allow = [{ from: at(2 * HOUR), to: at(3 * HOUR), zone: 'UTC', why: 'nights' }];
    const system = shop.live({ ...fileOf({ reconcile }), changes: { allow, hotfix: 'promote' } });
    stored(system, 1);
    const until = new Date(Date.now() + HOUR).toISOString();
    const holidays = { system, until, reason: 'the holidays', requestedBy: 'ana' };
    const frozen = await shop.start('freeze', holidays, `freeze/${system}`);
    const request = { system, mode: 'recover', requestedBy: 'ci' };
    const handle = await shop.start('disasterRecovery', request);
    await untilStatus(handle, (status) => status.gates.length > 0);
    assert.ok(shop.ports.steps.ran.some((one) => one.startsWith(reconcile)));
    await send(frozen, 'thaw', { actor: 'ana' });
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });

  test('parks where a runbook fails; going on without it is seen at the question', async () => {
    const reconcile = written();
    vault.loss = losing(LOST);
    shop.ports.steps.answer = async (command) =>
      command.startsWith(reconcile) ? { exitCode: 1, printed: 'no such table' } : {};
    const { handle } = await begun({ reconcile });
    const parked = await untilStatus(handle, ({ children = [] }) => children.length > 0);
    const { workflowId = '', runId } = parked.children?.[0] ?? {};
    const child = shop.worker.client.workflow.getHandle(workflowId, runId);
    await untilStatus(child, ({ state }) => state === 'parked');
    await send(child, 'abort', { actor: 'ana' });
    const { step } = await untilStatus(handle, ({ state }) => state === 'parked');
    assert.equal(step, 'reconcile-orders');
    await send(handle, 'skipStep', { actor: 'ben', step });
    const { verdicts } = await untilStatus(handle, (status) => status.gates.length > 0);
    const told = verdicts.map(({ reason }) => reason).join('\n');
    assert.match(told, new RegExp(`${reconcile} was not carried out on the copy as a whole`));
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });
});
