// Derived datastores in drills, with datastores and isolated targets in memory: flushed, bound, warmed and discarded; and
// what services are told of copies. A drill of a service that uses none is in drills.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { drillTables } from '../../src/reports/drill-tables.ts';
import { openDrillShop, type DrillShop } from '../support/drills.ts';
import { withWarmCache } from '../support/data-shop.ts';

let it: DrillShop;
before(async () => {
  it = await openDrillShop();
});
after(() => it.shop.worker.stop());

/** The copy of a datastore that the drill of this system made. */
const copyOf = (system: string, datastore: string): string =>
  it.vault.made.find(
    (copy) => copy.startsWith(`drill-${system}-`) && copy.includes(`-${datastore}-`),
  ) ?? assert.fail(`no copy of ${datastore}`);

describe('a derived datastore in a drill', () => {
  test('starts empty, is bound and warmed before anybody asks, and is discarded; plans tell no password', async () => {
    const URL = 'postgres://{{copy.orders.user}}:{{ copy.orders.password }}@db/shop';
    const configuration = { api: { URL, SECOND: '{{copy.cache.password}}' } };
    const drill = { ...withWarmCache.drill, configuration };
    const system = await it.ready({ ...withWarmCache, drill });
    const { end, report } = await it.drilled(system);
    assert.equal(end.outcome, 'succeeded', end.message);
    const ids = report.steps.map(({ id }) => id);
    assert.deepEqual(ids.slice(ids.indexOf('empty-cache')), [
      ...['empty-cache', 'bind', 'start-api', 'warm-cache', 'usable', 'production', 'close'],
      ...['discard-orders', 'discard-users', 'discard-cache', 'inventory-after', 'conclude'],
    ]);
    const warm = report.verdicts.find(({ name }) => name === 'warm cache');
    assert.deepEqual([warm?.step, warm?.verdict], ['warm-cache', 'pass']);
    assert.equal(warm?.got, '1 of 1 answered with 2xx; 0 keys before, 0 keys after');
    const from = drillTables(report).find(({ id }) => id === 'recovered-from');
    assert.deepEqual(
      from?.rows.map((row) => [row[0]?.split('/')[1] ?? row[0], row[4]?.split(',')[0]]),
      [
        ['orders', '1.0 kB'],
        ['users', '1.0 kB'],
        ['none of cache', 'flushed: derived'],
      ],
    );
    assert.match(copyOf(system, 'cache'), /-[0-9a-f]{12}-cache-empty$/);
    const started = it.targets.started.find(({ target }) => target.includes(system));
    assert.equal(started?.environment['URL'], URL);
    // Of `users`, it asks nothing.
    assert.deepEqual(started.copies, {
      orders: { kind: 'folder', of: 'files', directory: `/copies/${copyOf(system, 'orders')}` },
      cache: { kind: 'folder', of: 'files', directory: `/copies/${copyOf(system, 'cache')}` },
    });
    assert.ok(JSON.stringify(report.plan).includes(URL));
    it.nothingLeft(system);
  });

  test('that a request does not fill fails the drill, which cleans up all the same', async () => {
    const system = await it.ready(withWarmCache);
    it.targets.answers.set(`${system}/products`, { status: 503, body: 'no' });
    const { end, report } = await it.drilled(system);
    assert.deepEqual([end.outcome, report.verdict], ['failed', 'fail']);
    assert.match(end.message, /warm cache at warm-cache: 0 of 1 .*\/products of api answered 503/);
    assert.ok(report.steps.some(({ id, status }) => id === 'usable' && status === 'done'));
    it.nothingLeft(system);
  });

  test('of a service that did not start stays cold, and says why', async () => {
    const system = await it.ready(withWarmCache);
    it.targets.failNext('start', new Failure('CheckFailed', 'it exited with 3'), system);
    const { report } = await it.drilled(system);
    const warm = report.verdicts.find(({ name }) => name === 'warm cache');
    assert.equal(warm?.verdict, 'inconclusive');
    assert.match(warm.reason, /\/products was not asked: api did not start/);
    it.nothingLeft(system);
  });

  test('that does not start leaves the drill inconclusive and nothing behind', async () => {
    const system = await it.ready(withWarmCache);
    it.vault.failNext('empty', new Failure('BadInput', 'redis-server is not installed'), system);
    const { end, report } = await it.drilled(system);
    assert.equal(end.outcome, 'inconclusive', end.message);
    assert.match(end.message, /empty-cache: .*redis-server is not installed/);
    assert.ok(report.undo.some(({ step }) => step === 'empty-cache'));
    it.nothingLeft(system);
  });
});
