// Plans of recoveries of what is gone: restored at another place, services on revisions of their own there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DATASTORES } from '../../src/config/kinds.ts';
import type { SystemFile } from '../../src/config/system.ts';
import { Failure } from '../../src/domain/failure.ts';
import { parseRequest, type OperationRequest } from '../../src/domain/operation/request.ts';
import { placeNamed, placeWords } from '../../src/domain/recovery/live/lost.ts';
import { refuseQuarantined } from '../../src/domain/rollout/quarantine.ts';
import { recoverLive } from '../../src/runbooks/recover-live.ts';
import { completeBackup, NOW } from '../support/datastores/catalogue-entries.ts';
import {
  sampleRevision,
  SAMPLE_PLATFORM,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

const FILES = { kind: 'files', directory: 'data' } as const;
const SHOP = {
  datastores: { orders: FILES, cache: { kind: 'redis', role: 'derived' } },
} satisfies Partial<SystemFile>;

function inputOf(
  request: Partial<OperationRequest>,
  configuration: Record<string, string> = {},
  file: Partial<SystemFile> = {},
) {
  const services = { datastores: ['orders', 'cache'], configuration };
  const loaded = sampleSystem(services, { ...SHOP, ...file });
  return {
    operation: 'recover/shop',
    loaded: { ...loaded, places: { orders: { place: { directory: 'data' }, by: null } } },
    request: parseRequest(recoverLive, { system: 'shop', mode: 'recover', ...request }),
    runId: '01a20147-4f62-7229-a461-c4ad2e63645d',
    now: NOW,
  };
}

function planOf(configuration: Record<string, string> = {}, file: Partial<SystemFile> = {}) {
  const input = inputOf({ lost: true, into: '/srv/other' }, configuration, file);
  const v1 = sampleRevision(input.loaded, 'v1');
  const weights = [{ revision: v1.spec.id, version: 'v1', percent: 100 }];
  const api = {
    ...{ platform: SAMPLE_PLATFORM, traffic: sampleTraffic(weights, {}) },
    ...{ revisions: [v1], history: [] },
  };
  const plan = recoverLive.plan(input, {
    services: { api },
    backups: { orders: [completeBackup({ daysOld: 1, marks: ['verified'] })] },
    live: { why: 'nobody asked' },
    operations: [],
    exchange: {},
    places: { orders: DATASTORES.files.capabilities },
  });
  return { plan, v1, input };
}

const refused = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

describe('a recovery of what is gone', () => {
  test('claims no fence and no loss: restores elsewhere, asks, binds, starts services there, lets users in', () => {
    const { plan, v1 } = planOf({ DATA: '{{binding.orders.directory}}/current' });
    assert.deepEqual(
      plan.steps.map(({ id }) => id),
      [
        ...['preflight', 'stop-api', 'artefact-orders', 'loads-orders', 'complete-orders'],
        ...['correct-orders', 'exchange', 'bind-orders', 'moved-orders', 'release-orders'],
        ...['flush-cache', 'start-api', 'ready-api', 'admit-5-api', 'admit-25-api'],
        ...['admit-100-api', 'conclude'],
      ],
    );
    const ensure = plan.steps.find(({ id }) => id === 'start-api')?.action;
    assert.ok(ensure?.kind === 'ensure');
    assert.notEqual(ensure.spec.id, v1.spec.id);
    assert.equal(ensure.spec.configuration['DATA'], '/srv/other/current');
    assert.deepEqual(ensure.spec.boundTo, { orders: { directory: '/srv/other' } });
    const admit = plan.steps.find(({ id }) => id === 'admit-5-api')?.action;
    assert.ok(admit?.kind === 'admit');
    assert.deepEqual(admit.to, [{ revision: ensure.spec.id, version: 'v1', percent: 100 }]);
  });

  test('carries out no runbook, which would not know where the copy is, and says so', () => {
    const { plan } = planOf({}, { recovery: { admit: [100], migrate: { runbook: 'up' } } });
    assert.ok(!plan.steps.some(({ action }) => action.kind === 'runBeside'));
    assert.match(
      plan.steps.find(({ id }) => id === 'exchange')?.title ?? '',
      /up is not carried out on orders: nothing tells a runbook where a copy at another place is/,
    );
  });

  test('may be the second one: what it starts is bound to where it brings the datastore', () => {
    const { plan } = planOf({ DATA: '{{binding.orders.directory}}/current' });
    const by = {
      ...({ schema: 'fairlead/binding/v1', system: 'shop', datastore: 'orders' } as const),
      ...{ place: { directory: '/srv/first' }, epoch: 1, since: '', operation: 'recover/shop' },
    };
    const places = { orders: { place: by.place, by } };
    assert.doesNotThrow(() => {
      refuseQuarantined(plan, places);
    });
    const steps = plan.steps.filter(({ action }) => action.kind !== 'bindElsewhere');
    assert.throws(
      () => {
        refuseQuarantined({ steps }, places);
      },
      refused('Refused', /goes into what is in quarantine/),
    );
  });

  test('asks people about a service that has the address by itself', () => {
    const { plan } = planOf();
    const ids = plan.steps.map(({ id }) => id);
    assert.ok(ids.indexOf('address-api') < ids.indexOf('start-api'));
    assert.ok(ids.includes('address-api'));
  });

  test('is said with its place, of one datastore, and without what is adopted', () => {
    const reads = (request: Partial<OperationRequest>) => () => recoverLive.reads(inputOf(request));
    assert.throws(reads({ lost: true }), refused('BadInput', /lost and into go together/));
    assert.throws(reads({ into: '/srv/other' }), refused('BadInput', /lost and into go together/));
    const both = { lost: true, into: '/srv/other', adopt: 'gen-7' };
    assert.throws(reads(both), refused('BadInput', /lost and adopt/));
    assert.deepEqual(recoverLive.reads(inputOf({ lost: true, into: '/srv/o' })).exchange, [
      'cache',
    ]);
  });

  test('names places as people write them', () => {
    const { files, postgres, redis } = DATASTORES;
    assert.deepEqual(placeNamed('/srv/x', files.capabilities), { directory: '/srv/x' });
    const orders = { host: '10.0.0.7', port: 5433, database: 'orders' };
    assert.deepEqual(placeNamed('10.0.0.7:5433/orders', postgres.capabilities), orders);
    assert.equal(placeWords(orders), '10.0.0.7:5433/orders');
    assert.deepEqual(placeNamed('[::1]:5433', postgres.capabilities), { host: '::1', port: 5433 });
    for (const text of ['10.0.0.7', 'db:70000', '/srv/x'])
      assert.throws(
        () => placeNamed(text, postgres.capabilities),
        refused('BadInput', /HOST:PORT/),
      );
    assert.throws(() => placeNamed('h:1/db', redis.capabilities), refused('BadInput', /HOST:PORT/));
  });
});
