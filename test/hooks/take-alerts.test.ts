// Which incident each alert opens, joins or leaves, and what is sent of it: against incidents in memory.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { peopleOf } from '../../src/domain/incident/people.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { AlertChange } from '../../src/domain/incident/alerts.ts';
import type { IncidentRequest } from '../../src/domain/incident/incident-request.ts';
import type { Incidents, IncidentState } from '../../src/hooks/incidents.ts';
import { alertsTaker } from '../../src/hooks/take-alerts.ts';
import { posted, type PostedAlert } from '../support/alertmanager-post.ts';
import { sampleSystem } from '../support/samples.ts';

const ALERTS = {
  HighErrorRate: { severity: 'P1', service: 'api', runbook: 'high-error-rate' },
  Slow: { severity: 'P2' },
} as const;

interface Sent {
  id: string;
  alerts: readonly AlertChange[];
}

/** Incidents that are open once they were opened. */
function world(alerts: Record<string, object> = ALERTS) {
  const states = new Map<string, IncidentState>();
  const opened: IncidentRequest[] = [];
  const sent: Sent[] = [];
  let away = false;
  let broken = false;
  const asked = async (): Promise<void> => {
    await Promise.resolve();
    if (away) throw new Failure('Unavailable', 'describing: no connection');
  };
  const incidents: Incidents = {
    state: async (_, id) => {
      await asked();
      return states.get(id) ?? { is: 'none' };
    },
    countOpen: async () => {
      await asked();
      return [...states.values()].filter(({ is }) => is === 'open').length;
    },
    openOrJoin: async (request, changes) => {
      await asked();
      if (states.get(request.id)?.is !== 'open') opened.push(request);
      states.set(request.id, { is: 'open' });
      sent.push({ id: request.id, alerts: changes });
    },
    tell: async (_, id, changes) => {
      await asked();
      if (states.get(id)?.is !== 'open') return false;
      sent.push({ id, alerts: changes });
      return true;
    },
  };
  const loaded = sampleSystem({}, { alerts: alerts as typeof ALERTS });
  const taker = alertsTaker({
    incidents,
    load: async () => {
      if (broken) throw new Failure('BadInput', 'systems/shop/system.yaml:3: no');
      return loaded;
    },
    now: () => 0,
  });
  return {
    ...{ states, opened, sent },
    take: (...some: PostedAlert[]) => taker.take('shop', posted(...some)),
    leave: (isAway: boolean) => (away = isAway),
    breakFile: () => (broken = true),
  };
}

const counts = (sent: readonly Sent[]): string[] =>
  sent.map(({ id, alerts }) => `${id} ${alerts.length}`);

describe('an alert', () => {
  test('opens the incident that its name says, with severity, service and runbook', async () => {
    const { take, opened, sent } = world();
    const taken = await take({ name: 'HighErrorRate' });
    assert.deepEqual(taken.incidents, ['incident/shop/high-error-rate']);
    assert.deepEqual(opened, [
      {
        ...{ system: 'shop', id: 'high-error-rate', title: 'HighErrorRate', severity: 'P1' },
        ...{ service: 'api', runbook: 'high-error-rate' },
        ...{ source: 'alert', requestedBy: 'alert:high-error-rate' },
        people: peopleOf(undefined),
      },
    ]);
    assert.equal(sent[0]?.alerts[0]?.summary, '5 % fail (instance a:9100)');
  });

  test('a hundred times, one after the other and at once, is one incident and one change', async () => {
    const { take, opened, sent } = world();
    await Promise.all(Array.from({ length: 50 }, () => take({ name: 'Slow' })));
    for (let times = 0; times < 50; times += 1) await take({ name: 'Slow' });
    assert.equal(opened.length, 1);
    const changes = sent.flatMap(({ alerts }) => alerts);
    assert.ok(changes.length <= 50, String(changes.length));
    assert.ok(sent.length <= 2, counts(sent).join());
  });

  test('on two machines is two alerts of one incident', async () => {
    const { take, opened, sent } = world();
    await take({ name: 'Slow', instance: 'a' }, { name: 'Slow', instance: 'b' });
    assert.equal(opened.length, 1);
    assert.deepEqual(counts(sent), ['slow 2']);
  });

  test('that is over is said to its incident, and opens none', async () => {
    const { take, opened, sent } = world();
    const over = { name: 'Slow', state: 'resolved', endsAt: '2026-01-01T00:05:00Z' } as const;
    await take(over);
    assert.deepEqual([opened, sent], [[], []]);
    await take({ name: 'Slow' });
    await take(over);
    await take(over);
    assert.deepEqual(counts(sent), ['slow 1', 'slow 1']);
    assert.equal(sent[1]?.alerts[0]?.at, '2026-01-01T00:05:00.000Z');
  });

  test('that nobody named opens one incident for all of its kind, and is told by name', async () => {
    const { take, opened } = world();
    const taken = await take({ name: 'Unheard' }, { name: 'Of', instance: 'b' });
    assert.deepEqual(taken.unknown, ['Unheard', 'Of']);
    assert.deepEqual(
      opened.map(({ id, severity }) => `${id} ${severity}`),
      ['unknown-alerts P2'],
    );
  });

  test('known when its incident was closed opens none; one that began later does', async () => {
    const { take, opened, states } = world();
    await take({ name: 'Slow' });
    const at = '2026-01-01T00:00:00.000Z';
    const [change] = [{ name: 'Slow', state: 'firing', at, summary: '', times: 1 } as const];
    const { fingerprint = '' } = posted({ name: 'Slow' }).alerts[0] ?? {};
    const alerts = [{ ...change, fingerprint }];
    states.set('slow', { is: 'closed', alerts, more: 0, closedAt: '2026-01-02T00:00:00Z' });
    await take({ name: 'Slow' });
    assert.equal(opened.length, 1);
    // Began before the incident was closed, and nobody had heard of it then.
    await take({ name: 'Slow', instance: 'b', startsAt: '2026-01-01T12:00:00Z' });
    assert.equal(opened.length, 2);
    states.set('slow', { is: 'closed', alerts, more: 0, closedAt: '2026-01-02T00:00:00Z' });
    await take({ name: 'Slow', startsAt: '2026-01-03T00:00:00Z' });
    assert.equal(opened.length, 3);
  });

  test('while Temporal is away is not taken, and taken when it is posted again', async () => {
    const { take, leave, opened } = world();
    leave(true);
    await assert.rejects(take({ name: 'Slow' }), ({ message }: Error) => /no conn/.test(message));
    leave(false);
    await take({ name: 'Slow' });
    assert.equal(opened.length, 1);
  });

  test('is taken by the file as it was when an edit broke it; without one, as unknown', async () => {
    const known = world();
    await known.take({ name: 'Slow' });
    known.breakFile();
    const taken = await known.take({ name: 'HighErrorRate' });
    assert.deepEqual(taken.incidents, ['incident/shop/high-error-rate']);
    const unread = world();
    unread.breakFile();
    const { incidents, problem } = await unread.take({ name: 'Slow' });
    assert.deepEqual(incidents, ['incident/shop/unknown-alerts']);
    assert.equal(problem, 'systems/shop/system.yaml:3: no');
  });
});

describe('a flood', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `Flood${index}`);

  test('of 1,000 alerts that nobody named is one incident and ten messages', async () => {
    const { take, opened, sent } = world();
    await take(...names.map((name) => ({ name })));
    assert.equal(opened.length, 1);
    assert.equal(sent.length, 10);
    await take(...names.map((name) => ({ name })));
    assert.equal(sent.length, 10, 'a repeat is nothing new');
  });

  test('of 1,000 alerts with names is 20 incidents and one for the rest, as bad as the worst', async () => {
    const alerts = Object.fromEntries(
      names.map((name, index) => [name, { severity: index === 999 ? 'P0' : 'P3' }]),
    );
    const { take, opened, sent, states } = world(alerts);
    await Promise.all(names.map((name) => take({ name })));
    assert.equal(opened.length, 21);
    const storm = sent.filter(({ id }) => id === 'alert-storm').flatMap((one) => one.alerts);
    assert.equal(storm.length, 980);
    assert.ok(storm.some(({ severity }) => severity === 'P0'));
    // Two are closed meanwhile: what is in the storm stays there.
    for (const id of ['flood0', 'flood1']) states.delete(id);
    await take({ name: 'Flood500' });
    assert.equal(opened.length, 21);
    const over = { state: 'resolved', endsAt: '2026-01-01T00:05:00Z' } as const;
    await take({ name: 'Flood500', ...over });
    assert.equal(sent.at(-1)?.id, 'alert-storm');
  });
});
