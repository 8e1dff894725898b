// Maintenance windows on a real server: users are kept out, a backup is taken, the work is a runbook of steps, users come back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { change, maintain, workOf } from '../support/maintenance.ts';
import { endOf, reportOf, statesOf, untilStatus } from '../support/operations.ts';
import { openShop, send, type Shop, type ShopFile } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
  shop.ports.steps.answer = async (command) => ends.get(command)?.() ?? {};
});
after(() => shop.worker.stop());

const ends = new Map<string, () => { exitCode?: number; printed?: string }>();

/** Hours from now, whenever now is: at the time itself it would be open. */
const AT = new Date(Date.now() + 6 * 3_600_000).toISOString().slice(11, 16);

const daily = (notice?: string): ShopFile => ({
  maintenance: {
    windows: { nightly: { at: AT, zone: 'UTC', lasts: '1h', ...(notice && { notice }) } },
  },
});

describe('a maintenance window', { concurrency: 3 }, () => {
  test('keeps users out, does the work and lets them in again', async () => {
    const system = shop.live();
    const handle = await maintain(shop, system, [change('grow'), { id: 'fine', manual: 'Fine?' }]);
    const child = await workOf(shop, handle);
    await untilStatus(child, (status) => status.asks?.step === 'fine');
    assert.equal(shop.weightsOf(system), 'no traffic');
    const other = await shop.deploy(system, 'v2');
    assert.match((await endOf(other)).message, /maintain\//);
    await send(child, 'tick', { actor: 'ana', step: 'fine' });
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    assert.deepEqual(statesOf(await reportOf(handle)), [
      'stop-api done',
      'work done',
      'admit-api done',
    ]);
  });

  test('whose work fails keeps users out and asks; it goes on without it, and has failed', async () => {
    const system = shop.live();
    ends.set('make broken', () => ({ exitCode: 1, printed: 'no room' }));
    const handle = await maintain(shop, system, [change('broken', { onFailure: 'undo' })]);
    const { asks } = await untilStatus(handle, (status) => status.asks !== undefined);
    assert.match(asks?.text ?? '', /run\/.* failed: .*no room/);
    assert.deepEqual(asks?.options, ['retry', 'go-on-without']);
    assert.equal(shop.weightsOf(system), 'no traffic');
    await send(handle, 'choose', { actor: 'ana', step: 'work', option: 'go-on-without' });
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'failed');
    assert.match(message, /the work is not done: .*no room/);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('asks at its end, waits while everybody is silent, and is sent back by a person', async () => {
    const system = shop.live();
    const steps = [change('slow'), { id: 'fine', manual: 'Fine?' }];
    // The shortest there is: it has to end while the test looks.
    const handle = await maintain(shop, system, steps, { lasts: 60_000 });
    const child = await workOf(shop, handle);
    const late = await untilStatus(handle, (status) => status.asks !== undefined);
    assert.match(late.asks?.text ?? '', /the window ended at/);
    assert.equal(late.state, 'waiting');
    assert.equal(shop.weightsOf(system), 'no traffic');
    await send(handle, 'choose', { actor: 'ben', step: 'work', option: 'go-back' });
    assert.equal((await endOf(child)).outcome, 'aborted');
    await untilStatus(handle, (status) => status.asks?.options?.includes('retry') === true);
    await send(handle, 'choose', { actor: 'ben', step: 'work', option: 'go-on-without' });
    assert.equal((await endOf(handle)).outcome, 'failed');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    assert.ok(shop.ports.steps.ran.includes('unmake slow'));
  });

  test('that is aborted aborts its work, and lets users in as they were', async () => {
    const system = shop.live();
    const handle = await maintain(shop, system, [change('half'), { id: 'fine', manual: 'Fine?' }]);
    const child = await workOf(shop, handle);
    await untilStatus(child, (status) => status.asks?.step === 'fine');
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal((await endOf(child)).outcome, 'aborted');
    assert.ok(shop.ports.steps.ran.includes('unmake half'));
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('of the file waits until it opens, says when, and can be called off', async () => {
    const system = shop.live(daily());
    const handle = await maintain(shop, system, [change('never')], { window: 'nightly' });
    const { note } = await untilStatus(handle, (status) => status.note !== undefined);
    assert.match(note ?? '', new RegExp(`the window nightly opens at .* ${AT} UTC`));
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });

  test('that is not there, or was not announced in time, is refused', async () => {
    const unknown = await maintain(shop, shop.live(daily()), [change('x')], { window: 'nightyl' });
    assert.match((await endOf(unknown)).message, /did you mean nightly/);
    const late = await maintain(shop, shop.live(daily('2d')), [change('x')], { window: 'nightly' });
    assert.match((await endOf(late)).message, /promised 2d of notice/);
  });
});
