// Recoveries in the place of the live data, before anything is changed: whether there is room for a copy, by a look, by the command
// of the system file, or not known.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, vault, stored } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged, checks } = shop.ports;

const FILE = {
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: { admit: [100] },
} satisfies ShopFile;
const ASKS: ShopFile = {
  ...FILE,
  recovery: { ...FILE.recovery, room: { command: ['has-room', '{datastore}', '{bytes}'] } },
};

async function begun(file: ShopFile) {
  const system = shop.live(file);
  stored(system, 1);
  const request = { system, mode: 'recover', requestedBy: 'ci' };
  return { system, handle: await shop.start('disasterRecovery', request) };
}

test('where other versions served when the backup was made, the question says so', async () => {
  const system = shop.live(FILE);
  const backup = stored(system, 1);
  const entry = vault.entries.get(backup);
  assert.ok(entry?.state === 'complete');
  entry.manifest.served = { api: ['v0'] };
  const request = { system, mode: 'recover', requestedBy: 'ci' };
  const handle = await shop.start('disasterRecovery', request);
  const { verdicts } = await untilStatus(handle, ({ state }) => state === 'waiting');
  const [told] = verdicts.filter(({ name }) => name === 'orders: versions of api');
  assert.match(told?.reason ?? '', /^api served v0 when it was made, and serves v1 now: .*migrate/);
  await send(handle, 'abort', { actor: 'ana' });
  await endOf(handle);
});

test('a backup says which versions served when it was made', async () => {
  const system = shop.live(FILE);
  const { outcome } = await endOf(await shop.start('backup', { system }));
  assert.equal(outcome, 'succeeded');
  const [made] = [...vault.entries.values()].filter(({ id }) => id.startsWith(`${system}/`));
  assert.deepEqual(made?.state === 'complete' && made.manifest.served, { api: ['v1'] });
});

describe('room for a copy', () => {
  test('that nobody can look at is not known, and the question says so', async () => {
    exchanged.roomKnown = false;
    const { handle } = await begun(FILE);
    const { verdicts } = await untilStatus(handle, ({ state }) => state === 'waiting');
    exchanged.roomKnown = true;
    const [room] = verdicts.filter(
      ({ step, name }) => step === 'exchange' && name === 'orders: room',
    );
    assert.match(room?.reason ?? '', /is not known: nobody can look .* names no command/);
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
  });

  test('is asked of the command of the system file, before anybody is kept out', async () => {
    const before = checks.run.bind(checks);
    const asked: string[][] = [];
    checks.run = async ({ check }) => {
      asked.push([...(check.command ?? [])]);
      if (asked.length === 1) throw new Failure('CheckFailed', 'exit 1: 3 GB are free');
      return 'done';
    };
    exchanged.roomKnown = false;
    const { system, handle } = await begun(ASKS);
    const { note } = await untilStatus(
      handle,
      ({ state, step }) => state === 'parked' && step === 'preflight',
    );
    assert.match(note ?? '', /by recovery.room there is no room for .*: exit 1: 3 GB are free/);
    assert.equal(shop.ports.world.service({ system, service: 'api' }).traffic.stopped, false);
    await send(handle, 'retryStep', { actor: 'ana', step: 'preflight' });
    const { verdicts } = await untilStatus(handle, ({ state }) => state === 'waiting');
    checks.run = before;
    exchanged.roomKnown = true;
    assert.equal(asked.length, 2);
    for (const words of asked) assert.match(words.join(' '), /^has-room orders \d+$/);
    const room = verdicts.filter(({ name }) => name === 'orders: room').map(({ reason }) => reason);
    assert.match(room.join(), /^by recovery.room there is room for /);
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
  });
});
