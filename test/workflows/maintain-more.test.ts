// What else a maintenance window may say and come to: who lets it begin, services without replicas meanwhile, who is told where
// nobody answers, and the backup of the window in the place of what its work left.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDataShop } from '../support/data-shop.ts';
import { change, maintain, openChild, workOf } from '../support/maintenance.ts';
import { eventually } from '../support/local-daemon.ts';
import { endOf, reportOf, statesOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop } = await openDataShop();
shop.ports.steps.answer = async (command) =>
  command.startsWith('make broken') ? { exitCode: 1, printed: 'no room' } : {};
after(() => shop.worker.stop());

const broken = change('broken', { onFailure: 'undo' });

const replicasOf = (system: string): (number | undefined)[] =>
  [...shop.ports.world.service({ system, service: 'api' }).revisions.values()].map(
    ({ desired }) => desired,
  );

describe('a maintenance window', { concurrency: 4 }, () => {
  test('the backup of the window takes the place of what the work left, and the window was rolled back', async () => {
    const system = shop.live({
      uses: ['orders'],
      datastores: { orders: { kind: 'files', directory: 'data' } },
      recovery: { admit: [100] },
    });
    const handle = await maintain(shop, system, [broken]);
    const { asks } = await untilStatus(handle, (status) => status.asks !== undefined);
    assert.deepEqual(asks?.options, ['retry', 'go-on-without', 'restore']);
    await send(handle, 'choose', { actor: 'ana', step: 'work', option: 'restore' });
    const recovery = await openChild(shop, handle, /^recover\//);
    const { gates } = await untilStatus(recovery, ({ state }) => state === 'waiting');
    const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
    await send(recovery, 'approve', { actor: 'ben', gate: id, digest });
    assert.equal((await endOf(recovery)).outcome, 'succeeded');
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'rolledBack', message);
    assert.match(
      message,
      /the work failed \(.*no room.*\), and its backup is in its place: recover\//,
    );
    const report = await reportOf(handle);
    assert.deepEqual([report.clean, report.leftovers], [true, []]);
    assert.deepEqual(statesOf(report).slice(-2), ['work failed', 'admit-api done']);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('nobody is kept out before those who let it begin have said so; who says no ends it', async () => {
    const file: ShopFile = { maintenance: { windows: {}, approval: 'promote' } };
    for (const isLet of [true, false]) {
      const system = shop.live(file);
      const handle = await maintain(shop, system, [change('fine')]);
      const { gates } = await untilStatus(handle, ({ state }) => state === 'waiting');
      assert.deepEqual([gates.at(-1)?.id, shop.weightsOf(system)], ['open', 'v1 100 %']);
      const { digest } = gates.at(-1) ?? assert.fail('no gate');
      await send(handle, isLet ? 'approve' : 'reject', { actor: 'ben', gate: 'open', digest });
      assert.equal((await endOf(handle)).outcome, isLet ? 'succeeded' : 'rejected');
      assert.equal(shop.weightsOf(system), 'v1 100 %');
      const then = isLet ? ['stop-api done', 'work done', 'admit-api done'] : [];
      assert.deepEqual(statesOf(await reportOf(handle)), ['open done', ...then]);
    }
  });

  test('nobody is kept out once the window has ended: by no answer, nor by one in time that something held up', async () => {
    const file: ShopFile = { maintenance: { windows: {}, approval: 'promote' } };
    const begun = async () => {
      const system = shop.live(file);
      const handle = await maintain(shop, system, [change('fine')], { lasts: 60_000 });
      const { gates } = await untilStatus(handle, ({ state }) => state === 'waiting');
      const gate = gates.at(-1) ?? assert.fail('no gate');
      return { system, handle, gate, endsAt: Date.parse(gate.expiresAt) };
    };
    const [silent, held] = [await begun(), await begun()];
    assert.ok(Math.max(silent.endsAt, held.endsAt) <= Date.now() + 60_000);
    await send(held.handle, 'pause', { actor: 'ana' });
    await send(held.handle, 'approve', { actor: 'ben', gate: 'open', digest: held.gate.digest });
    await untilStatus(held.handle, ({ state }) => state === 'paused');
    assert.equal((await endOf(silent.handle)).outcome, 'expired');
    await sleep(Math.max(0, held.endsAt - Date.now()) + 100);
    await send(held.handle, 'resume', { actor: 'ana' });
    const { outcome, message } = await endOf(held.handle);
    assert.equal(outcome, 'failed');
    assert.match(message, /users of api are not kept out: the window ended at /);
    for (const { system } of [silent, held]) assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('services without replicas meanwhile have as many as before afterwards, and when it is aborted', async () => {
    const file: ShopFile = { maintenance: { windows: {}, scaleDown: ['api'] } };
    for (const isAborted of [false, true]) {
      const system = shop.live(file);
      const before = replicasOf(system);
      assert.notDeepEqual(before, [0]);
      const handle = await maintain(shop, system, [{ id: 'fine', manual: 'Fine?' }]);
      const work = await workOf(shop, handle);
      await untilStatus(work, ({ asks }) => asks?.step === 'fine');
      assert.deepEqual([shop.weightsOf(system), replicasOf(system)], ['no traffic', [0]]);
      if (isAborted) await send(handle, 'abort', { actor: 'ana' });
      else await send(work, 'tick', { actor: 'ana', step: 'fine' });
      assert.equal((await endOf(handle)).outcome, isAborted ? 'aborted' : 'succeeded');
      assert.deepEqual([shop.weightsOf(system), replicasOf(system)], ['v1 100 %', before]);
      if (isAborted) continue;
      assert.deepEqual(statesOf(await reportOf(handle)), [
        ...['stop-api done', 'scale-down-api done', 'work done'],
        ...['scale-up-api done', 'ready-api done', 'admit-api done'],
      ]);
    }
  });

  test('where everybody is silent the levels are told one after the other, after failed work and at its end', async () => {
    const people = { levels: [['ana'], ['ben'], ['cto']], after: ['1s', '1s'] };
    const file: ShopFile = { notify: { ops: { type: 'console' } }, people };
    const toldOf = (system: string): string[] =>
      shop.ports.notify.sent
        .filter(({ notice }) => notice.system === system)
        .map(({ notice }) => notice.title.replaceAll(system, 'shop'))
        .filter((title) => title.startsWith('Escalated'));
    const failed = shop.live(file);
    const late = shop.live(file);
    const both = [
      await maintain(shop, failed, [broken]),
      await maintain(shop, late, [{ id: 'slow', manual: 'Slow' }], { lasts: 60_000 }),
    ] as const;
    const [atFailure, atEnd] = both;
    for (const system of [failed, late]) {
      await eventually(`the last level of ${system} to be told`, () => toldOf(system).length >= 2);
      const titles = ['ben', 'cto'].map(
        (who) => `Escalated to ${who}: maintain/shop waits for a decision: work`,
      );
      assert.deepEqual(toldOf(system), titles);
      assert.equal(shop.weightsOf(system), 'no traffic');
    }
    await send(atFailure, 'choose', { actor: 'cto', step: 'work', option: 'go-on-without' });
    await send(atEnd, 'choose', { actor: 'cto', step: 'work', option: 'go-on' });
    await send(await workOf(shop, atEnd), 'tick', { actor: 'cto', step: 'slow' });
    assert.equal((await endOf(atFailure)).outcome, 'failed');
    assert.equal((await endOf(atEnd)).outcome, 'succeeded');
  });
});
