// The blue-green deploy on a real Temporal server with in-memory ports: the good course, and what fails before and
// after the switch.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { DOUBLES, ON, type Double } from '../support/memory/doubles.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { openShop, refusal, send, type Shop, type ShopFile } from '../support/shop.ts';

describe('a blue-green deploy', { concurrency: DOUBLES.length }, () => {
  for (const double of DOUBLES) {
    describe(ON[double], { concurrency: 1 }, () => {
      suite(double);
    });
  }
});

function suite(double: Double): void {
  let shop: Shop;
  before(async () => {
    shop = await openShop({}, {}, double);
  });
  after(() => shop.worker.stop());

  const file: ShopFile = {
    rollout: {
      blueGreen: {
        preview: { bake: '150ms' },
        approval: 'promote',
        watch: '300ms',
        analysis: 'errors',
      },
    },
    checks: { preview: [{ name: 'page', http: '/' }] },
  };

  function deploy(system: string, version: string, more: object = {}): Promise<WorkflowHandle> {
    const request = { system, service: 'api', version, requestedBy: 'ci', ...more };
    return shop.start('blueGreenDeploy', request);
  }

  const auto = { autoPromote: true };
  const history = (system: string): string[] =>
    shop.ports.world.weightHistory({ system, service: 'api' }).map(describeWeights);

  test('tries the new side beside the old one, asks, switches at once, and keeps the old one', async () => {
    const system = shop.live(file);
    const handle = await deploy(system, 'v2');
    const status = await untilStatus(handle, (one) => one.state === 'waiting');
    assert.equal(status.gates[0]?.id, 'preview');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
    assert.deepEqual(shop.versionsOf(system), ['v1', 'v2']);
    assert.match(await refusal(handle, 'approve', { actor: 'ci' }), /ci requested this/);
    await send(handle, 'approve', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal(end.summary?.verdict, 'pass');
    assert.deepEqual(history(system), ['v2 100 %']);
    assert.deepEqual(shop.versionsOf(system), ['v1', 'v2']);
    const { verdicts } = await handle.query<Report>('report');
    assert.ok(verdicts.some(({ step, name }) => step === 'preview' && name === 'page'));
  });

  test('goes back to the old side when the watch finds the new one bad, and removes it', async () => {
    shop.ports.world.answer('bad', { errorRatio: 0.5 });
    const system = shop.live(file);
    const end = await endOf(await deploy(system, 'bad', auto));
    assert.equal(end.outcome, 'rolledBack', end.message);
    assert.deepEqual(history(system), ['bad 100 %', 'v1 100 %']);
    assert.deepEqual(shop.versionsOf(system), ['v1']);
    assert.equal(end.summary?.serving, 'old');
  });

  test('is done without users having met the new side when it fails before the switch', async () => {
    for (const verb of ['ensure', 'revisions'] as const) {
      const system = shop.live(file);
      shop.ports.world.failNext(verb, 'before', new Failure('Broken', 'boom'));
      const end = await endOf(await deploy(system, 'v2', auto));
      assert.ok(['rolledBack', 'failed'].includes(end.outcome), `${verb}: ${end.outcome}`);
      assert.deepEqual(history(system), []);
      assert.deepEqual(shop.versionsOf(system), ['v1']);
    }
  });

  test('is taken back when the gate is rejected, or it never gets ready', async () => {
    const system = shop.live(file);
    const handle = await deploy(system, 'v2');
    await untilStatus(handle, (one) => one.state === 'waiting');
    await send(handle, 'reject', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'rejected');
    shop.ports.world.behave('lazy', 'neverReady');
    const lazy = shop.live(file);
    assert.equal((await endOf(await deploy(lazy, 'lazy', auto))).outcome, 'rolledBack');
    for (const one of [system, lazy]) {
      assert.deepEqual(history(one), []);
      assert.deepEqual(shop.versionsOf(one), ['v1']);
    }
  });

  test('is rolled back by a switch while the old side lives', async () => {
    const system = shop.live(file);
    assert.equal((await endOf(await deploy(system, 'v2', auto))).outcome, 'succeeded');
    const from = shop.ports.world.changes.length;
    const rollback = await shop.start('rollback', { system, service: 'api', requestedBy: 'ana' });
    assert.equal((await endOf(rollback)).outcome, 'succeeded');
    assert.deepEqual(history(system), ['v2 100 %', 'v1 100 %']);
    const verbs = shop.ports.world.changes.slice(from).map(({ verb }) => verb);
    assert.ok(!verbs.includes('scale'), `nothing had to be started: ${verbs.join()}`);
  });

  test('a roll-back does not go to what a deploy took away again', async () => {
    shop.ports.world.answer('bad', { errorRatio: 0.5 });
    const system = shop.live(file);
    assert.equal((await endOf(await deploy(system, 'v2', auto))).outcome, 'succeeded');
    assert.equal((await endOf(await deploy(system, 'bad', auto))).outcome, 'rolledBack');
    const rollback = await shop.start('rollback', { system, service: 'api', requestedBy: 'ana' });
    assert.equal((await endOf(rollback)).outcome, 'succeeded');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('a system that describes only a canary refuses it with what to write', async () => {
    const system = shop.live();
    const end = await endOf(await deploy(system, 'v2'));
    assert.equal(end.outcome, 'refused');
    assert.match(end.message, /has no rollout\.blueGreen/);
  });
}
