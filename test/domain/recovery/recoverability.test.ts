// Proven or unproven, and why: each reason by itself, and none when nothing is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DrillRecord } from '../../../src/domain/recovery/drill-record.ts';
import {
  judgeRecoverability,
  type RecoveryFacts,
} from '../../../src/domain/recovery/recoverability.ts';
import { seenNow } from '../../../src/domain/recovery/recovery-seen.ts';
import { completeBackup, DAY, iso, NOW } from '../../support/datastores/catalogue-entries.ts';
import { drillRecord } from '../../support/record/drill-records.ts';

const backups = (...daysOld: number[]) => daysOld.map((one) => completeBackup({ daysOld: one }));
const orders = (entries = backups(0.5, 1.5), rpoMs = 1.5 * DAY) => ({
  datastore: 'orders',
  rpoMs,
  entries,
});

function facts(change: Partial<RecoveryFacts> = {}): RecoveryFacts {
  return {
    system: 'shop',
    now: NOW,
    every: 30 * DAY,
    drills: [drillRecord()],
    shape: { 'datastores.orders': 'a' },
    engine: { fairlead: '1.0.0' },
    datastores: [orders()],
    ...change,
  };
}

function judged(change: Partial<RecoveryFacts> = {}) {
  const found = judgeRecoverability(facts(change));
  assert.ok(found);
  return found;
}

const codes = (change: Partial<RecoveryFacts>) => judged(change).reasons.map(({ code }) => code);

test('a drill that passed on what there is now, and fresh backups, prove a system', () => {
  const { state, why, lastDrill, datastores } = judged();
  assert.deepEqual([state, why], ['proven', []]);
  assert.deepEqual([lastDrill?.ageMs, lastDrill?.rtoMs], [DAY, 40_000]);
  assert.deepEqual(
    datastores.map(({ newestBackup }) => [newestBackup?.ageMs, newestBackup?.stale]),
    [[0.5 * DAY, false]],
  );
});

test('a system without primary datastores has nothing to prove', () => {
  assert.equal(judgeRecoverability(facts({ datastores: [] })), null);
});

const CASES: [name: string, change: Partial<RecoveryFacts>, codes: string[], text: RegExp][] = [
  ['never drilled', { drills: [] }, ['neverDrilled'], /no drill was ever made/],
  [
    'the last drill failed',
    { drills: [drillRecord({ verdict: 'fail', outcome: 'failed', reason: '3 rows too few' })] },
    ['drillDidNotPass'],
    /drill\/shop, failed: 3 rows too few/,
  ],
  [
    'the last drill was inconclusive',
    { drills: [drillRecord({ verdict: 'inconclusive', outcome: 'inconclusive' })] },
    ['drillDidNotPass'],
    /without a pass \(inconclusive\)/,
  ],
  ['a drill that is too old', { every: DAY / 2 }, ['drillTooOld'], /was 24 h 00 m ago/],
  [
    'a datastore that was changed',
    { shape: { 'datastores.orders': 'b' } },
    ['planChanged/datastores.orders'],
    /datastores\.orders of the system file was changed since the last drill/,
  ],
  [
    'a service that is new',
    { shape: { 'datastores.orders': 'a', 'services.api': 'c' } },
    ['planChanged/services.api'],
    /services\.api of the system file is new/,
  ],
  [
    'another version of Fairlead',
    { engine: { fairlead: '1.1.0' } },
    ['engineChanged/fairlead'],
    /fairlead is 1\.1\.0; the last drill was made with 1\.0\.0/,
  ],
  ['no backup', { datastores: [orders([])] }, ['noBackup/orders'], /orders has no good backup/],
  [
    'backups that are too old',
    { datastores: [orders(backups(2, 3))] },
    ['stale/orders'],
    /goes back 2 d 0 h, more than its rpo of 36 h 00 m/,
  ],
  [
    'a newest backup that is odd',
    { datastores: [orders([...backups(2, 3), completeBackup({ daysOld: 0.1, rows: 3 })])] },
    ['stale/orders'],
    /not taken by itself: shop\/orders\/\S+ \(odd: 3 rows, and the 2 before it/,
  ],
];

for (const [name, change, expected, text] of CASES) {
  test(`unproven: ${name}`, () => {
    const { state, why } = judged(change);
    assert.equal(state, 'unproven');
    assert.deepEqual(codes(change), expected);
    assert.match(why.join('; '), text);
  });
}

test('a drill that was refused, preempted or aborted leaves the one before it as it was', () => {
  for (const outcome of ['refused', 'preempted', 'aborted'] as const) {
    const drills = [drillRecord({ outcome, verdict: null, daysOld: 0.1 }), drillRecord()];
    assert.equal(judged({ drills }).state, 'proven');
  }
  assert.deepEqual(codes({ drills: [drillRecord({ outcome: 'aborted' })] }), ['neverDrilled']);
});

test('a drill that had no plan never began, and leaves the one before it as it was', () => {
  const drills = [drillRecord({ outcome: 'failed', verdict: null, backups: [] }), drillRecord()];
  assert.deepEqual(codes({ drills }), []);
  assert.deepEqual(codes({ drills: drills.slice(0, 1) }), ['neverDrilled']);
});

test('a backup that was found bad is not the one that counts, and makes a system unproven', () => {
  const older = completeBackup({ daysOld: 1 });
  const bad = completeBackup({ daysOld: 0.5, marks: ['verified', 'failed'] });
  const { datastores, reasons } = judged({ datastores: [orders([older, bad])] });
  assert.deepEqual(datastores[0]?.newestBackup?.id, older.id);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['foundBad/orders'],
  );
  assert.match(reasons[0]?.text ?? '', new RegExp(`${bad.id}, was found bad by ana: a test`));
  const again = completeBackup({ daysOld: 0.5, marks: ['failed', 'verified'] });
  assert.deepEqual(codes({ datastores: [orders([older, again])] }), []);
  assert.deepEqual(codes({ datastores: [orders([bad])] }), ['noBackup/orders']);
});

test('what a recovery would refuse is not proven, however good drill and backups are', () => {
  const one = { ...orders(backups(0.5)), unable: 'orders is a replica' };
  assert.deepEqual(codes({ datastores: [orders(backups(0.5))] }), []);
  const { state, reasons } = judged({ datastores: [one] });
  assert.equal(state, 'unproven');
  assert.deepEqual(reasons, [
    {
      code: 'cannotExchange/orders',
      text: 'no recovery could put a backup in its place: orders is a replica',
    },
  ]);
});

test('a backup from the future proves nothing, and what a system stands on is told', () => {
  const future = completeBackup({ daysOld: -1 });
  const [none, alone] = ['noBackup/orders', 'fromTheFuture/orders'];
  assert.deepEqual(codes({ datastores: [orders([future])] }), [none, alone]);
  const good = completeBackup({ daysOld: 0.5 });
  const { reasons, datastores } = judged({ datastores: [orders([good, future])] });
  assert.equal(datastores[0]?.newestBackup?.id, good.id);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    [alone],
  );
  assert.match(reasons[0]?.text ?? '', new RegExp(`still to come.*This stands on ${good.id}`));
});

test('what is newer never makes a system that is proven unproven by its age alone', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.nat(60), fc.nat(4), (drillAge, every, backupAge) => {
      const drills: DrillRecord[] = [drillRecord({ daysOld: drillAge })];
      const datastores = [orders(backups(backupAge))];
      const found = judged({ drills, every: every * DAY, datastores });
      assert.equal(found.state === 'proven', found.why.length === 0);
      const isFresh = drillAge <= every && backupAge <= 1.5;
      return (found.state === 'proven') === isFresh;
    }),
  );
});

test('people are told once of a change: an hour more changes nothing, another reason does', () => {
  const first = seenNow(judged({ drills: [] }), undefined, iso(NOW));
  assert.deepEqual([first.told, first.codes, first.changedAt], [false, ['neverDrilled'], iso(NOW)]);
  const told = { ...first, told: true };
  const later = seenNow(judged({ drills: [], now: NOW + 3_600_000 }), told, iso(NOW + 3_600_000));
  assert.deepEqual([later.told, later.changedAt], [true, iso(NOW)]);
  const other = seenNow(judged({ drills: [], datastores: [orders([])] }), later, iso(NOW + DAY));
  assert.deepEqual([other.told, other.codes], [false, ['neverDrilled', 'noBackup/orders']]);
});
