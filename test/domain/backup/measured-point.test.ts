// How old a copy is by what it holds itself, as a table; and the times that databases print.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HeartbeatRecord } from '../../../src/domain/backup/heartbeat.ts';
import {
  judgeMeasuredPoint,
  type MeasuredPoint,
  type PointManifest,
  watermarkTime,
} from '../../../src/domain/backup/measured-point.ts';
import type { Verdict } from '../../../src/domain/analysis/verdict.ts';
import { iso, NOW } from '../../support/datastores/catalogue-entries.ts';

const HOUR = 3_600_000;
const TIMELINE = '8f6f7d2a-3b1c-4c7e-9a55-0d9f6c1b2a34';
const OTHER = '11111111-3b1c-4c7e-9a55-0d9f6c1b2a34';

const beat = (ageMs: number, change: Partial<HeartbeatRecord> = {}): HeartbeatRecord => ({
  ...{ timeline: TIMELINE, number: 7, at: iso(NOW - ageMs), skewMs: 0 },
  ...change,
});
const range = (ageMs: number, skewMs = 0) => ({
  notBefore: iso(NOW - ageMs),
  notAfter: iso(NOW),
  clock: 'datastore' as const,
  skewMs,
});
const plain: PointManifest = { recoveryPoint: range(HOUR) };
const withBeat: PointManifest = { ...plain, canary: beat(0) };
const value = (text: string | null) => ({ value: text });

type Row = [
  title: string,
  manifest: PointManifest,
  measured: Partial<MeasuredPoint>,
  verdict: Verdict,
  said: RegExp,
];

const TABLE: Row[] = [
  [
    'a young canary record passes, and is told with its number',
    withBeat,
    { heartbeat: beat(60_000) },
    'pass',
    /up to 2026-11-21T23:59:00\.000Z is in it: 60 s before, within the RPO of 2 h \(canary record 7\)$/,
  ],
  [
    'a canary record older than the RPO fails, whatever the manifest says',
    withBeat,
    { heartbeat: beat(3 * HOUR) },
    'fail',
    /3 h before, more than the RPO of 2 h/,
  ],
  [
    'a canary record of another timeline says nothing',
    withBeat,
    { heartbeat: beat(60_000, { timeline: OTHER }) },
    'inconclusive',
    /of the timeline 11111111-.*the manifest names 8f6f7d2a-/,
  ],
  [
    'a canary record where the manifest has none says nothing',
    plain,
    { heartbeat: beat(60_000) },
    'inconclusive',
    /the manifest names none/,
  ],
  [
    'a clock that was over a second off when the record was stamped makes its age worthless',
    withBeat,
    { heartbeat: beat(60_000, { skewMs: -1001 }) },
    'inconclusive',
    /canary record 7: the datastore's clock was -1001 ms off/,
  ],
  [
    'a clock that was a second off is good enough',
    withBeat,
    { heartbeat: beat(60_000, { skewMs: 1000 }) },
    'pass',
    /within/,
  ],
  [
    'a canary record from after the moment is no proof',
    withBeat,
    { heartbeat: beat(-5000) },
    'inconclusive',
    /stamped at 2026-11-22T00:00:05\.000Z, after the moment/,
  ],
  [
    'a copy that lost its canary records is told apart from one that never had any',
    withBeat,
    {},
    'inconclusive',
    /the manifest has the canary record 7 of .*, and the copy has none/,
  ],
  [
    'a copy whose newest canary record is older than the one of the manifest is no proof',
    { ...plain, canary: beat(0, { number: 500 }) },
    { heartbeat: beat(60_000, { number: 400 }) },
    'inconclusive',
    /the manifest has the canary record 500, and the newest in the copy is 400/,
  ],
  [
    'a newer canary record than the one of the manifest is as good',
    withBeat,
    { heartbeat: beat(60_000, { number: 8 }) },
    'pass',
    /canary record 8/,
  ],
  [
    'a watermark is told beside the canary, and judges nothing there',
    withBeat,
    { heartbeat: beat(60_000), watermark: value('2026-11-20 00:00:00+00') },
    'pass',
    /\(canary record 7\); the watermark is 2026-11-20T00:00:00\.000Z, 48 h before$/,
  ],
  [
    'a watermark alone passes within the RPO',
    plain,
    { watermark: value('2026-11-21 23:30:00.5+00') },
    'pass',
    /the watermark is 2026-11-21T23:30:00\.500Z, 30 min before, within the RPO of 2 h; no canary/,
  ],
  [
    'an old watermark alone is a quiet night or a loss: nobody can tell',
    plain,
    { watermark: value('2026-11-21 12:00:00+00') },
    'inconclusive',
    /12 h before, more than the RPO of 2 h: business was quiet, or what came after is missing/,
  ],
  [
    'a watermark from after the moment is no proof',
    plain,
    { watermark: value('2027-01-01') },
    'inconclusive',
    /the watermark is 2027-01-01T00:00:00\.000Z, 960 h after; no canary records/,
  ],
  [
    'a watermark beside a clock that is off is no proof',
    { recoveryPoint: range(HOUR, 5000) },
    { watermark: value('2026-11-21 23:30:00+00') },
    'inconclusive',
    /clock was 5000 ms off.*the watermark is/,
  ],
  [
    'a watermark that is null says so',
    plain,
    { watermark: value(null) },
    'inconclusive',
    /watermark is null/,
  ],
  [
    'a watermark that is no time says what it is',
    plain,
    { watermark: value('42') },
    'inconclusive',
    /the watermark 42 is no time/,
  ],
  [
    'a watermark that cannot be read says why',
    plain,
    { watermark: { problem: 'no such table' } },
    'inconclusive',
    /could not be read: no such table/,
  ],
  [
    'without either the point is the range of the backup, and is said to be',
    plain,
    {},
    'pass',
    /60 min before, within the RPO of 2 h; no canary records and no watermark: the point is the range of the backup$/,
  ],
  [
    'a file with neither has no point at all',
    undefined,
    {},
    'inconclusive',
    /no canary records and no watermark, and a file has no manifest/,
  ],
  [
    'a canary record in a file judges it, and says that nobody knows its timeline',
    undefined,
    { heartbeat: beat(60_000) },
    'pass',
    /canary record 7, and nothing says of which timeline it has to be/,
  ],
];

describe('a measured recovery point', () => {
  for (const [title, manifest, { heartbeat = null, watermark = null }, verdict, said] of TABLE) {
    test(title, () => {
      const wanted = { wantedAt: NOW, rpoMs: 2 * HOUR };
      const result = judgeMeasuredPoint(manifest, { heartbeat, watermark }, wanted);
      assert.equal(result.rung, 'pointInTime');
      assert.match(result.reason, said);
      assert.equal(result.verdict, verdict, result.reason);
    });
  }
});

test('times are read as databases print them, and nothing else is a time', () => {
  for (const [text, expected] of [
    ['2026-11-22 08:51:26.123456+00', '2026-11-22T08:51:26.123Z'],
    ['2026-11-22 08:51:26+05:30', '2026-11-22T03:21:26.000Z'],
    ['2026-11-22 08:51:26-0330', '2026-11-22T12:21:26.000Z'],
    ['2026-11-22T08:51:26Z', '2026-11-22T08:51:26.000Z'],
    ['2026-11-22 08:51:26', '2026-11-22T08:51:26.000Z'],
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['2026-13-22', undefined],
    ['2026-11-22 25:00', undefined],
    ['infinity', undefined],
    ['1763801486', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(watermarkTime(text), expected, text);
  }
});
