// What is said of an operation's work while it goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  pendingLines,
  pendingWork,
  progressed,
  startProgress,
  type DataProgress,
} from '../../../src/domain/operation/pending.ts';

const NOW = Date.parse('2026-11-29T07:00:00.000Z');
const at = (seconds: number): { seconds: number; nanos: number } => ({ seconds, nanos: 0 });

function seen(progress: DataProgress | undefined, attempt = 1, message = '') {
  const payloads = progress === undefined ? [] : [{ lastAt: NOW, progress }];
  const pending = {
    activityType: { name: 'takeBackup' },
    heartbeatDetails: { payloads },
    ...{ attempt, lastStartedTime: at(NOW / 1000 - 40), lastFailure: { message } },
  };
  return pendingWork([pending], (payload) => payload, NOW);
}

test('what ports beat adds up, and what is no number leaves it as it is', () => {
  const begun = startProgress(1);
  const beats = [{ written: 5 }, { written: 7 }, { rows: 3 }, { loading: 'x' }];
  const progress = beats.reduce((sum, beat) => progressed(sum, beat, 2), begun);
  assert.deepEqual(progress, { written: 12, read: 0, rows: 3, movedAt: 2 });
});

test('bytes and rows are told, of how many where that is known', () => {
  const progress = { ...startProgress(NOW), written: 1_500_000, rows: 1200 };
  assert.deepEqual(pendingLines(seen(progress), NOW), ['1.5 MB written, 1,200 rows counted']);
  const of = { ...startProgress(NOW, { read: 3_000_000, rows: 50_000 }), read: 9e9, rows: 1200 };
  assert.deepEqual(pendingLines(seen(of), NOW), [
    '3.0 MB of 3.0 MB read, 1,200 of 50,000 rows counted',
  ]);
  assert.deepEqual(pendingLines(seen(startProgress(NOW)), NOW), []);
  assert.deepEqual(pendingLines(seen(undefined), NOW), []);
});

test('an attempt after the first says why the one before ended', () => {
  const again = seen(undefined, 2, 'connection refused');
  assert.deepEqual(pendingLines(again, NOW), ['attempt 2: connection refused']);
  assert.deepEqual(again, [
    {
      activity: 'takeBackup',
      attempt: 2,
      since: '2026-11-29T06:59:20.000Z',
      lastFailure: 'connection refused',
    },
  ]);
});

test('a tool that is silent for long is said to be waited for', () => {
  const progress = { ...startProgress(NOW - 40_000), written: 1_500_000 };
  assert.deepEqual(pendingLines(seen(progress), NOW), [
    '1.5 MB written, nothing new for 40 s: waiting for its tool or server',
  ]);
});

test('standbys that fall behind are told, and hide no silence', () => {
  const begun = { ...startProgress(NOW - 40_000), written: 1_500_000 };
  const behind = ['the standby b is 3.0 MB behind'];
  const progress = progressed(begun, { restoring: behind }, NOW);
  assert.deepEqual(pendingLines(seen(progress), NOW), [
    '1.5 MB written, the standby b is 3.0 MB behind, nothing new for 40 s: waiting for its tool or server',
  ]);
  assert.deepEqual(progressed(progress, { rows: 1 }, NOW).restoring, behind);
});

test('what a step waits for is told', () => {
  const progress = { waitsFor: 'process 7 (nc) to let go of 127.0.0.1:8001', observed: 1 };
  const pending = {
    activityType: { name: 'ensureRevision' },
    heartbeatDetails: { payloads: [{ lastAt: NOW, progress }] },
  };
  assert.deepEqual(
    pendingLines(
      pendingWork([pending], (one) => one, NOW),
      NOW,
    ),
    ['waits for process 7 (nc) to let go of 127.0.0.1:8001'],
  );
});
