// Which schedules a system file asks for: of runbooks, of checks and of heartbeats.
import type { ScheduledRunbook } from '../config/schedules.ts';
import type { System } from '../config/system.ts';
import type { DayAndTime } from '../config/time/days.ts';
import { primaryDatastores } from '../domain/operation/operation.ts';
import { LAST, MONTHS, WEEKS } from '../domain/time/on-day.ts';
import {
  CATCH_UP_MS,
  MINUTE_MS,
  type WantedSchedule,
  type WantedTimes,
  type Weekday,
} from '../domain/time/schedules.ts';
import { backup } from './backup.ts';
import { drill } from './drill.ts';
import { runbookOfSteps } from './steps.ts';
import { verifyBackup } from './verify-backup.ts';

/** As system files have them, and as Temporal does. */
const DAYS = {
  sunday: 'SUNDAY',
  monday: 'MONDAY',
  tuesday: 'TUESDAY',
  wednesday: 'WEDNESDAY',
  thursday: 'THURSDAY',
  friday: 'FRIDAY',
  saturday: 'SATURDAY',
} as const satisfies Record<string, Weekday>;

/** The name of a month as Temporal has it. */
function asTemporal<Name extends string>(name: Name): Uppercase<Name> {
  return name.toUpperCase() as Uppercase<Name>;
}

/** Temporal counts no days from the end of a month: its last seven are said for each length that a month has. */
const LENGTHS: readonly Pick<WantedTimes, 'dates' | 'months' | 'years'>[] = [
  {
    dates: { from: 25, to: 31 },
    months: ['JANUARY', 'MARCH', 'MAY', 'JULY', 'AUGUST', 'OCTOBER', 'DECEMBER'],
  },
  { dates: { from: 24, to: 30 }, months: ['APRIL', 'JUNE', 'SEPTEMBER', 'NOVEMBER'] },
  ...[2024, 2025, 2026, 2027].map((from) => ({
    dates: from % 4 === 0 ? { from: 23, to: 29 } : { from: 22, to: 28 },
    months: ['FEBRUARY'] as const,
    years: { from, to: from + 72, step: 4 },
  })),
];

/** Without a section `schedules:` a system that can be recovered has a button for a drill, and nothing else. */
export function wantedSchedules(name: string, system: System): WantedSchedule[] {
  const kept = primaryDatastores(system);
  const hasDrill = kept.length > 0 || system.drill !== undefined;
  const { backup: backups, verify, check, drill: rehearsal, runbooks } = system.schedules ?? {};
  return [
    ...(backups && kept.length > 0 ? [backupSchedule(name, backups)] : []),
    ...(verify ? kept.map((datastore) => verifySchedule(name, datastore, verify)) : []),
    ...(check ? [checkSchedule(name, check.every)] : []),
    ...canarySchedules(name, system),
    ...(hasDrill ? [drillSchedule(name, rehearsal)] : []),
    ...(runbooks === undefined
      ? []
      : [...runbookSchedules(name, runbooks), scheduledSchedule(name)]),
  ];
}

function backupSchedule(
  system: string,
  { at, zone }: { at: readonly string[]; zone?: string },
): WantedSchedule {
  return {
    ...named(`backup/${system}`, system, backup.type),
    at: at.flatMap((time) => timesOf({ at: time })),
    ...inZone(zone),
    // One that is late because the one before took long is still a backup.
    overlap: 'BUFFER_ONE',
    catchupMs: 10 * MINUTE_MS,
  };
}

function verifySchedule(system: string, datastore: string, when: DayAndTime): WantedSchedule {
  return {
    ...named(`verify/${system}/${datastore}`, system, verifyBackup.type),
    input: { system, datastore },
    at: timesOf(when),
    ...inZone(when.zone),
    catchupMs: CATCH_UP_MS,
  };
}

function checkSchedule(system: string, everyMs: number): WantedSchedule {
  return { ...named(`check/${system}`, system, 'checkRecovery'), everyMs };
}

/** All canary records of a system are written at one interval, the smallest that a datastore asks for. */
function canarySchedules(name: string, { datastores = {} }: System): WantedSchedule[] {
  const intervals = Object.values(datastores).flatMap(
    ({ recoveryPoint }) => recoveryPoint?.canary?.interval ?? [],
  );
  if (intervals.length === 0) return [];
  return [{ ...named(`canary/${name}`, name, 'writeCanary'), everyMs: Math.min(...intervals) }];
}

/** Without times only a person triggers a drill; a lease that is held refuses it. */
function drillSchedule(system: string, when: DayAndTime | undefined): WantedSchedule {
  const button = {
    ...named(`drill/${system}`, system, drill.type),
    overlap: 'ALLOW_ALL',
  } as const;
  if (when === undefined) return button;
  return { ...button, at: timesOf(when), ...inZone(when.zone), catchupMs: CATCH_UP_MS };
}

/** One that is still open is not started again; what waits too long, or was missed, `checkScheduled` tells. */
function runbookSchedules(
  system: string,
  runbooks: Readonly<Record<string, ScheduledRunbook>>,
): WantedSchedule[] {
  return Object.entries(runbooks).map(([runbook, { inputs, ...when }]) => ({
    ...named(runbookOfSteps.id({ system, runbook }), system, runbookOfSteps.type),
    input: { system, runbook, ...(inputs !== undefined && { inputs }) },
    at: timesOf(when),
    ...inZone(when.zone),
    catchupMs: CATCH_UP_MS,
  }));
}

function scheduledSchedule(system: string): WantedSchedule {
  const id = `scheduled/${system}`;
  return { ...named(id, system, 'checkScheduled'), everyMs: 15 * MINUTE_MS };
}

/** Never by itself, and never twice at once. */
function named(id: string, system: string, workflowType: string): WantedSchedule {
  return {
    ...{ id, system, workflowType, workflowId: id, input: { system } },
    ...{ at: [], everyMs: null, overlap: 'SKIP', catchupMs: MINUTE_MS },
  };
}

function timesOf({ at, on, months }: Omit<DayAndTime, 'zone'>): WantedTimes[] {
  const [hour = '0', minute = '0'] = at.split(':');
  const inMonths = months && MONTHS.filter((one) => months.includes(one)).map(asTemporal);
  return daysOf(on).flatMap((days) => {
    const both = inMonths?.filter((one) => days.months?.includes(one) ?? true) ?? days.months;
    if (both?.length === 0) return [];
    const time = { hour: Number(hour), minute: Number(minute), ...days };
    return [{ ...time, ...(both !== undefined && { months: both }) }];
  });
}

function daysOf(on: DayAndTime['on']): Omit<WantedTimes, 'hour' | 'minute'>[] {
  if (typeof on === 'number') return [{ day: null, dates: { from: on, to: on } }];
  const [name, week] = (on ?? '').split(' ').reverse();
  const day = Object.entries(DAYS).find(([one]) => one === name)?.[1] ?? null;
  if (week === LAST) return LENGTHS.map((length) => ({ day, ...length }));
  const at = WEEKS.findIndex((one) => one === week);
  return [{ day, ...(at >= 0 && { dates: { from: 7 * at + 1, to: 7 * at + 7 } }) }];
}

/** UTC is what Temporal means when nothing is said. */
function inZone(zone: string | undefined): Pick<WantedSchedule, 'zone'> {
  return zone === undefined || zone === 'UTC' ? {} : { zone };
}
