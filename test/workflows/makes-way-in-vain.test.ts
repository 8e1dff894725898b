// Nobody of a lower rank is made to give way for what is refused then, need not be done, or is held itself: for every runbook
// that takes leases before it plans, and makes others give way.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import { change, maintain } from '../support/maintenance.ts';
import { manyServices } from '../support/many-services.ts';
import { endOf, freshName, untilStatus } from '../support/operations.ts';
import { openShop, send, type Shop, type ShopFile } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
  shop.ports.steps.answer = async () => ({});
});
after(() => shop.worker.stop());

const api = (system: string) => ({ system, service: 'api', requestedBy: 'ci' });
const HOUR = 3_600_000;

/** A runbook of steps that has changed something of `api` and waits for a person. */
async function runbookUnderWay(system: string): Promise<WorkflowHandle> {
  const name = freshName('book');
  const steps = [change('half'), { id: 'fine', manual: 'Fine?' }];
  const runbook = runbookSchema.parse({ title: 'A test', leases: ['api'], steps });
  const file = `systems/${system}/runbooks/${name}.yaml`;
  shop.ports.steps.written.set(name, { name, file, digest: digestOf(runbook), runbook });
  const handle = await shop.start('runbook', { system, runbook: name }, `run/${system}/${name}`);
  await untilStatus(handle, ({ asks }) => asks?.step === 'fine');
  return handle;
}

/** It waits for its person still, and ends well. */
async function goesOn(handle: WorkflowHandle): Promise<void> {
  const { asks } = await untilStatus(handle, () => true);
  assert.equal(asks?.step, 'fine');
  await send(handle, 'tick', { actor: 'ana', step: 'fine' });
  const { outcome, message } = await endOf(handle);
  assert.equal(outcome, 'succeeded', message);
}

interface Vain {
  /** Nothing is deployed. */
  isEmpty?: true;
  file?: ShopFile;
  ask: (system: string) => Promise<WorkflowHandle>;
  outcome: 'refused' | 'nothingToDo';
  says: RegExp;
}

const nobodyMay: ShopFile = {
  approval: { from: ['ana'] },
  maintenance: {
    windows: { nightly: { at: '03:00', zone: 'UTC', lasts: '1h' } },
    approval: 'promote',
  },
};

const VAIN: Record<string, Vain> = {
  'a canary of a version that cannot be started': {
    file: { files: ['conf/{version}.json'] },
    ask: async (system) => {
      const { directory } = await shop.ports.systems.load(system);
      shop.ports.world.missingFiles.add(`${directory}/conf/v9.json`);
      return shop.deploy(system, 'v9');
    },
    outcome: 'refused',
    says: /conf\/v9\.json/,
  },
  'a canary of what everybody is on': {
    ask: async (system) => shop.deploy(system, 'v1'),
    outcome: 'nothingToDo',
    says: /v1/,
  },
  'a blue-green deploy of what everybody is on': {
    file: { rollout: { blueGreen: { watch: '100ms' } } },
    ask: async (system) => shop.start('blueGreenDeploy', { ...api(system), version: 'v1' }),
    outcome: 'nothingToDo',
    says: /v1/,
  },
  'a scale to as many as there are': {
    ask: async (system) => shop.start('scaleService', { ...api(system), replicas: 2 }),
    outcome: 'nothingToDo',
    says: /2 replicas already/,
  },
  'a restart of what was never deployed': {
    isEmpty: true,
    ask: async (system) => shop.start('restartService', api(system)),
    outcome: 'refused',
    says: /api/,
  },
  'a roll-back to what nobody was on': {
    ask: async (system) => shop.start('rollback', { ...api(system), revision: 'v9-0123456789' }),
    outcome: 'refused',
    says: /v9-0123456789/,
  },
  'an admit of who is in': {
    ask: async (system) => shop.start('admitTraffic', { system }),
    outcome: 'nothingToDo',
    says: /100 %/,
  },
  'a maintenance window that nobody may open': {
    file: nobodyMay,
    ask: async (system) => maintain(shop, system, [change('work')]),
    outcome: 'refused',
    says: /promote/,
  },
};

describe('a runbook of steps under way', { concurrency: 3 }, () => {
  for (const [name, { file, isEmpty, ask, outcome, says }] of Object.entries(VAIN)) {
    test(`does not give way to ${name}`, async () => {
      const system = isEmpty === true ? shop.empty(file) : shop.live(file);
      const holder = await runbookUnderWay(system);
      const end = await endOf(await ask(system));
      assert.equal(end.outcome, outcome, end.message);
      assert.match(end.message, says);
      await goesOn(holder);
    });
  }

  test('goes on while a freeze holds a deploy, and gives way once that can begin', async () => {
    const system = shop.live();
    const holder = await runbookUnderWay(system);
    const until = new Date(Date.now() + HOUR).toISOString();
    const asked = { system, until, reason: 'the holidays', requestedBy: 'ana' };
    const freeze = await shop.start('freeze', asked, `freeze/${system}`);
    const deploy = await shop.deploy(system, 'v2', { autoPromote: true });
    await untilStatus(deploy, ({ held }) => held !== undefined);
    assert.equal((await untilStatus(holder, () => true)).asks?.step, 'fine');
    await send(freeze, 'thaw', { actor: 'ana' });
    assert.equal((await endOf(deploy)).outcome, 'succeeded');
    assert.equal((await endOf(holder)).outcome, 'preempted');
  });
});

test('an admit of all does not end a canary where another service cannot be had', async () => {
  const many = await manyServices(2, 2);
  const { system, ports, worker } = many;
  try {
    const canary = await worker.start('canaryDeploy', { system, service: 's0', version: 'v2' });
    await untilStatus(canary, ({ step }) => step === 'weight-5');
    await endOf(await worker.start('admitTraffic', { system, service: 's1', percent: 50 }));
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    ports.world.onCall = (verb) => (verb === 'admit' ? released : undefined);
    const one = await worker.start('admitTraffic', { system, service: 's1' });
    await untilStatus(one, ({ step }) => step === 'admit-s1');
    const all = await endOf(await worker.start('admitTraffic', { system }, `admit-all/${system}`));
    assert.equal(all.outcome, 'refused', all.message);
    assert.match(all.message, /s1 is being changed/);
    assert.equal((await untilStatus(canary, () => true)).step, 'weight-5');
    release();
    assert.equal((await endOf(one)).outcome, 'succeeded');
    await send(canary, 'abort', { actor: 'ana' });
    await endOf(canary);
  } finally {
    await worker.stop();
  }
});
