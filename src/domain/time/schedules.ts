// Schedules as data: those that a system file asks for (runbooks/schedules.ts works them out) are answered by a worker
// (activities/inspect.ts), and `fairlead schedules sync` makes Temporal's match. Pure.
import { digestOf } from '../digest.ts';
import { isRecord, textAt } from '../json.ts';
import type { MONTHS } from './on-day.ts';

/** As Temporal has them. */
export type Weekday =
  'SUNDAY' | 'MONDAY' | 'TUESDAY' | 'WEDNESDAY' | 'THURSDAY' | 'FRIDAY' | 'SATURDAY';

export type Month = Uppercase<(typeof MONTHS)[number]>;

/** Times of day, on all days that everything here says. */
export interface WantedTimes {
  hour: number;
  minute: number;
  /** Null for every day. */
  day: Weekday | null;
  dates?: { from: number; to: number };
  /** Without it every month. */
  months?: readonly Month[];
  /** `from`, and each one that is `step` years after it, to `to`; without it every year. */
  years?: { from: number; to: number; step: number };
}

export interface WantedSchedule {
  id: string;
  /** The system that asks for it; null for a schedule that is there once for all systems. */
  system: string | null;
  workflowType: string;
  /** Temporal adds the time of each start. */
  workflowId: string;
  input: Record<string, string | Readonly<Record<string, string | number | boolean>>>;
  at: WantedTimes[];
  /** Whose clocks say the times; absent for UTC. */
  zone?: string;
  everyMs: number | null;
  overlap: 'SKIP' | 'BUFFER_ONE' | 'ALLOW_ALL';
  /** A start that was missed for longer than this (ms), while Temporal was down, is not made up for. */
  catchupMs: number;
}

/** What a worker has system files for, and the schedules that these ask for. */
export interface WantedSchedules {
  schema: 'fairlead/wanted-schedules/v1';
  /** The systems whose files could be read. */
  systems: string[];
  wanted: WantedSchedule[];
  /** Systems whose files could not be read, and why: their schedules are left as they are. */
  broken: { system: string; message: string }[];
}

export const MINUTE_MS = 60_000;

/** A start that people or proofs wait for is made up for after an outage of at most an hour. */
export const CATCH_UP_MS = 60 * MINUTE_MS;

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

/** Digest of a wanted schedule; each run that it starts carries it, and so says which wording of the file started it. */
export function scheduleDigest(wanted: WantedSchedule): string {
  return digestOf(wanted);
}

/** Whose a schedule is: Fairlead's mark in its memo. */
export interface ScheduleMark {
  system: string | null;
  taskQueue: string;
}

/** Null for a schedule that somebody else made. */
export function markIn(memo: unknown): ScheduleMark | null {
  const mark = isRecord(memo) ? memo['fairlead'] : undefined;
  const taskQueue = textAt(mark, 'taskQueue');
  if (taskQueue === undefined) return null;
  return { system: textAt(mark, 'system') ?? null, taskQueue };
}

/** The note that `schedules sync` leaves with a schedule. */
export const OWN_NOTE =
  'Kept by "fairlead schedules sync": edits are put back, a pause and a note are kept.';

/** The note that a person left; null for none, and for Fairlead's own. */
export function noteIn(note: string | undefined): string | null {
  return note === undefined || note === '' || note === OWN_NOTE ? null : note;
}
