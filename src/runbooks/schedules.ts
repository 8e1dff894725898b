// Which schedules a system file asks for: of runbooks, of checks and of heartbeats.
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
type Day = keyof typeof DAYS;

/** Without a section `schedules:` a system that can be recovered has a button for a drill, and nothing else. */
export function wantedSchedules(name: string, system: System): WantedSchedule[] {
  const kept = primaryDatastores(system);
  const hasDrill = kept.length > 0 || system.drill !== undefined;
  const { backup: backups, verify, check } = system.schedules ?? {};
  return [
    ...(backups && kept.length > 0 ? [backupSchedule(name, backups.at)] : []),
    ...(verify ? kept.map((datastore) => verifySchedule(name, datastore, verify)) : []),
    ...(check ? [checkSchedule(name, check.every)] : []),
    ...canarySchedules(name, system),
    ...(hasDrill ? [drillButton(name)] : []),
  ];
}

function backupSchedule(system: string, times: readonly string[]): WantedSchedule {
  return {
    ...named(`backup/${system}`, system, backup.type),
    at: times.map((time) => momentOf(time, null)),
    // One that is late because the one before took long is still a backup.
    overlap: 'BUFFER_ONE',
    catchupMs: 10 * MINUTE_MS,
  };
}

function verifySchedule(
  system: string,
  datastore: string,
  { at, on }: { at: string; on?: Day },
): WantedSchedule {
  return {
    ...named(`verify/${system}/${datastore}`, system, verifyBackup.type),
    input: { system, datastore },
    at: [momentOf(at, on === undefined ? null : DAYS[on])],
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

/** A schedule without times: only a person triggers a drill, and a lease that is held refuses it. */
function drillButton(system: string): WantedSchedule {
  return { ...named(`drill/${system}`, system, drill.type), overlap: 'ALLOW_ALL' };
}

/** Never by itself, and never twice at once. */
function named(id: string, system: string, workflowType: string): WantedSchedule {
  return {
    ...{ id, system, workflowType, workflowId: id, input: { system } },
    ...{ at: [], everyMs: null, overlap: 'SKIP', catchupMs: MINUTE_MS },
  };
}

function momentOf(time: string, day: Weekday | null): WantedSchedule['at'][number] {
  const [hour = '0', minute = '0'] = time.split(':');
  return { hour: Number(hour), minute: Number(minute), day };
}
