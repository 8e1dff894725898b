// What status says of a gate watch, from what Temporal lists.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GATE_WATCH,
  gateWatchLines,
  gateWatchSeen,
} from '../../../src/domain/analysis/gate-watch.ts';

const SCHEDULED = Date.parse('2026-11-22T12:00:00Z');

/** So long (s) after it was scheduled, before any heartbeat. */
function lines(seconds: number, failed?: string): string[] {
  const now = SCHEDULED + seconds * 1000;
  const watch = {
    activityType: { name: GATE_WATCH },
    scheduledTime: { seconds: SCHEDULED / 1000 },
    ...(failed !== undefined && { lastFailure: { message: failed } }),
  };
  const seen = gateWatchSeen([watch], () => undefined, now);
  return seen === undefined ? ['no watch'] : gateWatchLines(seen, now);
}

test('a watch that has just opened says nothing until a worker should have begun it', () => {
  assert.deepEqual(lines(1), []);
  assert.deepEqual(lines(11), [
    'not observed since 2026-11-22T12:00:00.000Z: no worker has begun to look yet',
  ]);
  assert.match(lines(1, 'no route').join(), /looking failed and is tried again: no route/);
});

test('a watch that has judged nothing yet says nothing', () => {
  assert.deepEqual(gateWatchLines({ step: 'weight-5', since: 'then' }, SCHEDULED), []);
});
