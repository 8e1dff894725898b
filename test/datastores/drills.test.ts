// Records of drills beside the backups: kept once, read newest first, and what they stood on compared part by part.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { recordDrill } from '../../src/activities/data/recovery.ts';
import { createDrills } from '../../src/datastores/drills.ts';
import { drillEvery, shapeOf } from '../../src/domain/recovery/drill-record.ts';
import type { LoadedSystem } from '../../src/domain/loaded-system.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { completeBackup, DAY } from '../support/datastores/catalogue-entries.ts';
import { drillRecord } from '../support/record/drill-records.ts';
import { waiting } from '../support/local-daemon.ts';
import { memoryBackups } from '../support/memory/memory-backups.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';
import { sampleSystem } from '../support/samples.ts';

test('records come back newest first, of one system, and no second one of a run', async () => {
  const objects = createMemoryObjects();
  const drills = createDrills(objects);
  for (const daysOld of [40, 1, 400]) await drills.put(drillRecord({ daysOld }), waiting());
  await drills.put(drillRecord({ daysOld: 1, verdict: 'fail' }), waiting());
  await drills.put(drillRecord({ system: 'shop-staging' }), waiting());
  const found = await drills.list({ system: 'shop', most: 2 }, waiting());
  assert.deepEqual(
    found.map(({ runId, verdict }) => [runId, verdict]),
    [
      ['run-1', 'pass'],
      ['run-40', 'pass'],
    ],
  );
  const [first] = [...objects.stored.keys()].filter((key) => key.startsWith('shop/')).sort();
  assert.match(first ?? '', /^shop\/_drills\/2025\/10\/20251017T\d{6}\.000Z-run400\.json$/);
});

test('what is no record is passed over', async () => {
  const objects = createMemoryObjects();
  const drills = createDrills(objects);
  await drills.put(drillRecord(), waiting());
  for (const [name, text] of [
    ['20270101T000000.000Z-a', '{"schema":"fairlead/drill/v1"}'],
    ['20270102T000000.000Z-b', 'half of o'],
    ['20270103T000000.000Z-c', JSON.stringify(drillRecord({ system: 'other' }))],
  ] as const) {
    const body = (async function* () {
      yield Buffer.from(text);
    })();
    await objects.put({ key: `shop/_drills/2027/01/${name}.json`, body }, waiting());
  }
  const found = await drills.list({ system: 'shop', most: 5 }, waiting());
  assert.deepEqual(found, [drillRecord()]);
});

const SYSTEM = sampleSystem(
  { datastores: ['orders'] },
  { datastores: { orders: { kind: 'files', directory: 'data' } } },
);

function changed(change: (system: LoadedSystem['system']) => void): string[] {
  const system = structuredClone(SYSTEM.system);
  change(system);
  const [before, after] = [shapeOf(SYSTEM.system), shapeOf(system)];
  const parts = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...parts].filter((part) => before[part] !== after[part]);
}

test('a shape changes with what a recovery stands on, and with nothing else', () => {
  assert.deepEqual(Object.keys(shapeOf(SYSTEM.system)), ['datastores.orders', 'services.api']);
  const orders = ({ datastores }: LoadedSystem['system']) =>
    datastores?.['orders'] ?? assert.fail('no orders');
  const api = ({ services }: LoadedSystem['system']) => services['api'] ?? assert.fail('no api');
  const cases: [(system: LoadedSystem['system']) => void, string[]][] = [
    [(system) => (orders(system).directory = 'elsewhere'), ['datastores.orders']],
    [(system) => (orders(system).backup.compression = 'gzip'), ['datastores.orders']],
    [(system) => (orders(system).backup.rpo = 1), []],
    [(system) => (orders(system).description = 'all of them'), []],
    [(system) => (api(system).configuration = { MODE: 'x' }), ['services.api']],
    [(system) => (api(system).command = ['other']), ['services.api']],
    [(system) => (api(system).replicas = 7), []],
    [(system) => (api(system).datastores = []), ['services.api']],
  ];
  for (const [change, parts] of cases) assert.deepEqual(changed(change), parts, String(change));
});

test('a service that the drill section names counts, whatever it binds', () => {
  const drill = { every: 1, rto: 5, configuration: {}, golden: [] };
  const named = { ...SYSTEM.system, drill: { ...drill, services: ['api'] } };
  const unbound = structuredClone(named);
  for (const service of Object.values(unbound.services)) service.datastores = [];
  assert.ok('services.api' in shapeOf(unbound));
  assert.ok(!('services.api' in shapeOf({ ...unbound, drill })));
});

test('a drill section counts without how often it is due', () => {
  const withDrill = (every: number, rto: number) => ({
    ...SYSTEM.system,
    drill: { every, rto, configuration: {}, golden: [] },
  });
  assert.equal(shapeOf(withDrill(1, 5))['drill'], shapeOf(withDrill(2, 5))['drill']);
  assert.notEqual(shapeOf(withDrill(1, 5))['drill'], shapeOf(withDrill(1, 6))['drill']);
  assert.equal(drillEvery(withDrill(7 * DAY, 5)), 7 * DAY);
  assert.equal(drillEvery(SYSTEM.system), 30 * DAY);
});

test('recordDrill keeps what the drill knows, and what it stood on', async () => {
  const drills = createDrills(createMemoryObjects());
  const { backups } = memoryBackups();
  const backup = completeBackup({ daysOld: 1 });
  backup.manifest.tools = { tar: '1.34' };
  const read = () => Promise.resolve(backup);
  const it = createActivityWorld();
  const { runId: _run, workflowId: _id, operation: _op, ...said } = drillRecord();
  const { schema: _s, system: _sys, shape: _shape, engine: _engine, ...input } = said;
  await recordDrill({ ...input, backups: [backup.id], loaded: SYSTEM }, it.call(), {
    backups: { ...backups, read },
    drills,
    clock: it.clock,
    version: '1.2.3',
  });
  const [record] = await drills.list({ system: 'shop', most: 1 }, waiting());
  assert.deepEqual(record?.engine, { fairlead: '1.2.3', 'orders.tar': '1.34' });
  assert.deepEqual(record.shape, shapeOf(SYSTEM.system));
  assert.deepEqual([record.operation, record.runId], ['deploy/shop/api/v2', 'run']);
});
