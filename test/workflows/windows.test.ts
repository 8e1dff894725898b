// Change windows on a real server: what goes forward is refused outside of them, or waits, or is let through by people; what
// users are saved by needs none.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Changes } from '../../src/config/time/changes.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { openShop, refusal, send } from '../support/shop.ts';

const shop = await openShop();
after(() => shop.worker.stop());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The time of day (UTC) that long from now. */
function inTime(ms: number): string {
  return new Date(Date.now() + ms).toISOString().slice(11, 16);
}

/** Open from and to so long from now, every day. */
function window(from: number, to: number): Changes {
  return { allow: [{ from: inTime(from), to: inTime(to), zone: 'UTC', why: 'nights' }] };
}

const closed = (): Changes => window(2 * HOUR, 3 * HOUR);
const approval = { quorum: 1, from: ['ana', 'ben'], breakGlass: ['eve'] };
const withHotfix = (): { changes: Changes; approval: typeof approval } => ({
  changes: { ...closed(), hotfix: 'promote' },
  approval,
});
const isHeld = ({ heldByWindow }: OperationStatus): boolean => heldByWindow !== undefined;

describe('outside of its change windows', { concurrency: 6 }, () => {
  test('a deploy, a restart and a scale are refused with the next opening, and nothing was leased or changed', async () => {
    const system = shop.live({ changes: closed() });
    const asked = [
      await shop.deploy(system, 'v2'),
      await shop.start('restartService', { system, service: 'api' }),
      await shop.start('scaleService', { system, service: 'api', replicas: 3 }),
    ];
    for (const handle of asked) {
      const { outcome, message } = await endOf(handle);
      assert.equal(outcome, 'refused');
      assert.match(
        message,
        /may not be changed now: outside of its change windows, every day .* UTC \(nights\); the next one opens at \d{4}-.*Z \(\w+day .* UTC\)\. Ask again then, wait for it \(--wait-for-window\), or have it let through \(--hotfix\)$/,
      );
    }
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('a dry run says that it would be held, and a stop, an admission and a roll-back are held by nothing', async () => {
    const system = shop.live({ changes: closed() });
    const dry = await endOf(await shop.deploy(system, 'v2', { dryRun: true }));
    assert.match(dry.message, /nothing was changed; it would be held: .* may not be changed now/);
    for (const type of ['stopTraffic', 'admitTraffic']) {
      const { outcome, message } = await endOf(await shop.start(type, { system }));
      assert.equal(outcome, 'succeeded', message);
    }
    const back = await endOf(await shop.start('rollback', { system, service: 'api' }));
    assert.doesNotMatch(back.message, /may not be changed now/);
  });

  test('a deploy that waits holds no lease, says until when, and goes on when the window opens', async () => {
    // Half a minute from now at least: it has to be closed when it is looked at.
    const isLate = Date.now() % MINUTE > MINUTE / 2;
    const system = shop.live({ changes: window(isLate ? 2 * MINUTE : MINUTE, 2 * HOUR) });
    const handle = await shop.deploy(system, 'v2', { waitForWindow: true });
    const { note, heldByWindow } = await untilStatus(handle, isHeld);
    assert.match(note ?? '', /^held: .* may not be changed now/);
    assert.equal(heldByWindow?.system, system);
    const lease = shop.worker.client.workflow.getHandle(`lease/${system}/api`);
    await assert.rejects(lease.describe(), /not found/i);
    await untilStatus(handle, ({ state }) => state === 'waiting');
    await send(handle, 'approve', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    const { findings } = await reportOf(handle);
    assert.ok(findings.some((one) => one.startsWith('held before it began: ')));
    assert.ok(findings.includes('held no more: it goes on'));
  });

  test('a deploy that waits can be aborted', async () => {
    const system = shop.live({ changes: closed() });
    const handle = await shop.deploy(system, 'v2', { waitForWindow: true });
    await untilStatus(handle, isHeld);
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });
});

describe('a hotfix', { concurrency: 6 }, () => {
  const asked = { hotfix: true, reason: 'users cannot pay' };

  test('waits for those who may let it through; a broken glass lets it, and stays an open finding', async () => {
    const system = shop.live(withHotfix());
    const handle = await shop.deploy(system, 'v2', { ...asked, autoPromote: true });
    const waiting = await untilStatus(handle, ({ state }) => state === 'waiting');
    assert.deepEqual(
      waiting.gates.map(({ id, policy }) => [id, policy]),
      [['hotfix', 'promote']],
    );
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    assert.match(
      await refusal(handle, 'approve', { actor: 'ben-the-other', breakGlass: 'now' }),
      /may not break the glass of hotfix: only eve may/,
    );
    await send(handle, 'approve', { actor: 'eve', breakGlass: 'users cannot pay' });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.equal(shop.weightsOf(system), 'v2 100 %');
    const { findings } = await reportOf(handle);
    assert.ok(
      findings.some((one) => one.includes('broke the glass')),
      findings.join('\n'),
    );
  });

  test('that is rejected has changed nothing', async () => {
    const system = shop.live(withHotfix());
    const handle = await shop.start('restartService', { system, service: 'api', ...asked });
    await untilStatus(handle, ({ state }) => state === 'waiting');
    await send(handle, 'reject', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'rejected');
  });

  test('is refused where the file names nobody for that, and without a reason', async () => {
    const nobody = await shop.deploy(shop.live({ changes: closed() }), 'v2', asked);
    const ended = await endOf(nobody);
    assert.equal(ended.outcome, 'refused');
    assert.match(ended.message, /names no approval for that \(changes\.hotfix\)/);
    const why = await endOf(await shop.deploy(shop.live(withHotfix()), 'v2', { hotfix: true }));
    assert.deepEqual(
      [why.outcome, why.message.split(':')[0]],
      ['refused', 'a hotfix needs a reason'],
    );
  });

  test('while a window is open asks nobody', async () => {
    const system = shop.live({ ...withHotfix(), changes: window(-HOUR, HOUR) });
    const handle = await shop.start('restartService', { system, service: 'api', ...asked });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });
});

describe('a canary', { concurrency: 4 }, () => {
  const long = {
    rollout: {
      canary: { steps: [{ weight: 5, bake: '2h' }], watch: '1h' },
      autoPromotion: true,
    },
  };

  test('that would end after the window is refused, although it is open', async () => {
    const system = shop.live({ ...long, changes: window(-HOUR, HOUR) });
    const { outcome, message } = await endOf(await shop.deploy(system, 'v2'));
    assert.equal(outcome, 'refused');
    assert.match(
      message,
      /it takes at least 3 h, and the change window closes in \d+ min; no window that is long enough is known to come/,
    );
  });

  test('that would end after it waits for one that is long enough, when it was asked to', async () => {
    const system = shop.live({
      ...long,
      changes: {
        allow: [
          { from: inTime(-HOUR), to: inTime(HOUR), zone: 'UTC' },
          { from: inTime(2 * HOUR), to: inTime(8 * HOUR), zone: 'UTC' },
        ],
      },
    });
    const handle = await shop.deploy(system, 'v2', { waitForWindow: true });
    const { heldByWindow } = await untilStatus(handle, isHeld);
    assert.equal(heldByWindow?.next?.slice(11, 16), inTime(2 * HOUR));
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  });
});

test('a freeze of people holds a hotfix that a closed window does not', async () => {
  const system = shop.live(withHotfix());
  const until = new Date(Date.now() + HOUR).toISOString();
  await shop.start(
    'freeze',
    { system, until, reason: 'x', requestedBy: 'ana' },
    `freeze/${system}`,
  );
  const asked = { hotfix: true, reason: 'users cannot pay', requestedBy: 'ci' };
  const handle = await shop.start('restartService', { system, service: 'api', ...asked });
  const { held } = await untilStatus(handle, (status) => status.held !== undefined);
  assert.equal(held?.owner, 'ana');
  await send(shop.worker.client.workflow.getHandle(`freeze/${system}`), 'thaw', { actor: 'ana' });
  await untilStatus(handle, ({ state }) => state === 'waiting');
  await send(handle, 'approve', { actor: 'ana' });
  assert.equal((await endOf(handle)).outcome, 'succeeded');
});
