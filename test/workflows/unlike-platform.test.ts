// Operations on a platform that keeps an object of its own, counts no replicas and lets users see a change only later: what
// the suites that run on the other one cannot show.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { serviceTarget } from '../../src/domain/rollout/service-target.ts';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import { waiting } from '../support/called-platform.ts';
import { endOf, reportOf } from '../support/operations.ts';
import { openShop, type Shop } from '../support/shop.ts';

const AUTO = { autoPromote: true };

let shop: Shop;
before(async () => {
  shop = await openShop({}, {}, 'unlike');
});
after(() => shop.worker.stop());

const changesOf = (system: string) =>
  shop.ports.world.changes.filter(({ service }) => service === `${system}/api`);
const changed = (system: string): string[] =>
  changesOf(system).map(({ verb, weights = [], revision = '' }) =>
    `${verb} ${verb === 'set' ? describeWeights(weights) : (revision.split('-')[0] ?? '')}`.trim(),
  );
const placeOf = async (system: string) =>
  serviceTarget(await shop.ports.systems.load(system), 'api');
/** The version that the object of the platform stands on. */
const standsOn = async (system: string) =>
  (await shop.ports.platforms.local.workload.revisions(await placeOf(system), waiting())).find(
    ({ settled }) => settled,
  )?.spec.version;
const detailOf = ({ steps }: Report, id: string): string | undefined =>
  steps.find((one) => one.id === id)?.detail;

test('a deploy settles the object once everything is on the new version, and says how it went', async () => {
  const system = shop.live();
  const handle = await shop.deploy(system, 'v2', AUTO);
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
  assert.deepEqual([...new Set(changed(system))].slice(-2), ['set v2 100 %', 'settle v2']);
  assert.equal(await standsOn(system), 'v2');
  const report = await reportOf(handle);
  assert.match(detailOf(report, 'settle') ?? '', /^its object stands there; users: v2 100 %/);
  assert.equal(report.plan?.platforms['api']?.replicas, 'elastic');
  const ensure = report.plan.steps.find(({ id }) => id === 'ensure');
  assert.equal(ensure?.title, 'Start v2, without traffic');
});

test('a deploy that cannot settle brings the object back before the traffic, and is clean', async () => {
  const system = shop.live();
  shop.ports.world.failNext('settle', 'after', new Failure('Broken', 'a hook failed'));
  const handle = await shop.deploy(system, 'v2', AUTO);
  const end = await endOf(handle);
  assert.equal(end.outcome, 'rolledBack', end.message);
  assert.match(end.message, /a hook failed/);
  assert.equal(end.summary?.clean, true, end.summary?.leftovers.join());
  const undone = changed(system).slice(changed(system).indexOf('set v2 100 %') + 1);
  assert.deepEqual([...new Set(undone)], ['settle v2', 'settle v1', 'set v1 100 %', 'remove v2']);
  assert.equal(await standsOn(system), 'v1');
  const { undo } = await reportOf(handle);
  assert.deepEqual(
    undo.map(({ verb }) => verb),
    ['settle', 'setWeights', 'removeRevision'],
  );
});

test('a roll-back that cannot settle leaves users where they are saved, and says what is left', async () => {
  const system = shop.live();
  assert.equal((await endOf(await shop.deploy(system, 'v2', AUTO))).outcome, 'succeeded');
  shop.ports.world.failNext('settle', 'before', new Failure('Refused', 'the release is locked'));
  const end = await endOf(await shop.start('rollback', { system, service: 'api' }));
  assert.equal(end.outcome, 'failed');
  assert.match(end.summary?.leftovers.join() ?? '', /the release is locked/);
  assert.equal(end.summary?.serving, 'new', 'which is what it went back to');
  assert.equal(shop.weightsOf(system), 'v1 100 %');
});

test('a stop is over when users meet nobody any more, an admission when they are answered again', async () => {
  const system = shop.live();
  const place = await placeOf(system);
  const { traffic } = shop.ports.platforms.local;
  const answers = async () => {
    const [answer] = await traffic.probe({ service: place, count: 1 }, waiting());
    return answer?.status;
  };
  assert.equal((await endOf(await shop.start('stopTraffic', { system }))).outcome, 'succeeded');
  assert.equal(await answers(), 503);
  assert.equal((await endOf(await shop.start('admitTraffic', { system }))).outcome, 'succeeded');
  assert.equal(await answers(), 200);
});

test('what the platform cannot do is refused with its reason, and nothing is changed', async () => {
  const system = shop.live();
  for (const [type, more, why] of [
    ['scaleService', { replicas: 5 }, /cannot do scale: .* takes no number; nothing was changed/],
    ['restartService', {}, /cannot do restart: .* deploy a version anew instead/],
    ['canaryDeploy', { version: 'v2', initialWeight: 2.5, ...AUTO }, /sets whole percents/],
  ] as const) {
    const end = await endOf(await shop.start(type, { system, service: 'api', ...more }));
    assert.equal(end.kind, 'Unsupported', `${type}: ${end.message}`);
    assert.match(end.message, why);
  }
  await endOf(await shop.start('stopTraffic', { system }));
  const before = changed(system).length;
  const part = await endOf(await shop.start('admitTraffic', { system, percent: 30 }));
  assert.match(part.message, /lets all clients in or none, and 30 % is asked for/);
  assert.equal(changed(system).length, before);
});
