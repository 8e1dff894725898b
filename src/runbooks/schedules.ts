// Which schedules a system file asks for: of runbooks, of checks and of heartbeats.
import type { DayAndTime } from '../config/schedules.ts';
import type { System } from '../config/system.ts';
import { primaryDatastores } from '../domain/operation/operation.ts';
import { MINUTE_MS, type WantedSchedule, type Weekday } from '../domain/time/schedules.ts';
import { backup } from './backup.ts';
import { drill } from './drill.ts';
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

/** `first monday` is the monday among the first seven days of a month. */
const WEEKS = { first: 1, second: 8, third: 15, fourth: 22 } as const;

/** Without a section `schedules:` a system that can be recovered has a button for a drill, and nothing else. */
export function wantedSchedules(name: string, system: System): WantedSchedule[] {
  const kept = primaryDatastores(system);
  const hasDrill = kept.length > 0 || system.drill !== undefined;
  const { backup: backups, verify, check, drill: rehearsal } = system.schedules ?? {};
  return [
    ...(backups && kept.length > 0 ? [backupSchedule(name, backups)] : []),
    ...(verify ? kept.map((datastore) => verifySchedule(name, datastore, verify)) : []),
    ...(check ? [checkSchedule(name, check.every)] : []),
    ...canarySchedules(name, system),
    ...(hasDrill ? [drillSchedule(name, rehearsal)] : []),
  ];
}

function backupSchedule(
  system: string,
  { at, zone }: { at: readonly string[]; zone?: string },
): WantedSchedule {
  return {
    ...named(`backup/${system}`, system, backup.type),
    at: at.map((time) => momentOf(time)),
    ...inZone(zone),
    // One that is late because the one before took long is still a backup.
    overlap: 'BUFFER_ONE',
    catchupMs: 10 * MINUTE_MS,
  };
}

function verifySchedule(
  system: string,
  datastore: string,
  { at, on, zone }: DayAndTime,
): WantedSchedule {
  return {
    ...named(`verify/${system}/${datastore}`, system, verifyBackup.type),
    input: { system, datastore },
    at: [momentOf(at, on)],
    ...inZone(zone),
    catchupMs: 60 * MINUTE_MS,
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
  const { at, on, zone } = when;
  return { ...button, at: [momentOf(at, on)], ...inZone(zone), catchupMs: 60 * MINUTE_MS };
}

/** Never by itself, and never twice at once. */
function named(id: string, system: string, workflowType: string): WantedSchedule {
  return {
    ...{ id, system, workflowType, workflowId: id, input: { system } },
    ...{ at: [], everyMs: null, overlap: 'SKIP', catchupMs: MINUTE_MS },
  };
}

function momentOf(time: string, on?: DayAndTime['on']): WantedSchedule['at'][number] {
  const [hour = '0', minute = '0'] = time.split(':');
  return { hour: Number(hour), minute: Number(minute), ...dayOf(on) };
}

function dayOf(on: DayAndTime['on']): Pick<WantedSchedule['at'][number], 'day' | 'dates'> {
  if (typeof on === 'number') return { day: null, dates: { from: on, to: on } };
  const [name, week] = (on ?? '').split(' ').reverse();
  const day = Object.entries(DAYS).find(([one]) => one === name)?.[1] ?? null;
  const from = Object.entries(WEEKS).find(([one]) => one === week)?.[1];
  return { day, ...(from !== undefined && { dates: { from, to: from + 6 } }) };
}

/** UTC is what Temporal means when nothing is said. */
function inZone(zone: string | undefined): Pick<WantedSchedule, 'zone'> {
  return zone === undefined || zone === 'UTC' ? {} : { zone };
}
