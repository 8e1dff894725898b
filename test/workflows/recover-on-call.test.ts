// Recoveries of which nobody who is asked answers: who is on call behind them is told, level by level, at a gate and at a parked
// step; and somebody who is alone at night.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import { openDataShop } from '../support/data-shop.ts';
import { eventually } from '../support/local-daemon.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { refusal, send, type ShopFile } from '../support/shop.ts';

const { shop, vault, stored } = await openDataShop();
after(() => shop.worker.stop());

const FILE: ShopFile = {
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: { admit: [100] },
  notify: { ops: { type: 'console' } },
  people: { levels: [['ana'], ['ben', 'eve'], ['cto']], after: ['1s', '2s'] },
};

async function begun(file: ShopFile = FILE): Promise<{ system: string; handle: WorkflowHandle }> {
  const system = shop.live(file);
  stored(system, 1);
  const request = { system, mode: 'recover', requestedBy: 'ana' };
  return { system, handle: await shop.start('disasterRecovery', request) };
}

const titlesOf = (system: string): string[] =>
  shop.ports.notify.sent
    .filter(({ notice }) => notice.system === system)
    .map(({ notice }) => notice.title);

async function gateOf(handle: WorkflowHandle): Promise<{ gate: string; digest: string }> {
  const { gates } = await untilStatus(handle, ({ state }) => state === 'waiting');
  const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
  return { gate: id, digest };
}

describe('a recovery that waits for people', () => {
  test('tells the next level where nobody answers its gate, and not the same one again', async () => {
    const { system, handle } = await begun();
    const gate = await gateOf(handle);
    await eventually('the last level to be told', () =>
      titlesOf(system).some((title) => title.startsWith('Escalated to cto: ')),
    );
    assert.deepEqual(titlesOf(system), [
      `recover/${system} waits for approval of exchange`,
      `Escalated to ben, eve: recover/${system} still waits for approval of exchange`,
      `Escalated to cto: recover/${system} still waits for approval of exchange`,
    ]);
    await send(handle, 'approve', { actor: 'cto', ...gate });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const { findings } = await reportOf(handle);
    assert.match(findings.join('\n'), /escalation to ben, eve: exchange waits for an answer/);
  });

  test('tells the next level where nobody answers a step that is parked', async () => {
    shop.ports.exchanged.failNext('lossAgainst', new Failure('CheckFailed', 'it cannot be read'));
    const { system, handle } = await begun();
    await eventually('the last level to be told', () =>
      titlesOf(system).some((title) => title.startsWith('Escalated to cto: ')),
    );
    assert.deepEqual(titlesOf(system), [
      `recover/${system} is parked at loss-orders`,
      `Escalated to ben, eve: recover/${system} is parked at loss-orders`,
      `Escalated to cto: recover/${system} is parked at loss-orders`,
    ]);
    await send(handle, 'retryStep', { actor: 'ana', step: 'loss-orders' });
    await send(handle, 'approve', { actor: 'ben', ...(await gateOf(handle)) });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const { findings } = await reportOf(handle);
    assert.match(
      findings.join('\n'),
      /escalation to cto: loss-orders is parked, and nobody answers/,
    );
  });

  test('lets who asked for it and is alone on call break the glass, which stays open until somebody countersigns', async () => {
    const { handle } = await begun();
    const gate = await gateOf(handle);
    assert.match(await refusal(handle, 'approve', { actor: 'ana', ...gate }), /cannot approve it/);
    const alone = { breakGlass: 'it is 3 a.m. and nobody answers' };
    assert.match(
      await refusal(handle, 'approve', { actor: 'eva', ...gate, ...alone }),
      /eva may not break the glass of exchange/,
    );
    await send(handle, 'approve', { actor: 'ana', ...gate, ...alone });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const { findings } = await reportOf(handle);
    assert.match(findings.join('\n'), /ana broke the glass of exchange and nobody countersigned/);
  });

  test('tells nobody else where no levels are named', async () => {
    const { people: _, ...file } = FILE;
    const { system, handle } = await begun(file);
    await send(handle, 'approve', { actor: 'ben', ...(await gateOf(handle)) });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.ok(titlesOf(system).every((title) => !title.startsWith('Escalated')));
  });

  test('takes no approval that was meant for a run before it', async () => {
    const first = await begun();
    const old = await gateOf(first.handle);
    await send(first.handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(first.handle)).outcome, 'aborted');
    const request = { system: first.system, mode: 'recover', requestedBy: 'ana' };
    const again = await shop.start('disasterRecovery', request);
    const now = await gateOf(again);
    assert.notEqual(now.digest, old.digest);
    assert.match(
      await refusal(again, 'approve', { actor: 'ben', ...old }),
      /is not the one exchange is open with/,
    );
    await send(again, 'approve', { actor: 'ben', ...now });
    assert.equal((await endOf(again)).outcome, 'succeeded');
    vault.copies.clear();
  });
});
