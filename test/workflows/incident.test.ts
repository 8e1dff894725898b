// The workflow of an incident on a real server: messages, what is told, what is kept, and how it ends.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { IncidentStatus } from '../../src/domain/incident/incident-status.ts';
import type { Incident } from '../../src/domain/incident/incident.ts';
import { UNDISTURBED } from '../../src/integrations/json-objects.ts';
import { eventually } from '../support/local-daemon.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { endOf } from '../support/operations.ts';
import { openShop, refusal, send, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

const PEOPLE = {
  levels: [['ana'], ['ben'], ['cto']],
  roles: { communications: ['eve'] },
};

async function open(
  system: string,
  more: object = {},
): Promise<{ handle: WorkflowHandle; id: string }> {
  const id = `errors-${randomUUID().slice(0, 8)}`;
  const request = { system, id, title: 'Checkout answers 500', severity: 'P1', requestedBy: 'ana' };
  const handle = await shop.start('incident', { ...request, ...more }, `incident/${system}/${id}`);
  await until(handle, () => true);
  return { handle, id };
}

/** Asks again and again until it is so. */
async function until(
  handle: WorkflowHandle,
  isSo: (status: IncidentStatus) => boolean,
): Promise<IncidentStatus> {
  const patience = Date.now() + PATIENCE_MS;
  for (;;) {
    const status = await handle.query<IncidentStatus | null>('status');
    if (status !== null && isSo(status)) return status;
    assert.ok(Date.now() < patience, JSON.stringify(status, null, 2));
    await sleep(50);
  }
}

const words = ({ timeline }: IncidentStatus): string[] => timeline.map(({ what }) => what);

describe('an incident', () => {
  test('is acknowledged, explained, resolved and closed; its timeline outlives it', async () => {
    const system = shop.live({ people: PEOPLE, notify: { ops: { type: 'file' } } });
    const { handle, id } = await open(system);
    const ack = await send(handle, 'acknowledge', { actor: 'ana' });
    assert.equal(ack.note, 'acknowledged it and is commander');
    assert.match(await refusal(handle, 'acknowledge', { actor: 'ben' }), /acknowledged by ana/);
    await send(handle, 'update', { actor: 'ana', cause: 'the new index' });
    await send(handle, 'update', { actor: 'ana', resolution: 'rolled back' });
    assert.match(await refusal(handle, 'close', { actor: 'ana' }), /its review, .* is due by/);
    await send(handle, 'followUp', { actor: 'ana', text: 'alert on the queue' });
    const held = { actor: 'ana', review: 'held' };
    assert.match(await refusal(handle, 'close', held), /follow-up 1 has no owner/);
    await send(handle, 'followUp', { actor: 'ana', id: 1, owner: 'ben', due: '2099-01-31' });
    await send(handle, 'close', held);
    const end = (await handle.result()) as Incident;
    assert.deepEqual([end.phase, end.closedBy, end.roles], ['closed', 'ana', { commander: 'ana' }]);
    const kept = await shop.ports.incidents.read({ system, id }, UNDISTURBED);
    assert.equal(kept?.problem, null);
    assert.equal(kept.incident.phase, 'closed');
    assert.deepEqual(
      kept.timeline.map(({ kind }) => kind),
      ['opened', 'paged', 'phase', 'phase', 'phase', 'followUp', 'followUp', 'review', 'closed'],
    );
    const told = shop.ports.notify.sent.map(({ notice }) => `${notice.event} ${notice.title}`);
    assert.ok(
      told.includes(`paging P1 ${system}: Checkout answers 500: needs somebody`),
      told.join('\n'),
    );
  });

  test('keeps all of several messages that come together', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { handle } = await open(shop.live({ people: PEOPLE }), { severity: 'P2' });
      const together = [
        ['update', { actor: 'ana', severity: 'P1' }],
        ['update', { actor: 'ben', role: 'communications', person: 'eve' }],
        ['update', { actor: 'cto', cause: 'the new index' }],
        ['followUp', { actor: 'ana', text: 'alert on the queue' }],
        ['followUp', { actor: 'ben', text: 'test the index' }],
        ['acknowledge', { actor: 'ben', note: 'on it' }],
      ] as const;
      await Promise.all(together.map(([name, message]) => send(handle, name, { ...message })));
      const status = await until(handle, () => true);
      assert.equal(status.severity, 'P1');
      assert.equal(status.cause?.text, 'the new index');
      assert.deepEqual(status.roles, { commander: 'ben', communications: 'eve' });
      assert.equal(status.followUps.length, 2);
      await handle.terminate('over');
    }
  });

  test('that is closed among notes stays closed', async () => {
    const { handle } = await open(shop.live(), { severity: 'P3' });
    await send(handle, 'update', { actor: 'ana', resolution: 'rolled back' });
    const note = async (at: number) =>
      send(handle, 'update', { actor: 'ben', note: `note ${at}` }).catch(() => undefined);
    const close = send(handle, 'close', { actor: 'ana', review: 'held' });
    await Promise.all([...[1, 2, 3, 4].map(note), close, ...[5, 6, 7, 8].map(note)]);
    const end = (await handle.result()) as Incident;
    assert.deepEqual([end.phase, end.closedBy], ['closed', 'ana']);
  });

  test('goes to the next level, and not to the same one again, when nobody acknowledges it', async () => {
    const clocks = { P1: { acknowledge: '100ms', investigate: '1h', mitigate: '2h' } };
    const people = { ...PEOPLE, clocks, after: ['100ms', '100ms', '1h'] };
    const { handle } = await open(shop.live({ people }));
    const status = await until(handle, (one) => words(one).includes('told cto (level 3)'));
    assert.deepEqual(
      words(status).filter((one) => one.startsWith('told')),
      ['told ana (level 1)', 'told ben (level 2)', 'told cto (level 3)'],
    );
    assert.equal(status.clocks.acknowledge.overdue, true);
    await handle.terminate();
  });

  test('is handed over only when the other one takes it, and stays where it is when not', async () => {
    const { handle } = await open(shop.live({ people: PEOPLE }));
    await send(handle, 'acknowledge', { actor: 'ana' });
    assert.match(
      await refusal(handle, 'update', { actor: 'ben', handover: 'cto' }),
      /ana is commander/,
    );
    await send(handle, 'update', { actor: 'ana', handover: 'ben' });
    assert.match(await refusal(handle, 'acknowledge', { actor: 'cto' }), /for ben to acknowledge/);
    await send(handle, 'update', { actor: 'ben', decline: 'I am off duty' });
    let status = await until(handle, (one) => one.handover === null);
    assert.equal(status.roles['commander'], 'ana');
    await send(handle, 'update', { actor: 'ana', handover: 'ben' });
    const taken = await send(handle, 'acknowledge', { actor: 'Ben' });
    assert.equal(taken.note, 'took commander over from ana');
    status = await until(handle, (one) => one.handover === null);
    assert.equal(status.roles['commander'], 'ben');
    const given = { actor: 'ben', role: 'communications', person: 'ana' };
    assert.match(await refusal(handle, 'update', given), /roles.communications names eve/);
    await handle.terminate();
  });

  test('shows what operations of its system did meanwhile, by their runs', async () => {
    const system = shop.live({ people: PEOPLE });
    const { handle } = await open(system);
    const restart = await shop.start('restartService', {
      system,
      service: 'api',
      requestedBy: 'ci',
    });
    await endOf(restart);
    await send(handle, 'acknowledge', { actor: 'ana' });
    // Each message is a reason to look; the server's list may not have the restart at the first.
    const status = await eventually('the restart to be seen', async () => {
      await send(handle, 'update', { actor: 'ana', note: 'looking' });
      const found = await handle.query<IncidentStatus>('status');
      return found.operations.length > 0 && found;
    });
    assert.equal(status.operations[0]?.kind, 'restartService');
    await handle.terminate();
  });

  test('takes the same alert once, says when it is over, and opens again when it fires again', async () => {
    const { handle } = await open(shop.live({ people: PEOPLE }), { source: 'alert' });
    const alert = (state: string, at: string) => ({
      alerts: [{ name: 'HighErrorRate', fingerprint: 'a1', state, at, summary: 'too many' }],
    });
    for (let sent = 0; sent < 5; sent += 1) {
      await handle.signal('alert', alert('firing', '2026-01-01T00:00:00Z'));
    }
    await send(handle, 'acknowledge', { actor: 'ana' });
    await send(handle, 'update', { actor: 'ana', resolution: 'gone' });
    await handle.signal('alert', alert('resolved', '2026-01-01T00:01:00Z'));
    await handle.signal('alert', alert('firing', '2026-01-01T00:02:00Z'));
    const status = await until(
      handle,
      ({ phase, alerts }) => phase === 'open' && alerts.length > 0,
    );
    const alerts = status.timeline.filter(({ kind }) => kind === 'alert');
    assert.equal(alerts.length, 3, words(status).join('\n'));
    assert.equal(status.alerts[0]?.times, 2);
    await handle.terminate();
  });

  test('ends with a sentence for input that makes no sense, and for a system that is not there', async () => {
    const nonsense = await shop.start('incident', { system: 'x', severity: 'P9', colour: 'red' });
    await assert.rejects(nonsense.result(), ({ cause }: Error) => {
      assert.match(String(cause), /has no field "colour"/);
      assert.match(String(cause), /severity is "P9", allowed: P0, P1, P2, P3/);
      return true;
    });
    const request = { system: 'nothing', id: 'x', title: 'x', severity: 'P1' };
    const nowhere = await shop.start('incident', request, 'incident/nothing/x');
    await assert.rejects(nowhere.result(), ({ cause }: Error) =>
      /no system nothing/.test(String(cause)),
    );
  });

  test('refuses what makes no sense before it is accepted, by name', async () => {
    const { handle } = await open(shop.live({ people: PEOPLE }));
    assert.match(await refusal(handle, 'update', { actor: 'ana' }), /needs one of note, severity/);
    assert.match(await refusal(handle, 'update', 'nonsense'), /takes one JSON object/);
    assert.match(
      await refusal(handle, 'followUp', { actor: 'a', text: 'x', due: '2027-02-30' }),
      /due is/,
    );
    assert.match(
      await refusal(handle, 'approve', { actor: 'ana' }),
      /an incident takes acknowledge/,
    );
    await handle.signal('update', 'nonsense');
    await handle.signal('alert', 42);
    const note = await send(handle, 'update', { actor: 'ana', note: 'still here' });
    assert.equal(note.note, 'still here');
    await handle.terminate();
  });
});
