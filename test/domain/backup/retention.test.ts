import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  anomalies,
  defaultBackup,
  passedOver,
  passedOverNote,
} from '../../../src/domain/backup/anomaly.ts';
import {
  backupFolder,
  backupId,
  parseBackupId,
  placeOfKey,
} from '../../../src/domain/backup/backup-id.ts';
import { setSkew } from '../../../src/domain/backup/backup-set.ts';
import { summaryOf, type CatalogueEntry } from '../../../src/domain/backup/backup.ts';
import { HEARTBEAT_FILE } from '../../../src/domain/backup/heartbeat.ts';
import { lastVerified, retentionDecisions } from '../../../src/domain/backup/retention.ts';
import {
  completeBackup,
  DAY,
  iso,
  NOW,
  type Sample,
} from '../../support/datastores/catalogue-entries.ts';
import { streamedManifest } from '../../support/datastores/copies.ts';

const POLICY = { days: 90, count: 2 };

function removed(entries: CatalogueEntry[], policy = POLICY): string[] {
  return retentionDecisions(entries, policy, NOW)
    .filter(({ keep }) => !keep)
    .map(({ id }) => id);
}

const ages = (...samples: Sample[]) => samples.map(completeBackup);

test('what is old and not one of the newest good ones is removed, and says why', () => {
  const entries = ages({ daysOld: 100 }, { daysOld: 91 }, { daysOld: 89 }, { daysOld: 1 });
  const decisions = retentionDecisions(entries.toReversed(), POLICY, NOW);
  assert.deepEqual(
    decisions.map(({ keep, reason }) => [keep, reason]),
    [
      [false, '2400 h old, kept for 90 days, and not one of the newest 2 that are good'],
      [false, '2184 h old, kept for 90 days, and not one of the newest 2 that are good'],
      [true, 'one of the newest 2 that are good (2 are kept, and the newest always)'],
      [true, 'one of the newest 2 that are good (2 are kept, and the newest always)'],
    ],
  );
});

test('the newest are kept however old they are', () => {
  assert.deepEqual(removed(ages({ daysOld: 200 }, { daysOld: 300 })), []);
});

test('good backups outlive any number of odd ones after them', () => {
  const good = ages({ daysOld: 60 }, { daysOld: 50 });
  const odd = ages(...[40, 30, 20, 10].map((daysOld) => ({ daysOld, rows: 3 })));
  const all = [...good, ...odd];
  assert.equal(defaultBackup(all, NOW), good[1]);
  assert.deepEqual(
    removed(all, { days: 5, count: 2 }),
    odd.slice(0, 3).map(({ id }) => id),
  );
  // Somebody says that so few rows are fine.
  const accepted = ages({ daysOld: 10, rows: 3, marks: ['accepted'] });
  assert.deepEqual(
    removed([...good, ...accepted], { days: 5, count: 1 }),
    good.map(({ id }) => id),
  );
});

test('the last verified one is kept although newer ones were never proved, and older verified ones are not', () => {
  const [older, verified, ...rest] = ages(
    { daysOld: 400, marks: ['verified'] },
    { daysOld: 300, marks: ['verified'] },
    { daysOld: 200 },
    { daysOld: 1 },
    { daysOld: 0 },
  );
  assert.ok(older && verified);
  const all = [older, verified, ...rest];
  assert.equal(lastVerified(all), verified);
  assert.deepEqual(removed(all), [older.id, rest[0]?.id]);
});

test("a backup that was found bad is not the last verified one, and takes no good one's place", () => {
  const good = completeBackup({ daysOld: 300, marks: ['verified'] });
  const bad = completeBackup({ daysOld: 200, marks: ['verified', 'failed'] });
  const newest = completeBackup({ daysOld: 100 });
  const kept = retentionDecisions([good, bad, newest], { days: 1, count: 1 }, NOW);
  assert.deepEqual(
    kept.filter(({ keep }) => keep).map(({ id }) => id),
    [good.id, newest.id],
  );
  assert.equal(defaultBackup([good, bad], NOW)?.id, good.id);
  assert.deepEqual(passedOver([good, bad], NOW), [`${bad.id} (ana found it bad: a test)`]);
  assert.match(passedOverNote([good, bad], NOW), /^; newer, and not taken: .* \(ana found it bad/);
  assert.equal(passedOverNote([good, newest], NOW), '');
});

test('a table that lost all its rows is flagged, and one that never had many is not', () => {
  const sample = { parts: ['big', 'loans'], rows: 500 };
  const before = completeBackup({ daysOld: 3, ...sample });
  const emptied = completeBackup({ daysOld: 2, ...sample });
  const [big, loans] = emptied.manifest.contents.parts;
  assert.ok(big && loans);
  loans.rows = 0;
  assert.deepEqual(anomalies([before, emptied], NOW).at(-1)?.reasons, []);
  before.manifest.contents.parts.push({ ...loans, name: 'customers', rows: 120 });
  emptied.manifest.contents.parts.push({ ...loans, name: 'customers', rows: 0 });
  assert.deepEqual(anomalies([before, emptied], NOW).at(-1)?.reasons, [
    `1 part that had rows in ${before.id} without any: customers`,
  ]);
});

test('what was never finished is removed when it cannot be on its way any more', () => {
  const at = (since: number): CatalogueEntry => ({
    id: backupId('shop', 'orders', since),
    state: 'incomplete',
    objects: 3,
    bytes: 9,
    since,
  });
  const entries = [at(NOW - 3 * DAY), at(NOW - DAY)];
  assert.deepEqual(removed(entries), [entries[0]?.id]);
});

test('what cannot be read is kept until somebody looked', () => {
  const id = backupId('shop', 'orders', NOW - 900 * DAY);
  assert.deepEqual(removed([{ id, state: 'unreadable', problem: 'it is no JSON' }]), []);
});

test('no policy ever removes the newest backup or the last verified one', () => {
  const sample = fc.record({
    daysOld: fc.integer({ min: 0, max: 2000 }),
    marks: fc.subarray<'verified' | 'accepted'>(['verified', 'accepted']),
  });
  const samples = fc.uniqueArray(sample, { selector: ({ daysOld }) => daysOld, minLength: 1 });
  const policies = fc.record({ days: fc.integer({ min: 0 }), count: fc.integer({ min: 0 }) });
  fc.assert(
    fc.property(samples, policies, (all, policy) => {
      const entries = all.map(completeBackup);
      const gone = new Set(removed(entries, policy));
      const newest = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
      assert.ok(newest && !gone.has(newest.id));
      const verified = lastVerified(entries);
      assert.ok(verified === undefined || !gone.has(verified.id));
    }),
  );
});

const odd = (entries: CatalogueEntry[]): string[] =>
  anomalies(entries, NOW).map(({ reasons }) => reasons.join('; '));

test('half the rows of the backups before is flagged, and not chosen', () => {
  const entries = ages({ daysOld: 3 }, { daysOld: 2, rows: 1100 }, { daysOld: 1, rows: 499 });
  assert.deepEqual(odd(entries), ['', '', '499 rows, and the 2 before it had 1,000 rows (median)']);
  assert.equal(defaultBackup(entries, NOW), entries[1]);
});

test('canary records that fill their ring are no data that multiplies', () => {
  const at = iso(NOW - 3 * DAY);
  const canary = { timeline: '8f6f7d2a-3b1c-4c7e-9a55-0d9f6c1b2a34', number: 7, at, skewMs: 0 };
  const plain = { size: 70_000, sha256: '0'.repeat(64) };
  const inFiles = ages({ daysOld: 2, bytes: 9000 }, { daysOld: 1, bytes: 9000 });
  streamedManifest(inFiles[1]?.manifest ?? assert.fail()).objects.push({
    name: 'canary',
    ...plain,
    plain,
    path: HEARTBEAT_FILE,
  });
  assert.deepEqual(odd(inFiles), ['', '']);
  const inDumps = ages({ daysOld: 2, bytes: 9000 }, { daysOld: 1, bytes: 60_000 });
  assert.match(odd(inDumps)[1] ?? '', /60\.0 kB/);
  for (const { manifest } of inDumps) Object.assign(manifest, { kind: 'postgres', canary });
  assert.deepEqual(odd(inDumps), ['', '']);
});

test('one that is flagged is no measure for the next', () => {
  const entries = ages(
    { daysOld: 4 },
    { daysOld: 3, bytes: 100 },
    { daysOld: 2, bytes: 100 },
    { daysOld: 1 },
  );
  const said = '100 B, and the one before it had 100.0 kB (median)';
  assert.deepEqual(odd(entries), ['', said, said, '']);
});

test('what a person accepted is the new normal', () => {
  const entries = ages(
    { daysOld: 3 },
    { daysOld: 2, rows: 10, marks: ['accepted'] },
    { daysOld: 1, rows: 11 },
  );
  assert.deepEqual(odd(entries), ['', '', '']);
  assert.equal(defaultBackup(entries, NOW), entries[2]);
});

test('a table that is gone is flagged, whatever the sizes', () => {
  const entries = ages({ daysOld: 2, parts: ['loans', 'users'] }, { daysOld: 1, parts: ['loans'] });
  assert.match(odd(entries)[1] ?? '', /^1 part of shop\/orders\/20261120T000000\.000Z.*: users$/);
});

test('small ones may double and halve, and nothing is odd about the first', () => {
  const small = { bytes: 900, rows: 3 };
  const entries = ages(
    { daysOld: 2, ...small },
    { daysOld: 1, bytes: 4000, rows: 18 },
    { daysOld: 0, ...small },
  );
  assert.deepEqual(odd(entries), ['', '', '']);
});

test('a backup has one name, and no other text is one', () => {
  const id = backupId('shop', 'orders', Date.parse('2026-11-22T08:51:26.123Z'));
  assert.equal(id, 'shop/orders/20261122T085126.123Z');
  const name = parseBackupId(id);
  assert.deepEqual(name, { system: 'shop', datastore: 'orders', time: '20261122T085126.123Z' });
  const folder = backupFolder(name);
  assert.equal(folder, 'shop/orders/2026/11/20261122T085126.123Z/');
  assert.deepEqual(placeOfKey(`${folder}a1/files/000001`), { id, rest: 'a1/files/000001' });
  for (const text of [
    'shop/orders',
    'shop/orders/20261122',
    'shop/orders/20261322T085126.123Z',
    `${id}/more`,
    'Shop/orders/20261122T085126.123Z',
    '../orders/20261122T085126.123Z',
  ])
    assert.equal(parseBackupId(text), undefined, text);
  assert.equal(placeOfKey('shop/orders/2025/11/20261122T085126.123Z/manifest.json'), undefined);
});

test('the skew of a set is the span of its recovery points', () => {
  const member = (datastore: string, from: number, to: number, skewMs = 0) => ({
    datastore,
    recoveryPoint: {
      notBefore: iso(NOW + from),
      notAfter: iso(NOW + to),
      clock: 'datastore' as const,
      skewMs,
    },
  });
  const apart = setSkew([member('orders', 0, 2000), member('portfolio', 10_000, 60_000)]);
  assert.deepEqual([apart.leastMs, apart.mostMs, apart.doubtful], [8000, 60_000, false]);
  const together = setSkew([member('orders', 0, 20_000), member('portfolio', 10_000, 15_000)]);
  assert.equal(together.leastMs, 0);
  const doubtful = setSkew([member('orders', 0, 1, 1500), member('portfolio', 0, 1)]);
  assert.equal(doubtful.doubtful, true);
  assert.match(doubtful.reason, /clocks that are off: orders 1500 ms/);
  assert.equal(setSkew([member('orders', 0, 5)]).mostMs, 0);
});

test('a summary says when a backup was last proved', () => {
  const { verifiedAt, bytes, rows } = summaryOf(
    completeBackup({ daysOld: 1, marks: ['verified'] }),
  );
  assert.deepEqual([verifiedAt, bytes, rows], [iso(NOW - DAY + 1000), 100_000, 1000]);
  assert.equal(summaryOf(completeBackup({ daysOld: 1 })).verifiedAt, null);
});
