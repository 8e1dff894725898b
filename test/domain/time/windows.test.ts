// Change windows as clocks on the wall say them: over midnight, at the edges of daylight saving, and what a change asks of them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import type { Changes } from '../../../src/config/time/changes.ts';
import type { Freeze } from '../../../src/domain/time/freeze.ts';
import { mayChange } from '../../../src/domain/time/may-change.ts';
import { isZone, momentOf, wallText } from '../../../src/domain/time/wall-clock.ts';
import { windowAt, windowsAnswer } from '../../../src/domain/time/windows.ts';

const BERLIN = 'Europe/Berlin';
const LORD_HOWE = 'Australia/Lord_Howe';
const ms = (iso: string): number => Date.parse(iso);
const MINUTE = 60_000;

const nights: Changes = {
  allow: [{ on: ['monday', 'friday'], from: '21:00', to: '05:00', zone: BERLIN, why: 'nights' }],
};
const holidays: Changes = {
  ...nights,
  freeze: [{ from: '2026-12-20T18:00', to: '2027-01-04T08:00', zone: BERLIN, why: 'the holidays' }],
};

function daily(from: string, to: string, zone: string): Changes {
  return { allow: [{ from, to, zone }] };
}

/** The window that is open at its first moment, from which on it is closed, as `from – to`. */
function stretchAfter(changes: Changes, before: string): string {
  const { next } = windowAt(changes, ms(before));
  assert.ok(next !== null, `a window opens after ${before}`);
  const { open, until } = windowAt(changes, ms(next));
  assert.ok(open, next);
  assert.equal(windowAt(changes, ms(next) - 1).open, false);
  assert.ok(until !== null);
  assert.equal(windowAt(changes, ms(until) - 1).open, true);
  assert.equal(windowAt(changes, ms(until)).open, false);
  const short = (iso: string): string => iso.replace('2027-', '').replace(':00.000Z', 'Z');
  return `${short(next)} – ${short(until)}`;
}

describe('what a local time is where clocks change', () => {
  const table: [what: string, local: string, zone: string, utc: string][] = [
    ['an hour before they are put forward', '2027-03-28T01:59', BERLIN, '2027-03-28T00:59Z'],
    ['skipped: the first moment after', '2027-03-28T02:00', BERLIN, '2027-03-28T01:00Z'],
    ['skipped: the same moment', '2027-03-28T02:30', BERLIN, '2027-03-28T01:00Z'],
    ['skipped: the same moment still', '2027-03-28T02:59', BERLIN, '2027-03-28T01:00Z'],
    ['when they were put forward', '2027-03-28T03:00', BERLIN, '2027-03-28T01:00Z'],
    ['before they are put back', '2027-10-31T01:59', BERLIN, '2027-10-30T23:59Z'],
    ['twice: the first', '2027-10-31T02:00', BERLIN, '2027-10-31T00:00Z'],
    ['twice: the first of both', '2027-10-31T02:59', BERLIN, '2027-10-31T00:59Z'],
    ['when they were put back', '2027-10-31T03:00', BERLIN, '2027-10-31T02:00Z'],
    ['before half an hour comes twice', '2027-04-04T01:29', LORD_HOWE, '2027-04-03T14:29Z'],
    ['half an hour twice: the first', '2027-04-04T01:30', LORD_HOWE, '2027-04-03T14:30Z'],
    ['half an hour twice: the first of both', '2027-04-04T01:59', LORD_HOWE, '2027-04-03T14:59Z'],
    ['after half an hour twice', '2027-04-04T02:00', LORD_HOWE, '2027-04-03T15:30Z'],
    ['half an hour skipped', '2027-10-03T02:15', LORD_HOWE, '2027-10-02T15:30Z'],
  ];
  for (const [what, local, zone, utc] of table) {
    test(`${local} ${zone}, ${what}, is ${utc}`, () => {
      assert.equal(momentOf(local, zone), ms(utc));
    });
  }

  test('is not known for a day or an hour that there is not', () => {
    for (const local of ['2027-02-30T10:00', '2027-01-01T24:00', 'tomorrow']) {
      assert.equal(momentOf(local, BERLIN), undefined, local);
    }
  });
});

describe('a window', () => {
  const edges: [what: string, changes: Changes, before: string, stretch: string][] = [
    [
      'over midnight into the day that has 23 hours is an hour shorter',
      { allow: [{ on: ['saturday'], from: '21:00', to: '05:00', zone: BERLIN }] },
      '2027-03-27T00:00Z',
      '03-27T20:00Z – 03-28T03:00Z',
    ],
    [
      'over midnight into the day that has 25 hours is an hour longer',
      { allow: [{ on: ['saturday'], from: '21:00', to: '05:00', zone: BERLIN }] },
      '2027-10-30T00:00Z',
      '10-30T19:00Z – 10-31T04:00Z',
    ],
    [
      'that begins in the skipped hour begins when the clocks were put forward',
      daily('02:30', '04:00', BERLIN),
      '2027-03-27T12:00Z',
      '03-28T01:00Z – 03-28T02:00Z',
    ],
    [
      'that lies in the skipped hour is not there that day',
      daily('02:10', '02:50', BERLIN),
      '2027-03-27T12:00Z',
      '03-29T00:10Z – 03-29T00:50Z',
    ],
    [
      'that ends in the hour that comes twice ends the first time',
      daily('01:00', '02:30', BERLIN),
      '2027-10-30T12:00Z',
      '10-30T23:00Z – 10-31T00:30Z',
    ],
    [
      'in the hour that comes twice is open the first time only',
      daily('02:15', '02:45', BERLIN),
      '2027-10-30T12:00Z',
      '10-31T00:15Z – 10-31T00:45Z',
    ],
    [
      'over the half hour that comes twice is half an hour longer',
      daily('01:00', '03:00', LORD_HOWE),
      '2027-04-03T12:00Z',
      '04-03T14:00Z – 04-03T16:30Z',
    ],
  ];
  for (const [what, changes, before, stretch] of edges) {
    test(what, () => {
      assert.equal(stretchAfter(changes, before), stretch);
    });
  }

  test('belongs to the day on which it begins, and ends the next morning', () => {
    const at = (iso: string): boolean => windowAt(nights, ms(iso)).open;
    // 2026-11-30 is a monday.
    assert.deepEqual(
      ['2026-11-30T03:00Z', '2026-11-30T19:59Z', '2026-11-30T20:00Z', '2026-12-01T03:59Z'].map(at),
      [false, false, true, true],
    );
    assert.deepEqual(['2026-12-01T04:00Z', '2026-12-01T20:30Z'].map(at), [false, false]);
  });

  test('says until when it is open and why, and closed when the next one opens', () => {
    assert.deepEqual(windowsAnswer('shop', nights, ms('2026-11-30T21:00Z')), {
      ...{ schema: 'fairlead/windows/v1', system: 'shop', at: '2026-11-30T21:00:00.000Z' },
      ...{ open: true, until: '2026-12-01T04:00:00.000Z' },
      why: 'monday, friday 21:00 to 05:00 Europe/Berlin (nights)',
    });
    assert.deepEqual(windowsAnswer('shop', nights, ms('2026-12-01T12:00Z')), {
      ...{ schema: 'fairlead/windows/v1', system: 'shop', at: '2026-12-01T12:00:00.000Z' },
      ...{ open: false, next: '2026-12-04T20:00:00.000Z' },
      why: 'outside of its change windows, monday, friday 21:00 to 05:00 Europe/Berlin (nights)',
    });
  });

  test('that touches another one makes one with it; day and night are open without an end', () => {
    const both: Changes = {
      allow: [
        { from: '00:00', to: '12:00', zone: 'UTC' },
        { from: '12:00', to: '00:00', zone: 'UTC' },
      ],
    };
    const { open, until } = windowAt(both, ms('2027-03-28T11:59Z'));
    assert.deepEqual([open, until], [true, null]);
    const weekend: Changes = {
      allow: ['saturday', 'sunday'].flatMap((day) =>
        (both.allow ?? []).map((one) => ({ ...one, on: [day === 'sunday' ? day : 'saturday'] })),
      ),
    };
    assert.equal(windowAt(weekend, ms('2026-12-05T03:00Z')).until, '2026-12-07T00:00:00.000Z');
  });

  test('is not open in a freeze of the file, and opens at its end where that lies in it', () => {
    const frozen = windowAt(holidays, ms('2026-12-21T21:00Z'));
    assert.deepEqual([frozen.open, frozen.next], [false, '2027-01-04T20:00:00.000Z']);
    assert.equal(
      frozen.why,
      'its file freezes changes from 2026-12-20T18:00 to 2027-01-04T08:00 Europe/Berlin: the holidays',
    );
    const only: Changes = {
      freeze: [{ from: '2026-12-20T18:00', to: '2027-01-04T08:00', zone: BERLIN, why: 'x' }],
    };
    const before = windowAt(only, ms('2026-12-20T12:00Z'));
    assert.deepEqual([before.open, before.until], [true, '2026-12-20T17:00:00.000Z']);
    assert.equal(windowAt(only, ms('2026-12-25T12:00Z')).next, '2027-01-04T07:00:00.000Z');
    assert.equal(windowAt(only, ms('2027-01-04T07:00Z')).open, true);
  });

  test('is found behind a freeze of years', () => {
    const long: Changes = {
      ...nights,
      freeze: [{ from: '2027-01-01T00:00', to: '2029-01-01T00:00', zone: BERLIN, why: 'sold' }],
    };
    // The first of january 2029 is a monday.
    assert.equal(windowAt(long, ms('2027-02-01T00:00Z')).next, '2029-01-01T20:00:00.000Z');
  });
});

describe('a change that goes forward', () => {
  const deploy = { goesForward: true, runs: ['run-1'] };
  const windows = { system: 'shop', changes: nights };
  const open = ms('2026-12-01T03:00Z');

  test('passes while a window is open, and is told the next opening while none is', () => {
    assert.deepEqual(mayChange(deploy, open, windows, []), { may: true });
    assert.deepEqual(mayChange(deploy, ms('2026-12-01T04:00Z'), windows, []), {
      may: false,
      window: { system: 'shop', next: '2026-12-04T20:00:00.000Z', needMs: 0 },
      why: 'shop may not be changed now: outside of its change windows, monday, friday 21:00 to 05:00 Europe/Berlin (nights); the next one opens at 2026-12-04T20:00:00.000Z (friday 2026-12-04 21:00 Europe/Berlin)',
      until: '2026-12-04T20:00:00.000Z',
    });
  });

  test('that would end after the window is held until one that is long enough', () => {
    const canary = { ...deploy, needMs: 90 * MINUTE };
    const answer = mayChange(canary, open, windows, []);
    assert.ok(!answer.may && answer.window);
    assert.equal(answer.until, '2026-12-04T20:00:00.000Z');
    assert.match(answer.why, /it takes at least 90 min, and the change window closes in 60 min/);
    assert.deepEqual(mayChange({ ...deploy, needMs: 60 * MINUTE }, open, windows, []), {
      may: true,
    });
    const never = mayChange({ ...deploy, needMs: 9 * 60 * MINUTE }, open, windows, []);
    assert.ok(!never.may);
    assert.equal(never.until, null);
    assert.match(never.why, /no window that is long enough is known to come$/);
  });

  test('is told of the freeze of people or of a recovery first, which nobody lets it through', () => {
    const recovery: Freeze = {
      ...{ scope: 'shop', takenBy: 'operation', owner: 'recover/shop', reason: null, until: null },
      since: '2026-12-01T00:00:00.000Z',
      operation: { workflowId: 'recover/shop', runId: 'run-9' },
    };
    const closed = ms('2026-12-01T12:00Z');
    const hotfix = { ...deploy, passesWindows: true };
    assert.deepEqual(mayChange(hotfix, closed, windows, []), { may: true });
    const held = mayChange(hotfix, closed, windows, [recovery]);
    assert.equal(held.may ? '' : held.freeze?.owner, 'recover/shop');
  });

  test('is held by no window where it takes back, or the file declares none', () => {
    const closed = ms('2026-12-01T12:00Z');
    assert.deepEqual(mayChange({ ...deploy, goesForward: false }, closed, windows, []), {
      may: true,
    });
    for (const changes of [undefined, {}, { freeze: [] }]) {
      assert.deepEqual(mayChange(deploy, closed, { system: 'shop', changes }, []), { may: true });
    }
  });
});

test('a zone is a name that the runtime knows, and no offset', () => {
  for (const name of [BERLIN, LORD_HOWE, 'UTC', 'Etc/GMT+5']) assert.ok(isZone(name), name);
  for (const name of ['Europe/Berln', '+02:00', '', 'local', 'Mars/Olympus', '../etc'])
    assert.ok(!isZone(name), name);
  assert.equal(wallText(ms('2027-03-28T01:00Z'), BERLIN), 'sunday 2027-03-28 03:00 Europe/Berlin');
});

test('the answer is one and the same whatever the zone of the machine is', () => {
  const code = `
    import { windowsAnswer } from './src/domain/time/windows.ts';
    const changes = ${JSON.stringify(holidays)};
    const at = ['2026-11-30T21:00Z', '2026-12-01T12:00Z', '2026-12-25T12:00Z', '2027-03-28T01:00Z'];
    console.log(JSON.stringify(at.map((one) => windowsAnswer('shop', changes, Date.parse(one)))));`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', code];
  const said = ['UTC', 'Pacific/Kiritimati', 'America/St_Johns', LORD_HOWE].map((TZ) => {
    const env = { ...process.env, TZ };
    const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    assert.equal(stderr, '');
    return stdout;
  });
  assert.equal(new Set(said).size, 1);
  assert.match(said[0] ?? '', /"open":true/);
});
