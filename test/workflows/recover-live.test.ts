// Recoveries in the place of the live data as whole operations, with datastores in memory: in which order what is changed, who
// is asked, where each failure leaves it, and what an abort brings back.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { refusal, send, type ShopFile } from '../support/shop.ts';

const { shop, vault, stored, copiesOf, nothingLeft } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged } = shop.ports;

const FILE: ShopFile = {
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: { admit: [25, 100] },
};

interface Begun {
  system: string;
  backup: string;
  handle: WorkflowHandle;
}

async function begun(file: ShopFile = FILE, more: object = {}): Promise<Begun> {
  const system = shop.live(file);
  const backup = stored(system, 1);
  const request = { system, mode: 'recover', requestedBy: 'ci', ...more };
  return { system, backup, handle: await shop.start('disasterRecovery', request) };
}

const askedFor = (handle: WorkflowHandle): Promise<OperationStatus> =>
  untilStatus(handle, ({ state }) => state === 'waiting');

const parkedAt = (handle: WorkflowHandle, at: string): Promise<OperationStatus> =>
  untilStatus(handle, ({ state, step }) => state === 'parked' && step === at);

const liveOf = (system: string) => exchanged.live.get(`${system}/orders`);

const trafficOf = (system: string) => shop.ports.world.service({ system, service: 'api' }).traffic;

async function approve(handle: WorkflowHandle): Promise<void> {
  const { gates } = await askedFor(handle);
  const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
  await send(handle, 'approve', { actor: 'ana', gate: id, digest });
}

function isAsBefore(system: string): void {
  assert.deepEqual([liveOf(system)?.name, liveOf(system)?.fencedSince], ['live-1', undefined]);
  assert.equal(trafficOf(system).stopped, false);
  assert.equal(trafficOf(system).admitPercent, 100);
  assert.match(shop.weightsOf(system), /v1 100/);
  nothingLeft(system);
}

describe('a recovery in the place of the live data', () => {
  test('keeps users and writers out, asks with what will be lost, exchanges, and lets users in by steps', async () => {
    const one = (name: string) => ({ count: 1, digest: 'd', shown: [name] });
    const before = vault.loss;
    vault.loss = { ...vault.loss, onlyThere: one('order 7') };
    const { system, backup, handle } = await begun();
    const { gates, verdicts } = await askedFor(handle);
    assert.equal(trafficOf(system).stopped, true);
    assert.notEqual(liveOf(system)?.fencedSince, undefined);
    assert.deepEqual(
      gates.map(({ id, policy, have, need }) => [id, policy, have, need]),
      [['exchange', 'recovery', 0, 1]],
    );
    const asked = verdicts.filter(({ step }) => step === 'exchange');
    assert.match(asked.map(({ reason }) => reason).join('\n'), /since the backup: order 7/);
    const [copy = ''] = copiesOf(system);
    await approve(handle);
    const { outcome, message } = await endOf(handle);
    vault.loss = before;
    assert.equal(outcome, 'succeeded', message);
    assert.ok(message.startsWith(`orders is ${backup}; lost: 1 only in what is live`), message);
    assert.match(message, /what was live is kept as live-1: until when, "fairlead backups /);
    assert.match(message, /due now: "fairlead backup/);
    assert.deepEqual([liveOf(system)?.name, liveOf(system)?.fencedSince], [copy, undefined]);
    assert.deepEqual([trafficOf(system).stopped, trafficOf(system).admitPercent], [false, 100]);
    const report = await reportOf(handle);
    assert.equal(report.verdict, 'pass');
    assert.deepEqual(
      report.steps.map(({ id }) => id),
      [
        ...['preflight', 'stop-api', 'fence-orders', 'quiet-orders', 'artefact-orders'],
        ...['loads-orders', 'complete-orders', 'correct-orders', 'loss-orders', 'exchange'],
        ...['quiet-again-orders', 'exchange-orders', 'live-orders', 'open-orders'],
        ...['release-orders', 'restart-api', 'admit-25-api', 'admit-100-api', 'conclude'],
      ],
    );
    nothingLeft(system);
  });

  test('that is aborted before the exchange leaves everything as it was', async () => {
    for (const reach of ['writeFence', 'writePosition', 'lossAgainst', 'exchange'] as const) {
      const { reached } = exchanged.hangNext(reach);
      const { system, handle } = await begun();
      if (reach === 'exchange') await approve(handle);
      await reached;
      await send(handle, 'abort', { actor: 'ana' });
      const { outcome, message } = await endOf(handle);
      assert.equal(outcome, 'aborted', message);
      if (reach !== 'exchange') isAsBefore(system);
      else {
        // Nobody can say what became of the exchange: users come back by a person's word.
        assert.equal(liveOf(system)?.fencedSince, undefined);
        assert.equal(trafficOf(system).stopped, true);
      }
    }
  });

  test('that is aborted at its gate, or cancelled there, lets users in on what was live', async () => {
    for (const end of ['abort', 'cancel'] as const) {
      const { system, handle } = await begun();
      await askedFor(handle);
      if (end === 'abort') await send(handle, 'abort', { actor: 'ana' });
      else await handle.cancel();
      await handle.result().catch(() => undefined);
      isAsBefore(system);
    }
  });

  test('that fails after the exchange asks, and an abort leaves users out on the exchanged data', async () => {
    const checks = { smoke: [{ name: 'total', http: '/total' }] };
    const before = shop.ports.checks.run.bind(shop.ports.checks);
    shop.ports.checks.run = async () => {
      throw new Failure('CheckFailed', 'total is wrong');
    };
    const { system, handle } = await begun({ ...FILE, checks });
    await approve(handle);
    const { note } = await parkedAt(handle, 'smoke-api');
    assert.match(note ?? '', /total is wrong/);
    await send(handle, 'abort', { actor: 'ana' });
    const { outcome } = await endOf(handle);
    shop.ports.checks.run = before;
    assert.equal(outcome, 'aborted');
    const { leftovers } = await reportOf(handle);
    assert.match(leftovers.join(), /orders was exchanged, and users of api are kept out/);
    assert.equal(trafficOf(system).stopped, true);
    assert.match(liveOf(system)?.name ?? '', /^recover-/);
  });

  test('whose fence is written past parks, and goes on once nobody writes', async () => {
    const { reached, release } = exchanged.hangNext('writePosition');
    const { system, handle } = await begun();
    await reached;
    const live = liveOf(system) ?? assert.fail();
    live.writers = ['a job that nobody knew'];
    release();
    const { note } = await parkedAt(handle, 'quiet-orders');
    assert.match(note ?? '', /can be written to: a job that nobody knew/);
    assert.equal(trafficOf(system).stopped, true);
    live.writers = [];
    await send(handle, 'retryStep', { actor: 'ana', step: 'quiet-orders' });
    await approve(handle);
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('that is written to while people are asked parks before it exchanges', async () => {
    const { system, handle } = await begun();
    await askedFor(handle);
    const live = liveOf(system) ?? assert.fail();
    live.writes += 1;
    await approve(handle);
    const { note } = await parkedAt(handle, 'quiet-again-orders');
    assert.match(note ?? '', /somebody writes to it/);
    assert.equal(live.name, 'live-1');
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
    isAsBefore(system);
  });

  test('is approved by nobody who asked for it, not twice, and only for what was found', async () => {
    const { handle } = await begun();
    const { gates } = await askedFor(handle);
    const [{ id, digest } = assert.fail()] = gates;
    const by = (actor: string, more: object = {}) => ({ actor, gate: id, digest, ...more });
    assert.match(await refusal(handle, 'approve', by('ci')), /cannot approve it/);
    const other = by('ana', { digest: 'f'.repeat(64) });
    assert.match(await refusal(handle, 'approve', other), /is not the one exchange is open with/);
    const { release, reached } = exchanged.hangNext('exchange');
    await send(handle, 'approve', by('ana'));
    await reached;
    assert.match(await refusal(handle, 'approve', by('ben')), /approved already/);
    release();
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('that is rejected keeps users out and asks: another answer opens the gate anew', async () => {
    const { system, handle } = await begun();
    const { gates } = await askedFor(handle);
    const [{ id, digest } = assert.fail()] = gates;
    await send(handle, 'reject', { actor: 'ana', gate: id, digest, reason: 'not yet' });
    await parkedAt(handle, 'exchange');
    assert.equal(trafficOf(system).stopped, true);
    await send(handle, 'retryStep', { actor: 'ana', step: 'exchange' });
    const again = await askedFor(handle);
    assert.equal(again.gates.at(-1)?.id, 'exchange#2');
    await approve(handle);
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('whose worker is lost after the exchange exchanges nothing twice', async () => {
    exchanged.failNext('exchange', new Failure('Unavailable', 'gone'), true);
    const { system, handle } = await begun();
    await approve(handle);
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.match(message, /kept as live-1/);
    assert.match(liveOf(system)?.name ?? '', /^recover-/);
  });

  test('takes a deploy’s place, and keeps deploys, admits and other recoveries away', async () => {
    const { system, handle: deploy } = await shop.waiting(FILE);
    stored(system, 1);
    const request = { system, mode: 'recover', requestedBy: 'ci' };
    const handle = await shop.start('disasterRecovery', request);
    await askedFor(handle);
    assert.equal((await endOf(deploy)).outcome, 'preempted');
    for (const [type, more] of [
      ['canaryDeploy', { service: 'api', version: 'v3' }],
      ['admitTraffic', {}],
    ] as const) {
      const other = await endOf(await shop.start(type, { system, ...more }));
      assert.equal(other.outcome, 'refused');
      assert.match(other.message, /disasterRecovery\) holds it since/);
    }
    const stop = await endOf(await shop.start('stopTraffic', { system }));
    assert.equal(stop.outcome, 'nothingToDo', stop.message);
    await approve(handle);
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('that cannot be done leaves a deploy at its gate', async () => {
    const { system, handle: deploy } = await shop.waiting(FILE);
    const request = { system, mode: 'recover', requestedBy: 'ci', adopt: 'gen-99' };
    const { outcome, message } = await endOf(await shop.start('disasterRecovery', request));
    assert.equal(outcome, 'refused', message);
    assert.equal((await deploy.describe()).status.name, 'RUNNING');
    await send(deploy, 'abort', { actor: 'ana' });
    await endOf(deploy);
  });

  test('waits for a word when its service was changed by a newer epoch before it lets users in', async () => {
    const checks = { smoke: [{ name: 'total', http: '/total' }] };
    const before = shop.ports.checks.run.bind(shop.ports.checks);
    let system = '';
    shop.ports.checks.run = async (input, waiting) => {
      const service = shop.ports.world.service({ system, service: 'api' });
      // As a stop would, which begins now.
      service.token = { operation: 'stop', epoch: Date.now(), sequence: 0 };
      return before(input, waiting);
    };
    const found = await begun({ ...FILE, checks });
    system = found.system;
    await approve(found.handle);
    await parkedAt(found.handle, 'admit-25-api');
    shop.ports.checks.run = before;
    assert.equal(trafficOf(system).stopped, true);
    await send(found.handle, 'retryStep', { actor: 'ana', step: 'admit-25-api' });
    assert.equal((await endOf(found.handle)).outcome, 'succeeded');
    assert.equal(trafficOf(system).admitPercent, 100);
  });

  test('that is aborted as it is goes on from there when it is started again', async () => {
    exchanged.failNext('lossAgainst', new Failure('CheckFailed', 'it cannot be read'));
    const { system, handle } = await begun();
    await parkedAt(handle, 'loss-orders');
    await send(handle, 'abort', { actor: 'ana', keep: true });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal(trafficOf(system).stopped, true);
    assert.notEqual(liveOf(system)?.fencedSince, undefined);
    const again = await shop.start('disasterRecovery', { system, mode: 'recover' });
    const { gates } = await askedFor(again);
    const [{ id, digest } = assert.fail()] = gates;
    await send(again, 'approve', { actor: 'ana', gate: id, digest });
    await send(again, 'approve', { actor: 'ben', gate: id, digest });
    assert.equal((await endOf(again)).outcome, 'succeeded');
    assert.equal(trafficOf(system).stopped, false);
    vault.copies.clear();
  });

  test('of what cannot be exchanged is refused before anybody is kept out', async () => {
    exchanged.unable.set('orders', 'orders is a replica; recover its primary');
    const { system, handle } = await begun();
    const { outcome, message } = await endOf(handle);
    exchanged.unable.clear();
    assert.equal(outcome, 'refused');
    assert.match(message, /orders is a replica; recover its primary/);
    assert.equal(trafficOf(system).stopped, false);
    const { findings } = await reportOf(handle);
    assert.ok(!findings.some((text) => text.startsWith('froze')), findings.join('; '));
  });
});
