// What is normal for a backup, and which one is the newest: not what was found bad, not what a clock that was off says,
// and no loss where names rotate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anomalies, defaultBackup, passedOver } from '../../../src/domain/backup/anomaly.ts';
import { listBackups } from '../../../src/domain/backup/backup-list.ts';
import type { CompleteBackup } from '../../../src/domain/backup/backup.ts';
import { retentionDecisions } from '../../../src/domain/backup/retention.ts';
import { completeBackup, DAY, NOW } from '../../support/datastores/catalogue-entries.ts';

const odd = (entries: CompleteBackup[]): string[] =>
  anomalies(entries, NOW).map(({ reasons }) => reasons.join('; '));

test('a first backup that was found bad is no measure of those after it', () => {
  const bad = completeBackup({ daysOld: 3, bytes: 5, rows: 0, marks: ['failed'] });
  const good = [completeBackup({ daysOld: 2 }), completeBackup({ daysOld: 1 })];
  assert.deepEqual(odd([bad, ...good]).slice(1), ['', '']);
  assert.equal(defaultBackup([bad, ...good], NOW), good[1]);
});

test('what was as good as empty is no measure of what came of it, and is what is odd after more', () => {
  const tiny = completeBackup({ daysOld: 3, bytes: 5, rows: 1 });
  const grown = [completeBackup({ daysOld: 2 }), completeBackup({ daysOld: 1 })];
  assert.deepEqual(odd([tiny, ...grown]), ['', '', '']);
  assert.equal(defaultBackup([tiny, ...grown], NOW), grown[1]);
  const shrunk = completeBackup({ daysOld: 0, bytes: 5, rows: 1 });
  assert.notEqual(odd([...grown, shrunk])[2], '');
});

test('whoever is passed over as odd is told how to accept it', () => {
  const entries = [completeBackup({ daysOld: 2, rows: 100 }), completeBackup({ daysOld: 1 })];
  const [told = ''] = passedOver(entries, NOW);
  assert.match(
    told,
    /odd: 1,000 rows.*fairlead backups accept shop\/orders\/20261121T000000\.000Z --reason/,
  );
});

const ROTATING: [string, (day: number) => string[]][] = [
  ['files of a day', (day) => [`logs/2026-11-${10 + day}.csv`]],
  ['files without separators', (day) => [`export_202611${10 + day}.csv`]],
  ['daily partitions of Postgres', (day) => [`public.events_p2026_11_${10 + day}`]],
  ['days before months before years', (day) => [`day-${10 + day}.11.2026.csv`]],
  ['a counter', (day) => [`segment-${String(100 + day).padStart(8, '0')}`]],
  [
    'a day in the folder of each tenant',
    (day) => [`tenant-1/2026${1110 + day}.csv`, `tenant-22/2026${1110 + day}.csv`],
  ],
  [
    'names that are new each time',
    (day) => [`part-${(day * 7919).toString(16).padStart(8, 'a1b2c3d4')}-x.parquet`],
  ],
];

for (const [what, of] of ROTATING) {
  test(`the oldest of ${what} may go as new ones come`, () => {
    const entries = [0, 1, 2, 3, 4].map((day) => {
      const parts = ['main', ...[0, 1, 2].flatMap((more) => of(day + more))];
      return completeBackup({ daysOld: 9 - day, parts });
    });
    assert.deepEqual(odd(entries), ['', '', '', '', '']);
    assert.equal(defaultBackup(entries, NOW), entries[4]);
  });
}

test('one of several shards, a newer day than those that stay, or a plain name is a loss', () => {
  for (const [before, now] of [
    [
      ['shard_1', 'shard_2', 'shard_3'],
      ['shard_2', 'shard_3'],
    ],
    [['logs/2026-11-10.csv', 'logs/2026-11-11.csv'], ['logs/2026-11-10.csv']],
    [['loans', 'users'], ['loans']],
    [['orders_2026', 'users_2026'], ['orders_2026']],
  ] as const) {
    const entries = [
      completeBackup({ daysOld: 2, parts: ['main', ...before] }),
      completeBackup({ daysOld: 1, parts: ['main', ...now] }),
    ];
    assert.match(odd(entries)[1] ?? '', /^1 part of .* not in it: /, now.join());
  }
});

test('a backup from the future is neither taken by itself nor counted, and takes no place of a true one', () => {
  const good = [completeBackup({ daysOld: 2 }), completeBackup({ daysOld: 1 })];
  const future = completeBackup({ daysOld: -2, rows: 1200 });
  const all = [...good, future];
  assert.equal(defaultBackup(all, NOW), good[1]);
  assert.match(passedOver(all, NOW)[0] ?? '', /2026-11-24.* is still to come: whose clock was off/);
  const kept = retentionDecisions(all, { days: 0, count: 2 }, NOW).filter(({ keep }) => keep);
  assert.deepEqual(
    kept.map(({ id }) => id),
    all.map(({ id }) => id),
  );
  const rows = listBackups('shop', NOW, { orders: all }, 10).backups;
  assert.deepEqual(
    rows.map((row) => row.state === 'complete' && [row.default, row.flagged.length]),
    [
      [false, 1],
      [true, 0],
      [false, 0],
    ],
  );
  assert.deepEqual(
    rows.map((row) => row.state === 'complete' && row.misdated === true),
    [true, false, false],
  );
});

test('one whose time has come meanwhile is not the newest while another was made after it', () => {
  const early = completeBackup({ daysOld: 1 });
  const later = completeBackup({ daysOld: 2 });
  later.manifest.after = [early.id];
  assert.equal(defaultBackup([later, early], NOW), later);
  assert.match(passedOver([later, early], NOW)[0] ?? '', /its time is another clock's/);
  const next = completeBackup({ daysOld: 0.5 });
  assert.equal(defaultBackup([later, early, next], NOW + DAY), next);
});
