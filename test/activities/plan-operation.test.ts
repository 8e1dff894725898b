// A deploy that cannot start its version ends with its plan, before anything is changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan } from '../../src/activities/plan-operation.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { namesMade } from '../../src/domain/recovery/recovered.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { memoryBackups } from '../support/memory/memory-backups.ts';
import { memoryHeartbeats } from '../support/memory/memory-heartbeats.ts';
import { memoryExchanges } from '../support/memory/memory-exchanges.ts';
import { sampleSystem } from '../support/samples.ts';

const files = ['data/trips.csv', 'data/zones.csv'];
const loaded = sampleSystem({ files });
const input = {
  operation: 'deploy/shop/api/v2',
  kind: 'canaryDeploy',
  request: { system: 'shop', service: 'api', version: 'v2' },
} as const;
const { backups: kept, vault } = memoryBackups();
const { exchanges } = memoryExchanges(vault);
const { namedFiles } = memoryHeartbeats(vault);
const drills = { list: async () => [] };
const DATA = { backups: kept, exchanges, namedFiles, drills };

test('a plan names every file that the new version lacks, and changes nothing', async () => {
  const { world, ports, call } = createActivityWorld();
  for (const file of files) world.missingFiles.add(`${loaded.directory}/${file}`);
  const failure = await fails('NotFound', makePlan(input, loaded, call(), { ...ports, ...DATA }));
  assert.match(failure.message, /v2 of shop\/api cannot be started: .*trips\.csv.*zones\.csv/);
  assert.deepEqual(world.changes, []);
});

test('with everything there the plan is made', async () => {
  const { ports, call } = createActivityWorld();
  assert.equal(
    (await makePlan(input, loaded, call(), { ...ports, ...DATA })).steps[0]?.id,
    'preflight',
  );
});

test('two proofs of one backup that begin in the same second make nothing of the same name', async () => {
  const it = createActivityWorld();
  const { backups } = memoryBackups();
  const files = { kind: 'files', directory: 'data' } as const;
  const id = backupId('shop', 'orders', 0);
  const call = it.call();
  await backups.backup({ store: datastoreRef('orders', '/', files), id, systemDigest: 'd' }, call);
  const { id: revision, version } = await it.revision('v1');
  it.world.setByHand(PLACE, [{ revision, version, percent: 100 }]);
  const shop = sampleSystem(
    { datastores: ['orders'] },
    {
      drill: { rto: '10s', golden: [{ service: 'api', name: 'total', http: '/total' }] },
      datastores: { orders: { ...files, verify: { required: ['artefact', 'usable'] } } },
    },
  );
  const namesOf = async (runId: string): Promise<string[]> => {
    const request = { system: 'shop', datastore: 'orders', backup: id };
    const proof = {
      operation: `verify/${id}`,
      kind: 'verifyBackup',
      request,
    } as const;
    const own = { ...call, run: { ...call.run, runId } };
    const ports = { ...it.ports, drills, backups, exchanges, namedFiles };
    return namesMade(await makePlan(proof, shop, own, ports));
  };
  const names = [
    ...(await namesOf('01a20147-4f62-7229-a461-c4ad2e63645d')),
    ...(await namesOf('01a20147-4f62-7d10-9c1e-0b61f5a3e9c2')),
  ];
  assert.deepEqual([names.length, new Set(names).size], [4, 4]);
});

test('a runbook that this worker does not have plans nothing', async () => {
  const { ports, call } = createActivityWorld();
  const strange = makePlan({ ...input, kind: 'makeCoffee' }, loaded, call(), { ...ports, ...DATA });
  const failure = await fails('Unsupported', strange);
  assert.match(failure.message, /this worker has no runbook makeCoffee to plan deploy\/shop\/api/);
});
