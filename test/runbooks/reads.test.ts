// What runbooks want to know of the world before they plan, and what they make of it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemFile } from '../../src/config/system.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { OperationRequest } from '../../src/domain/operation/request.ts';
import type { LiveSystem } from '../../src/domain/recovery/live-system.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { canaryDeploy } from '../../src/runbooks/canary-deploy.ts';
import { drill } from '../../src/runbooks/drill.ts';
import type { OpenOperation, PlanInput, World } from '../../src/runbooks/runbook.ts';
import { stopTraffic } from '../../src/runbooks/stop-traffic.ts';
import { verifyBackup } from '../../src/runbooks/verify-backup.ts';
import { completeBackup, NOW } from '../support/datastores/catalogue-entries.ts';
import { sampleSystem, sampleTraffic } from '../support/samples.ts';

const section: NonNullable<SystemFile['drill']> = {
  rto: '10s',
  golden: [{ service: 'api', name: 'total', http: '/total' }],
};
const files = { kind: 'files', directory: 'data' } as const;
const entry = completeBackup({ daysOld: 1 });
const loaded = sampleSystem(
  { datastores: ['orders'] },
  {
    drill: section,
    datastores: { orders: { ...files, verify: { required: ['artefact', 'usable'] } } },
  },
);
const inputOf = (request: Partial<OperationRequest>): PlanInput => ({
  operation: 'an operation',
  loaded,
  request: { system: 'shop', ...request },
  runId: '01a20147-4f62-7229-a461-c4ad2e63645d',
  now: NOW,
});
const folder = { datastore: 'orders', kind: 'folder', path: '/systems/shop/data' } as const;
const { id: revision, version } = revisionSpec(loaded, 'api', 'v1');
const live: LiveSystem = {
  traffic: { api: sampleTraffic([{ revision, version, percent: 100 }]) },
  datastores: [folder],
};
const worldOf = (part: Partial<World> = {}): World => ({
  ...{ services: {}, backups: { orders: [entry] }, live, operations: [] },
  ...part,
});
const refused = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

test('an operation on services wants the service that is named, else all of them', () => {
  assert.deepEqual(canaryDeploy.reads(inputOf({ service: 'api' })), { services: ['api'] });
  assert.deepEqual(stopTraffic.reads(inputOf({})), { trafficOf: ['api'] });
});

describe('a drill', () => {
  const other = (type: string, rank: number): OpenOperation => ({
    ...{ workflowId: `${type}/shop`, type, rank },
    startedAt: '2026-11-22T08:51:26.123Z',
  });

  test('wants every primary datastore and everything live; a dry run minds no other operation', () => {
    const wanted = { backups: [{ datastore: 'orders' }], live: 'always' };
    assert.deepEqual(drill.reads(inputOf({})), { ...wanted, operations: true });
    assert.deepEqual(drill.reads(inputOf({ dryRun: true })), { ...wanted, operations: false });
  });

  test('is refused beside what changes services, and not beside a backup', () => {
    const beside = (operation: OpenOperation) =>
      drill.plan(inputOf({}), worldOf({ operations: [other('inspectSystem', 0), operation] }));
    assert.throws(
      () => beside(other('canaryDeploy', canaryDeploy.rank)),
      refused('Refused', /^canaryDeploy\/shop \(canaryDeploy\) runs since .* at rest/),
    );
    assert.equal(beside(other('backup', 1)).backups?.[0]?.id, entry.id);
  });

  test('isolates from all that is live, and starts what most users are on', () => {
    const { steps } = drill.plan(inputOf({}), worldOf());
    const actions = steps.map(({ action }) => action);
    const isolate = actions.find((action) => action.kind === 'isolate');
    assert.deepEqual(
      isolate?.live.map(({ datastore }) => datastore),
      ['orders', 'api'],
    );
    const start = actions.find((action) => action.kind === 'start');
    assert.equal(start?.program.version, 'v1');
  });

  test('takes no bad backup, and says what to do where there is no good one', () => {
    assert.throws(
      () => drill.plan(inputOf({}), worldOf({ backups: {} })),
      refused('CheckFailed', /no backup of shop\/orders to recover from \(none at all\)/),
    );
  });
});

describe('a verification', () => {
  const named = { backup: entry.id };

  test('wants to know of a file whether it is there, and else the backups, or the one that is named', () => {
    const wants = (request: Partial<OperationRequest>) => verifyBackup.reads(inputOf(request));
    const file = { datastore: 'orders', file: '/dump' };
    assert.deepEqual(wants(file), { file });
    const [datastore] = ['orders'];
    assert.deepEqual(wants({ datastore }), {
      backups: [{ datastore }],
      live: { isolatedOn: 'local' },
    });
    assert.deepEqual(wants(named), {
      backups: [{ datastore, id: entry.id }],
      live: { isolatedOn: 'local' },
    });
  });

  test('starts the service where it can, and says why where it cannot', () => {
    const plan = (part: Partial<World>) => verifyBackup.plan(inputOf(named), worldOf(part));
    const ids = (part: Partial<World>) => plan(part).steps.map(({ id }) => id);
    assert.ok(ids({}).includes('start-api'));
    const nothingLive = { traffic: { api: sampleTraffic([]) }, datastores: [folder] };
    for (const part of [{ live: { why: 'no namespaces' } }, { live: nothingLive }]) {
      assert.ok(!ids(part).includes('start-api'));
      const conclude = plan(part).steps.find(({ id }) => id === 'conclude');
      assert.match(
        conclude?.title ?? '',
        /usable is not run: (no namespaces|nothing of shop\/api)/,
      );
    }
  });

  test('of no backup says how to take one', () => {
    assert.throws(
      () => verifyBackup.plan(inputOf({ datastore: 'orders' }), worldOf({ backups: {} })),
      refused('NotFound', /shop\/orders has no backup to verify: there is none; take one with/),
    );
  });
});
