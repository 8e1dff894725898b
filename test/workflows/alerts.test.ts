// Alerts on a real server: two at once are one incident, a closed one is followed by a new one, a runbook looks, a flood is bounded.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import type { IncidentStatus } from '../../src/domain/incident/incident-status.ts';
import { temporalIncidents } from '../../src/hooks/incidents.ts';
import { alertsTaker, type TakenAlerts } from '../../src/hooks/take-alerts.ts';
import { posted, type PostedAlert } from '../support/alertmanager-post.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { openShop, send, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

const LOOK = { id: 'first', look: { command: ['df'] } };
const CHANGE = {
  id: 'kill',
  do: { command: ['kill'], check: 'none', why: 'twice is fine' },
  ...{ undo: 'none', why: 'what is killed stays so' },
};
const CHOICE = { id: 'way', choose: { question: 'What is it?', options: { a: ['kill'], b: [] } } };

function systemWith(runbook?: { name: string; steps: object[] }): string {
  if (runbook !== undefined) {
    const { name, steps } = runbook;
    const written = runbookSchema.parse({ title: 'A test', leases: ['api'], steps });
    const file = `systems/shop/runbooks/${name}.yaml`;
    shop.ports.steps.written.set(name, { name, file, digest: digestOf(written), runbook: written });
  }
  const named = runbook === undefined ? {} : { runbook: runbook.name };
  return shop.live({ alerts: { Slow: { severity: 'P2', service: 'api', ...named } } });
}

/** As one process of hooks that was just started does it. */
function taking(system: string): (...alerts: PostedAlert[]) => Promise<TakenAlerts> {
  const { client, taskQueue } = shop.worker;
  const taker = alertsTaker({
    incidents: temporalIncidents(client, taskQueue),
    load: (name) => shop.ports.systems.load(name),
    now: () => Date.now(),
  });
  return (...alerts) => taker.take(system, posted(...alerts));
}

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

const incident = (system: string, id = 'slow'): WorkflowHandle =>
  shop.worker.client.workflow.getHandle(`incident/${system}/${id}`);

const words = ({ timeline }: IncidentStatus): string => timeline.map(({ what }) => what).join('\n');

describe('an alert', { concurrency: 3 }, () => {
  test('posted to two processes at the same moment, again and again, is one incident', async () => {
    const system = systemWith();
    const both = [taking(system), taking(system)];
    for (let times = 0; times < 5; times += 1) {
      await Promise.all(both.map((take) => take({ name: 'Slow' })));
    }
    const handle = incident(system);
    const { alerts } = await until(handle, (status) => status.alerts.length > 0);
    assert.equal(alerts[0]?.times, 1);
    const { runId } = await handle.describe();
    await both[0]?.({ name: 'Slow', state: 'resolved', endsAt: '2026-01-01T00:05:00Z' });
    const status = await until(handle, (one) => one.alerts[0]?.state === 'resolved');
    assert.equal((await handle.describe()).runId, runId);
    assert.match(words(status), /Slow fires since .*\nSlow is over since/);
    await handle.terminate();
  });

  test('that fires on after its incident was closed opens none; anew, another one', async () => {
    const system = systemWith();
    const take = taking(system);
    await take({ name: 'Slow' });
    const handle = incident(system);
    await until(handle, ({ alerts }) => alerts.length > 0);
    await send(handle, 'update', { actor: 'ana', resolution: 'gone' });
    await send(handle, 'close', { actor: 'ana', review: 'held' });
    await handle.result();
    await take({ name: 'Slow' });
    await taking(system)({ name: 'Slow' });
    assert.equal((await handle.describe()).status.name, 'COMPLETED');
    await take({ name: 'Slow', startsAt: '2026-01-02T00:00:00Z' });
    assert.equal((await incident(system).describe()).status.name, 'RUNNING');
    await incident(system).terminate();
  });

  test('that nobody named is kept in one incident, however many: a hundred by name', async () => {
    const system = systemWith();
    const many = Array.from({ length: 250 }, (_, at) => ({ name: `Unheard${at}` }));
    const { unknown } = await taking(system)(...many);
    assert.equal(unknown.length, 250);
    const handle = incident(system, 'unknown-alerts');
    const status = await until(handle, ({ moreAlerts }) => moreAlerts === 150);
    assert.equal(status.alerts.length, 100);
    const paged = status.timeline.filter(({ kind }) => kind === 'paged');
    assert.ok(paged.length <= 1, 'people are told once');
    await handle.terminate();
  });
});

describe('the runbook of an alert', { concurrency: 3 }, () => {
  test('looks by itself, asked for by the alert, and waits for a person', async () => {
    const system = systemWith({ name: 'looks', steps: [LOOK, CHOICE, CHANGE] });
    await taking(system)({ name: 'Slow' });
    const status = await until(incident(system), (one) => /looks:/.test(words(one)));
    const link = status.timeline.find(({ kind }) => kind === 'link')?.link;
    assert.equal(link, `run/${system}/looks`);
    const run = shop.worker.client.workflow.getHandle(link);
    const { memo } = await run.describe();
    assert.match(JSON.stringify(memo), /"requestedBy":"alert:slow"/);
    await run.terminate();
    await incident(system).terminate();
  });

  test('that would change something before it asks is not started, and the timeline says so', async () => {
    for (const [steps, why] of [
      [[CHANGE, LOOK], /does not begin with a look/],
      [[LOOK, CHANGE], /would change something at kill before a person is asked/],
    ] as const) {
      const system = systemWith({ name: 'hasty', steps: [...steps] });
      await taking(system)({ name: 'Slow' });
      const status = await until(incident(system), (one) => /not started/.test(words(one)));
      assert.match(words(status), why);
      assert.match(words(status), new RegExp(`fairlead run ${system}/hasty`));
      await incident(system).terminate();
    }
  });
});
