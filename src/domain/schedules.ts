// The schedules that a system file asks for, as data. A worker answers them (activities/inspect.ts), and
// `fairlead schedules sync` makes Temporal's match. Pure.
import type { System } from '../config/system.ts';
import { digestOf } from './digest.ts';
import { primaryDatastores } from './operation.ts';

/** As system files have them, and as Temporal does. */
const DAYS = {
  sunday: 'SUNDAY',
  monday: 'MONDAY',
  tuesday: 'TUESDAY',
  wednesday: 'WEDNESDAY',
  thursday: 'THURSDAY',
  friday: 'FRIDAY',
  saturday: 'SATURDAY',
} as const;
type Day = keyof typeof DAYS;

export interface WantedSchedule {
  id: string;
  /** Null for what is there once for all of them. */
  system: string | null;
  workflowType: string;
  /** Temporal adds the time of each start. */
  workflowId: string;
  input: Record<string, string>;
  /** UTC; without a day, every day. */
  at: { hour: number; minute: number; day: (typeof DAYS)[Day] | null }[];
  everyMs: number | null;
  overlap: 'SKIP' | 'BUFFER_ONE' | 'ALLOW_ALL';
  /** What was missed for longer, while Temporal was down, is not made up for. */
  catchupMs: number;
}

/** What a worker has system files for, and the schedules that these ask for. */
export interface WantedSchedules {
  schema: 'fairlead/wanted-schedules/v1';
  /** Every one that could be read. */
  systems: string[];
  wanted: WantedSchedule[];
  /** Their schedules are nobody's to change until the file is mended. */
  broken: { system: string; message: string }[];
}

const MINUTE_MS = 60_000;

/** The task queue that is meant when nobody names one. */
const USUAL_TASK_QUEUE = 'fairlead';

/** Removes what terminated runs left, of all systems: one for the workers of a task queue, always there. */
export function janitorSchedule(taskQueue: string): WantedSchedule {
  const id = taskQueue === USUAL_TASK_QUEUE ? 'janitor' : `janitor/${taskQueue}`;
  return {
    ...{ id, system: null, workflowType: 'janitor', workflowId: id, input: {} },
    ...{ at: [], everyMs: 15 * MINUTE_MS, overlap: 'SKIP', catchupMs: MINUTE_MS },
  };
}

/** Without a section `schedules:` a system that can be recovered has a button for a drill, and nothing else. */
export function wantedSchedules(name: string, system: System): WantedSchedule[] {
  const kept = primaryDatastores(system);
  const hasDrill = kept.length > 0 || system.drill !== undefined;
  const { backup, verify, check } = system.schedules ?? {};
  return [
    ...(backup && kept.length > 0 ? [backupSchedule(name, backup.at)] : []),
    ...(verify ? kept.map((datastore) => verifySchedule(name, datastore, verify)) : []),
    ...(check ? [checkSchedule(name, check.every)] : []),
    ...canarySchedules(name, system),
    ...(hasDrill ? [drillButton(name)] : []),
  ];
}

function backupSchedule(system: string, times: readonly string[]): WantedSchedule {
  return {
    ...named(`backup/${system}`, system, 'backup'),
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
    ...named(`verify/${system}/${datastore}`, system, 'verifyBackup'),
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

/** Nothing starts it but a person; the lease refuses politely. */
function drillButton(system: string): WantedSchedule {
  return { ...named(`drill/${system}`, system, 'disasterRecovery'), overlap: 'ALLOW_ALL' };
}

/** Never by itself, and never twice at once. */
function named(id: string, system: string, workflowType: string): WantedSchedule {
  return {
    ...{ id, system, workflowType, workflowId: id, input: { system } },
    ...{ at: [], everyMs: null, overlap: 'SKIP', catchupMs: MINUTE_MS },
  };
}

/** Goes with what is started, so that it is known which wording of the file started it. */
export function scheduleDigest(wanted: WantedSchedule): string {
  return digestOf(wanted);
}

function momentOf(
  time: string,
  day: WantedSchedule['at'][number]['day'],
): WantedSchedule['at'][number] {
  const [hour = '0', minute = '0'] = time.split(':');
  return { hour: Number(hour), minute: Number(minute), day };
}
