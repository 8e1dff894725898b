// The section `schedules:`: what `check` says of it, and the arithmetic of what may be lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mistakesOf, SHOP, systemsWith, testMistakes } from '../support/system-files.ts';

const DATA = 'kind: files, directory: data';
/** A datastore on line 18, schedules from line 19. */
const planned = (schedules: string, backup = '{}', role = 'primary'): string =>
  `${SHOP}datastores:\n  main: { ${DATA}, role: ${role}, backup: ${backup} }\nschedules: ${schedules}\n`;
const TWICE_A_DAY = "{ backup: { at: ['02:00', '14:00'] } }";

testMistakes([
  [
    'finds nothing wrong with backups at night and at noon, a weekly proof and an hourly check',
    planned(
      "{ backup: { at: ['02:00', '14:00'] }, verify: { on: sunday, at: '04:00' }, check: { every: 1h } }",
    ),
    [],
  ],
  [
    'names what can be scheduled',
    planned("{ backups: { at: ['02:00'] } }"),
    [
      '18: schedules.backups: unknown key (did you mean backup?); known here: backup, verify, drill, check, runbooks',
    ],
  ],
  [
    'says what a time of day is',
    planned("{ backup: { at: ['2:00', '24:00'] } }"),
    [
      '18: schedules.backup.at.0: "2:00" is not allowed; write a time of day such as 02:00',
      '18: schedules.backup.at.1: "24:00" is not allowed; write a time of day such as 02:00',
    ],
  ],
  [
    'says which days there are',
    planned("{ verify: { on: sundays, at: '04:00' } }"),
    [
      '18: schedules.verify.on: "sundays" is not allowed; write a day of the week such as sunday, one of a month such as \'first monday\' (to fourth, or last), or a date from 1 to 28',
    ],
  ],
  [
    'takes each time once, and no check every second',
    planned("{ backup: { at: ['02:00', '02:00'] }, check: { every: 30s } }"),
    [
      '18: schedules.backup.at.1: "02:00" is there twice; name each time once',
      '18: schedules.check.every: 30s is not allowed; write a minute or more, in whole seconds',
    ],
  ],
  [
    'takes days of a month and zones, for a drill too',
    planned(
      "{ drill: { on: first monday, at: '09:00', zone: Europe/Berlin }, verify: { on: 15, at: '04:00', zone: Asia/Tokyo } }",
    ),
    [],
  ],
  [
    'knows no fifth monday, and no 31st of every month',
    planned("{ drill: { on: fifth monday, at: '09:00' }, verify: { on: 31, at: '04:00' } }"),
    ['verify', 'drill'].map(
      (what) =>
        `18: schedules.${what}.on: ${what === 'drill' ? '"fifth monday"' : '31'} is not allowed; write a day of the week such as sunday, one of a month such as 'first monday' (to fourth, or last), or a date from 1 to 28`,
    ),
  ],
  [
    'says what is wrong with when a runbook is started',
    planned(
      "{ runbooks: { weekly: { months: [may, may], at: '02:30', zone: Europe/Berlin, within: 60d } } }",
    ),
    [
      '18: schedules.runbooks.weekly.months.1: "may" is there twice; name each month once',
      '18: schedules.runbooks.weekly.within: 60d is not allowed; write a minute or more, up to 31 days',
    ],
  ],
  [
    'knows the zones that there are',
    planned("{ drill: { at: '09:00', zone: Europe/Berln } }"),
    [
      '18: schedules.drill.zone: there is no time zone "Europe/Berln" (did you mean Europe/Berlin?); write a name such as Europe/Berlin or UTC',
    ],
  ],
  [
    'counts the longest day of the year where clocks are put back: 25 hours',
    planned(
      "{ backup: { at: ['04:00'], zone: Europe/Berlin } }",
      '{ rpo: 24h 10m }'.replace('24h 10m', '1460m'),
    ),
    [
      '17: datastores.main.backup.rpo: 25h between backups (schedules.backup, 04:00 to 04:00 Europe/Berlin) and 10m for one (duration, by default) are 25h 10m, and at most 24h 20m may be lost (rpo); back up more often, or say that more may be lost',
    ],
  ],
  [
    'backs up and proves nothing that is derived',
    planned("{ backup: { at: ['02:00'] }, verify: { at: '04:00' } }", '{}', 'derived'),
    ['backup', 'verify'].map(
      (what) =>
        `18: schedules.${what}: has nothing to work on: the system declares no primary datastore; declare one in datastores, or remove it`,
    ),
  ],
  [
    'adds the longest gap between two backups to how long one takes',
    planned("{ backup: { at: ['14:00', '02:00', '06:00'] } }", '{ rpo: 12h }'),
    [
      '17: datastores.main.backup.rpo: 12h between backups (schedules.backup, 14:00 to 02:00) and 10m for one (duration, by default) are 12h 10m, and at most 12h may be lost (rpo); back up more often, or say that more may be lost',
    ],
  ],
  [
    'goes by the schedule where there is one',
    planned(TWICE_A_DAY, '{ interval: 90d, rpo: 13h }'),
    [],
  ],
  [
    'knows that one time a day is a day',
    planned("{ backup: { at: ['02:30'] } }", '{ rpo: 24h, duration: 1ms }'),
    [
      '17: datastores.main.backup.rpo: 24h between backups (schedules.backup, 02:30 to 02:30) and 1ms for one (duration) are 24h 1ms, and at most 24h may be lost (rpo); back up more often, or say that more may be lost',
    ],
  ],
  ['lets a backup be done in the very last minute', planned(TWICE_A_DAY, '{ rpo: 730m }'), []],
  [
    'goes by the interval of what is derived',
    planned('{}', '{ interval: 12h, rpo: 12h }', 'derived'),
    [
      '17: datastores.main.backup.rpo: 12h between backups (interval) and 10m for one (duration, by default) are 12h 10m, and at most 12h may be lost (rpo); back up more often, or say that more may be lost',
    ],
  ],
]);

test('a runbook on the schedule is there, and is given what it takes', async (t) => {
  const when =
    "on: last friday, months: [january, july], at: '09:00', zone: Europe/Berlin, within: 2d";
  const taking =
    'title: T\ninputs: { days: { type: integer } }\nsteps: [{ id: a, manual: Look }]\n';
  const dir = await systemsWith(t, {
    'shop/system.yaml': `${SHOP}schedules:\n  runbooks:\n    quarterly: { ${when}, inputs: { days: 30 } }\n    keys: { ${when} }\n    kezs: { ${when} }\n`,
    'shop/runbooks/quarterly.yaml': taking,
    'shop/runbooks/keys.yaml': taking,
  });
  assert.deepEqual(await mistakesOf(dir, 'shop'), [
    'systems/shop/system.yaml:19: schedules.runbooks.keys.inputs: runbook keys: input days is missing; give a whole number',
    'systems/shop/system.yaml:20: schedules.runbooks.kezs: there is no runbook "kezs" (did you mean keys?) in runbooks/; there are: keys, quarterly',
  ]);
});
