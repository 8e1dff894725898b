// The gauges of recoverability: from the ledger on disk, with ages of now; and the ledger itself.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { noopMetricMeter, type MetricMeter } from '@temporalio/common';
import type { RecoverySeen } from '../../src/domain/recovery/recovery-seen.ts';
import { createRecoveryLedger } from '../../src/integrations/recovery-ledger.ts';
import type { LogEntry } from '../../src/watching/log.ts';
import { watchRecovery } from '../../src/watching/recovery-gauges.ts';
import { eventually } from '../support/local-daemon.ts';
import { storeIn } from '../support/record/evidence-in.ts';

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

function seen(change: Partial<RecoverySeen> = {}): RecoverySeen {
  return {
    schema: 'fairlead/recovery-seen/v1',
    system: 'shop',
    ...{ checkedAt: ago(60_000), state: 'proven', codes: [], changedAt: ago(60_000), told: true },
    backups: [{ datastore: 'orders', pointAt: ago(7_200_000), rpoMs: 3_600_000 }],
    lastDrillAt: null,
    ...change,
  };
}

/** What was set last, by name and labels. */
function recorded(): { meter: MetricMeter; values: Map<string, number> } {
  const values = new Map<string, number>();
  const meter: MetricMeter = {
    createCounter: (name) => noopMetricMeter.createCounter(name),
    createHistogram: (name) => noopMetricMeter.createHistogram(name),
    withTags: () => meter,
    createGauge: (name) => ({
      ...noopMetricMeter.createGauge(name),
      set: (value, labels = {}) => {
        values.set([name, ...Object.values(labels)].join(' '), value);
      },
    }),
  };
  return { meter, values };
}

async function ledgerIn(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-ledger-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return { folder, ledger: createRecoveryLedger(storeIn(join(folder, 'objects'))) };
}

test('ages are of now, nothing is as old as can be, and what nobody checked for a week is left out', async (t) => {
  const { ledger } = await ledgerIn(t);
  await ledger.write(seen());
  await ledger.write(
    seen({
      system: 'books',
      state: 'unproven',
      backups: [{ datastore: 'ledger', pointAt: null, rpoMs: 1000 }],
    }),
  );
  await ledger.write(seen({ system: 'gone', checkedAt: ago(8 * 86_400_000) }));
  const { meter, values } = recorded();
  const log = { write: () => undefined };
  const watch = watchRecovery({ list: () => ledger.list(), meter, namespace: 'default', log });
  t.after(() => {
    watch.stop();
  });
  await eventually('two systems', () => Promise.resolve(values.size === 10));
  const value = (name: string) => values.get(`fairlead_${name}`) ?? assert.fail(name);
  assert.deepEqual([value('recovery_proven shop'), value('recovery_proven books')], [1, 0]);
  assert.ok(value('backup_age_seconds shop orders') >= 7200);
  assert.equal(value('backup_rpo_seconds shop orders'), 3600);
  assert.equal(value('backup_age_seconds books ledger'), Infinity);
  assert.equal(value('last_drill_age_seconds shop'), Infinity);
  assert.ok(value('recovery_check_age_seconds shop') >= 60);
});

test('a ledger that cannot be read is said once and ends nothing', async () => {
  const said: LogEntry[] = [];
  const { meter } = recorded();
  const watch = watchRecovery({
    list: () => Promise.reject(new Error('permission denied')),
    meter,
    namespace: 'default',
    log: { write: (entry) => said.push(entry) },
  });
  await eventually('a line', () => Promise.resolve(said.length > 0));
  watch.stop();
  assert.match(JSON.stringify(said[0]), /cannot be read.*permission denied/);
});

test('what was written is read back; what is no ledger is nothing', async (t) => {
  const { folder, ledger } = await ledgerIn(t);
  assert.deepEqual([await ledger.read('shop'), await ledger.list()], [undefined, []]);
  await ledger.write(seen());
  const again = seen({ state: 'unproven', codes: ['neverDrilled'] });
  await ledger.write(again);
  assert.deepEqual(await ledger.read('shop'), again);
  assert.deepEqual(await readdir(join(folder, 'objects', '_recovery', 'shop')), [
    '000000000002.json',
  ]);
  await mkdir(join(folder, 'objects', '_recovery', 'half'));
  const file = (system: string, number: number): string =>
    join(folder, 'objects', '_recovery', system, `00000000000${number}.json`);
  await writeFile(file('half', 1), '{"schema":');
  await writeFile(file('shop', 3), '{"schema":');
  assert.deepEqual(await ledger.list(), [again]);
  assert.deepEqual(await ledger.read('shop'), again);
});

test('of two workers that write at once the ledger keeps one, whole', async (t) => {
  const { folder, ledger } = await ledgerIn(t);
  const other = createRecoveryLedger(storeIn(join(folder, 'objects')));
  await Promise.all([
    ledger.write(seen({ state: 'proven' })),
    other.write(seen({ state: 'unproven' })),
  ]);
  const kept = await ledger.read('shop');
  assert.ok(kept?.state === 'proven' || kept?.state === 'unproven');
  await other.write(seen({ codes: ['last'] }));
  assert.deepEqual((await ledger.read('shop'))?.codes, ['last']);
});
