// Plans of recoveries of what nothing takes the name of: the copy lies in a database of its own, services on revisions of
// their own there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DATASTORES } from '../../src/config/kinds.ts';
import type { SystemFile } from '../../src/config/system.ts';
import { Failure } from '../../src/domain/failure.ts';
import { parseRequest, type OperationRequest } from '../../src/domain/operation/request.ts';
import { restoredName } from '../../src/domain/recovery/live/restored-name.ts';
import { refuseQuarantined } from '../../src/domain/rollout/quarantine.ts';
import { admitTraffic } from '../../src/runbooks/admit-traffic.ts';
import { recoverLive } from '../../src/runbooks/recover-live.ts';
import { completeBackup, NOW } from '../support/datastores/catalogue-entries.ts';
import {
  sampleRevision,
  SAMPLE_PLATFORM,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

const STORE = { kind: 'mongodb', database: 'orders' } as const;
const SHOP = { datastores: { orders: STORE } } satisfies Partial<SystemFile>;
const PLACE = { host: '127.0.0.1', port: 27_017, database: 'orders' };
const NEW = 'orders-restored-c2e63645d';

function worldOf(configuration: Record<string, string>, request: Partial<OperationRequest> = {}) {
  const sample = sampleSystem({ datastores: ['orders'], configuration }, SHOP);
  const loaded = { ...sample, places: { orders: { place: PLACE, by: null } } };
  const input = {
    ...{ operation: 'recover/shop', loaded, now: NOW },
    request: parseRequest(recoverLive, { system: 'shop', mode: 'recover', ...request }),
    runId: '01a20147-4f62-7229-a461-c4ad2e63645d',
  };
  const v1 = sampleRevision(loaded, 'v1');
  const weights = [{ revision: v1.spec.id, version: 'v1', percent: 100 }];
  const api = {
    ...{ platform: SAMPLE_PLATFORM, traffic: sampleTraffic(weights, {}) },
    ...{ revisions: [v1], history: [] },
  };
  const world = {
    services: { api },
    backups: { orders: [completeBackup({ daysOld: 1, marks: ['verified'] })] },
    live: { why: 'nobody asked' },
    ...{ operations: [], exchange: {}, places: { orders: DATASTORES.mongodb.capabilities } },
  };
  return { input, world, v1 };
}

const refused = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.kind, 'Refused');
  assert.match(error.message, message);
  return true;
};

test('writers are looked for, the copy is restored beside, the binding moves, services start on it', () => {
  const { input, world, v1 } = worldOf({ DATABASE: '{{binding.orders.database}}' });
  const plan = recoverLive.plan(input, world);
  assert.deepEqual(
    plan.steps.map(({ id }) => id),
    [
      ...['preflight', 'stop-api', 'fence-orders', 'quiet-orders', 'artefact-orders'],
      ...['loads-orders', 'complete-orders', 'correct-orders', 'loss-orders', 'exchange'],
      ...['quiet-again-orders', 'exchange-orders', 'live-orders', 'release-orders', 'start-api'],
      ...['ready-api', 'admit-5-api', 'admit-25-api', 'admit-100-api', 'conclude'],
    ],
  );
  const titled = (id: string) => plan.steps.find((step) => step.id === id)?.title ?? '';
  assert.match(titled('fence-orders'), /^Nobody can be kept out/);
  const database = /into the database (\S+)$/.exec(titled('loads-orders'))?.[1] ?? '';
  assert.match(database, /^orders-restored-[a-z0-9]+$/);
  assert.ok(titled('exchange-orders').includes(`by binding to the database ${database}`));
  const ensure = plan.steps.find(({ id }) => id === 'start-api')?.action;
  assert.ok(ensure?.kind === 'ensure');
  assert.notEqual(ensure.spec.id, v1.spec.id);
  assert.equal(ensure.spec.configuration['DATABASE'], database);
  const admit = plan.steps.find(({ id }) => id === 'admit-5-api')?.action;
  assert.ok(admit?.kind === 'admit');
  assert.deepEqual(admit.to, [{ revision: ensure.spec.id, version: 'v1', percent: 100 }]);
});

test('where writes are blocked, that is the fence, and it is lifted once what is live was proved', () => {
  const { input, world } = worldOf({ DATABASE: '{{binding.orders.database}}' });
  Object.assign(input.loaded.system.datastores?.['orders'] ?? {}, { writeBlock: true });
  const { steps } = recoverLive.plan(input, world);
  const ids = steps.map(({ id }) => id);
  assert.ok(ids.indexOf('live-orders') < ids.indexOf('open-orders'), ids.join());
  assert.ok(ids.indexOf('open-orders') < ids.indexOf('start-api'), ids.join());
  const titled = (id: string) => steps.find((step) => step.id === id)?.title ?? '';
  assert.match(titled('fence-orders'), /^Block writes to all databases of the cluster/);
  assert.match(titled('open-orders'), /all databases of the cluster take writes again/);
});

test('a revision that is bound to what is in quarantine gets no users, by a roll-back or by an admit', () => {
  const { input, world, v1 } = worldOf({ DATABASE: '{{binding.orders.database}}' });
  const by = {
    ...({ schema: 'fairlead/binding/v1', system: 'shop', datastore: 'orders' } as const),
    ...{ place: { database: NEW }, epoch: 1, since: '', operation: 'recover/shop' },
  };
  const places = { orders: { place: { ...PLACE, database: NEW }, by } };
  const action = { kind: 'ensure', service: 'api', spec: v1.spec } as never;
  const steps = [{ id: 'ensure', title: '', undo: '', action }];
  assert.throws(
    () => {
      refuseQuarantined({ steps }, places);
    },
    refused(/goes into what is in quarantine/),
  );
  // A recovery that was ended between its exchange and its first users left them stopped.
  const stopped = { ...world.services.api.traffic, stopped: true };
  const traffic = { ...stopped, beforeStop: world.services.api.traffic.weights };
  const services = { api: { ...world.services.api, traffic } };
  const request = parseRequest(admitTraffic, { system: 'shop' });
  const asked = { ...input, request, loaded: { ...input.loaded, places } };
  assert.throws(
    () => admitTraffic.plan(asked, { ...world, services }),
    refused(/v1 is bound to orders where it was before recover\/shop/),
  );
  const before = { ...input, request };
  assert.equal(admitTraffic.plan(before, { ...world, services }).steps.length, 1);
});

test('people are asked about a service that has the name by itself', () => {
  const { input, world } = worldOf({});
  const ids = recoverLive.plan(input, world).steps.map(({ id }) => id);
  assert.ok(ids.indexOf('address-api') < ids.indexOf('start-api'), ids.join());
});

test('what somebody else restored is bound as it is, or made first where a service or a dump has it', () => {
  const made = restoredName('orders', 'c4ad2e63645d');
  for (const [adopt, database, title] of [
    ['orders-of-yesterday', 'orders-of-yesterday', /^Adopt orders-of-yesterday, which somebody/],
    ['/srv/orders.dump', made, /^Adopt \/srv\/orders.dump, which somebody else made/],
    ['backup:b1', made, /own service restore its own backup b1 into the database/],
    ['at:2026-11-22T07:55Z', made, /own service clone what was there at 2026-11-22T07:55Z/],
  ] as const) {
    const { input, world } = worldOf({ DATABASE: '{{binding.orders.database}}' }, { adopt });
    const { steps } = recoverLive.plan(input, world);
    const stepOf = (id: string) => steps.find((step) => step.id === id);
    const loads = stepOf('loads-orders');
    assert.match(loads?.title ?? '', title);
    assert.ok(loads?.action.kind === 'rung');
    assert.deepEqual(loads.action.into, { elsewhere: { database } });
    assert.ok(stepOf('exchange-orders')?.title.includes(`by binding to the database ${database}`));
    assert.equal(stepOf('open-orders'), undefined);
    const start = stepOf('start-api')?.action;
    assert.ok(start?.kind === 'ensure');
    assert.equal(start.spec.configuration['DATABASE'], database);
  }
});

test('what another datastore of the system is bound to is not adopted', () => {
  const { input, world } = worldOf({}, { adopt: 'users-restored-1' });
  const at = (place: object) => {
    const loaded = structuredClone(input.loaded);
    Object.assign(loaded.system.datastores ?? {}, {
      users: { kind: 'mongodb', database: 'users' },
    });
    const users = { place: { ...PLACE, database: 'users-restored-1', ...place }, by: null };
    return recoverLive.plan(
      { ...input, loaded: { ...loaded, places: { ...loaded.places, users } } },
      world,
    );
  };
  const request = parseRequest(recoverLive, {
    ...{ system: 'shop', mode: 'recover', datastore: 'orders', adopt: 'users-restored-1' },
  });
  Object.assign(input, { request });
  assert.throws(() => at({}), /adopting users-restored-1 for orders: shop\/users is there/);
  assert.doesNotThrow(() => at({ host: 'db2' }));
});

test('no runbook works on a place that somebody else restored, and the plan says so; on a copy of a path it does', () => {
  const planOf = (adopt: string) => {
    const { input, world } = worldOf({}, { adopt });
    const named = { reconcile: 'carry', migrate: { runbook: 'up' } };
    const recovery = { ...input.loaded.system.recovery, ...named };
    const system = { ...input.loaded.system, recovery } as typeof input.loaded.system;
    const { steps } = recoverLive.plan({ ...input, loaded: { ...input.loaded, system } }, world);
    const kinds = steps.map(({ action }) => action.kind);
    return { kinds, title: steps.find(({ id }) => id === 'exchange')?.title ?? '' };
  };
  const place = planOf('orders-of-yesterday');
  assert.ok(!place.kinds.includes('runBeside'), place.kinds.join());
  assert.equal(place.kinds.filter((kind) => kind === 'lossAgainst').length, 1);
  const why = 'orders-of-yesterday is what somebody else restored';
  assert.ok(place.title.includes(`; carry and up are not carried out on orders: ${why}`));
  const path = planOf('/srv/orders.dump');
  assert.equal(path.kinds.filter((kind) => kind === 'runBeside').length, 2);
  assert.doesNotMatch(path.title, /not carried out/);
});

test('runbooks work on no copy that they cannot log in to, and on a database that a service makes', () => {
  const { input, world } = worldOf({}, { adopt: 'backup:b1' });
  const recovery = { ...input.loaded.system.recovery, reconcile: 'carry' };
  const system = { ...input.loaded.system, recovery } as typeof input.loaded.system;
  const asked = { ...input, loaded: { ...input.loaded, system } };
  const carry = recoverLive.plan(asked, world).steps.find(({ id }) => id === 'reconcile-orders');
  assert.equal(carry?.undo, 'none: the new database stays until somebody removes it');
  const { request } = worldOf({}).input;
  const places = { orders: DATASTORES.redis.capabilities };
  const { steps } = recoverLive.plan({ ...asked, request }, { ...world, places });
  assert.ok(!steps.some(({ action }) => action.kind === 'runBeside'));
  assert.match(
    steps.find(({ id }) => id === 'exchange')?.title ?? '',
    /carry is not carried out on orders: its fence keeps every login out/,
  );
});

test('a restored database is called after the one that it is a copy of', () => {
  assert.equal(restoredName('orders', '3F2a'), 'orders-restored-3f2a');
  assert.equal(restoredName('(default)', '3f2a'), 'default-restored-3f2a');
  assert.equal(restoredName('orders-restored-3f2a', 'bbbb'), 'orders-restored-bbbb');
  const longest = restoredName('o'.repeat(63), '3f2a');
  assert.equal(longest.length, 63);
  assert.ok(longest.endsWith('o-restored-3f2a'));
});
