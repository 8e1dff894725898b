// Days on which a time of day is skipped or comes twice, where clocks change in other ways than by an hour at night, too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { oddDays } from '../../../src/domain/time/wall-clock.ts';

type Case = [what: string, zone: string, time: string, from: string, to: string, dates: string[]];

describe('the days on which a time of day is skipped or comes twice', () => {
  const cases: Case[] = [
    [
      'both changes of a year',
      'Europe/Berlin',
      '02:30',
      '2027-01-01T00:00Z',
      '2028-01-01T00:00Z',
      ['2027-03-28', '2027-10-31'],
    ],
    [
      'the last minute of a change',
      'Europe/Berlin',
      '02:59',
      '2027-01-01T00:00Z',
      '2027-06-01T00:00Z',
      ['2027-03-28'],
    ],
    [
      'the first minute after a change',
      'Europe/Berlin',
      '03:00',
      '2027-01-01T00:00Z',
      '2028-01-01T00:00Z',
      [],
    ],
    [
      'the day of the beginning, after its change',
      'Europe/Berlin',
      '02:30',
      '2027-03-28T12:00Z',
      '2027-04-01T00:00Z',
      ['2027-03-28'],
    ],
    [
      'the day of the end, before its change',
      'Europe/Berlin',
      '02:30',
      '2027-10-01T00:00Z',
      '2027-10-30T23:00Z',
      ['2027-10-31'],
    ],
    [
      'a day later than the change',
      'Europe/Berlin',
      '02:30',
      '2027-03-28T22:00Z',
      '2027-06-01T00:00Z',
      [],
    ],
    [
      'half an hour',
      'Australia/Lord_Howe',
      '02:15',
      '2027-01-01T00:00Z',
      '2028-01-01T00:00Z',
      ['2027-10-03'],
    ],
    [
      'a change at midnight',
      'Africa/Cairo',
      '00:30',
      '2027-01-01T00:00Z',
      '2027-07-01T00:00Z',
      ['2027-04-30'],
    ],
    [
      'a change at midnight, into the day before',
      'Africa/Cairo',
      '23:30',
      '2027-07-01T00:00Z',
      '2028-01-01T00:00Z',
      ['2027-10-28'],
    ],
    [
      'a whole day that was skipped',
      'Pacific/Apia',
      '12:00',
      '2011-12-01T00:00Z',
      '2012-02-01T00:00Z',
      ['2011-12-30'],
    ],
    [
      'clocks that never change',
      'Asia/Tokyo',
      '02:30',
      '2027-01-01T00:00Z',
      '2029-01-01T00:00Z',
      [],
    ],
    ['no daylight saving at all', 'UTC', '02:30', '2027-01-01T00:00Z', '2029-01-01T00:00Z', []],
  ];
  for (const [what, zone, time, from, to, dates] of cases) {
    test(`${what}: ${time} ${zone}`, () => {
      const days = oddDays(zone, time, { from: Date.parse(from), to: Date.parse(to) });
      assert.deepEqual(
        days.map(({ date }) => date),
        dates,
      );
    });
  }
});
