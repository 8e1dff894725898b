// How a runbook on the schedule stands, by what Temporal has of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  judgeScheduled,
  type JudgeScheduled,
  type ScheduledFound,
} from '../../../src/domain/time/scheduled.ts';

/** A Monday. */
const NOW = Date.parse('2027-03-29T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Nine o'clock in Berlin on that day, by summer time, which began the day before. */
const DUE = Date.parse('2027-03-29T07:00:00Z');

const found = (change: Partial<ScheduledFound> = {}): ScheduledFound => ({
  ...{
    kept: 'ours',
    since: NOW - 30 * DAY,
    paused: false,
    note: null,
    startedFor: [],
    newest: null,
  },
  ...change,
});
const judged = (
  change: Partial<ScheduledFound> = {},
  { now = NOW, ...when }: Partial<JudgeScheduled['when']> & { now?: number } = {},
) =>
  judgeScheduled({
    ...{ runbook: 'weekly', operation: 'run/shop/weekly', found: found(change), now },
    when: { on: 'monday', at: '09:00', zone: 'Europe/Berlin', ...when },
  });
const said = (...input: Parameters<typeof judged>) => {
  const { state, attention, text } = judged(...input);
  return `${state}${attention ? '!' : ''} ${text}`;
};
const run = (startedAt: number, outcome = 'succeeded') => ({
  newest: { startedAt, outcome, open: outcome === 'open' },
});

test('what was due and has no run since was missed', () => {
  assert.equal(
    said(),
    'missed! was due monday 2027-03-29 09:00 Europe/Berlin and was not started: Temporal was down for longer than 1h; start it by hand',
  );
  assert.equal(judged().due, new Date(DUE).toISOString());
  // The one of the week before is no answer.
  assert.match(said({ ...run(DUE - 7 * DAY), startedFor: [DUE - 7 * DAY] }), /^missed! /);
});

test('a server that comes back has an hour to start it', () => {
  const at = { now: DUE + HOUR };
  assert.equal(
    said({}, at),
    'late was due monday 2027-03-29 09:00 Europe/Berlin and is to be started at once',
  );
});

test('a run by schedule or by hand is done, or says how it ended', () => {
  assert.equal(said(run(DUE + 100)), 'done done, begun monday 2027-03-29 09:00 Europe/Berlin');
  assert.equal(said(run(DUE + HOUR)), 'done done, begun monday 2027-03-29 10:00 Europe/Berlin');
  assert.match(said(run(DUE, 'aborted')), /^failed! the one of monday .* ended aborted; /);
  assert.match(said({ startedFor: [DUE] }), /^done was started monday .*; Temporal does not know/);
});

test('one that is open is left alone for its time, and not longer', () => {
  assert.match(
    said(run(DUE, 'open')),
    /^open is open since monday 2027-03-29 09:00 Europe\/Berlin$/,
  );
  assert.match(said(run(DUE, 'open'), { within: HOUR }), /^open! .* and was to be done within 1h$/);
  assert.match(
    said(run(DUE - 6 * DAY, 'open'), { within: 31 * DAY }),
    /^open! .*; it was due again /,
  );
});

test('what is paused, not kept, not due since it was made', () => {
  const pause = { paused: true, note: 'ana is away' };
  assert.match(said(pause), /^paused! was due .* and is paused \(ana is away\)$/);
  assert.equal(said({ ...pause, since: NOW - HOUR }), 'paused is paused (ana is away)');
  assert.equal(said({ since: NOW - HOUR }), 'notYet was not due yet');
  assert.match(said({ kept: 'none' }), /^notKept! has no schedule: fairlead schedules sync/);
  assert.match(said({ kept: 'foreign' }), /^notKept! .* somebody else/);
  // Nobody asks for what failed before the schedule was made.
  assert.equal(said({ since: NOW - HOUR, ...run(DUE, 'failed') }), 'notYet was not due yet');
});

test('days of months and of some months are counted on the wall', () => {
  const due = (when: Partial<JudgeScheduled['when']>) => judged({ since: 0 }, when).due;
  assert.equal(due({ on: 'last friday' }), '2027-03-26T08:00:00.000Z');
  assert.equal(due({ on: 'last friday', months: ['february'] }), '2027-02-26T08:00:00.000Z');
  assert.equal(due({ on: 15, months: ['april', 'october'] }), '2026-10-15T07:00:00.000Z');
  assert.equal(due({ on: 'first monday', zone: 'UTC' }), '2027-03-01T09:00:00.000Z');
});
