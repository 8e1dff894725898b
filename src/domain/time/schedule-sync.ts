// Compares the schedules that system files ask for with those that Temporal has, and says what to do about each: which
// is all that `schedules sync --dry-run` does. Pure.
import { canonicalJson } from '../digest.ts';
import {
  scheduleDigest,
  type ScheduleMark,
  type WantedSchedule,
  type WantedSchedules,
  type WantedTimes,
} from './schedules.ts';

/** A schedule as Temporal has it. */
export interface FoundSchedule {
  id: string;
  /** Fairlead's mark in its memo; null for a schedule that somebody else made. */
  ours: ScheduleMark | null;
  /** Digest of the wanted schedule that it was last made from; null when whoever edited it dropped that. */
  digest: string | null;
  facets: Facets;
}

/** What a schedule is, in four canonical texts that can be compared. */
export interface Facets {
  times: string;
  starts: string;
  overlap: string;
  'catch-up': string;
}

export type SyncAction =
  | { do: 'create' | 'keep'; id: string; wanted: WantedSchedule }
  | { do: 'update'; id: string; wanted: WantedSchedule; why: string }
  | { do: 'remove' | 'leave' | 'foreign'; id: string; why: string };

export interface SyncInput {
  answer: WantedSchedules;
  /** Schedules that Temporal has: those of wanted names, and every one with our mark. */
  found: readonly FoundSchedule[];
  taskQueue: string;
  /** The system whose schedules are looked at; null for all systems. */
  only: string | null;
}

export function planSync({ answer, found, taskQueue, only }: SyncInput): SyncAction[] {
  const there = new Map(found.map((one) => [one.id, one]));
  const wanted = answer.wanted.map((one) => decide(one, there.get(one.id), taskQueue));
  const ids = new Set(answer.wanted.map(({ id }) => id));
  const strays = found.flatMap((one) => {
    if (one.ours?.taskQueue !== taskQueue || ids.has(one.id)) return [];
    return isAbout(one.ours.system, only) ? [stray(one, one.ours.system, answer)] : [];
  });
  return [...wanted, ...strays].sort((one, other) => (one.id < other.id ? -1 : 1));
}

function isAbout(system: string | null, only: string | null): boolean {
  return only === null || system === only;
}

function decide(
  wanted: WantedSchedule,
  found: FoundSchedule | undefined,
  taskQueue: string,
): SyncAction {
  const { id } = wanted;
  if (found === undefined) return { do: 'create', id, wanted };
  if (found.ours === null) {
    const why =
      'somebody else made a schedule of this name; delete or rename that one, then sync again';
    return { do: 'foreign', id, why };
  }
  if (found.ours.taskQueue !== taskQueue) {
    const why = `it belongs to the Fairlead on the task queue "${found.ours.taskQueue}"; sync there, or delete it`;
    return { do: 'foreign', id, why };
  }
  const differs = differences(wantedFacets(wanted, taskQueue), found.facets);
  const isOld = found.digest !== null && found.digest !== scheduleDigest(wanted);
  if (differs.length === 0) return { do: 'keep', id, wanted };
  const what = differs.join(', ');
  const why = isOld
    ? `the system file has changed: ${what}`
    : `edited by hand, and put back: ${what}`;
  return { do: 'update', id, wanted, why };
}

function stray({ id }: FoundSchedule, system: string | null, answer: WantedSchedules): SyncAction {
  const broken = answer.broken.find((one) => one.system === system);
  if (broken !== undefined) {
    return { do: 'leave', id, why: `the system file of ${broken.system} cannot be read` };
  }
  const has = system !== null && answer.systems.includes(system);
  const why = has
    ? `${system} does not ask for it any more`
    : `there is no system ${system ?? 'for it'} any more`;
  return { do: 'remove', id, why };
}

function differences(wanted: Facets, found: Facets): string[] {
  return (['times', 'starts', 'overlap', 'catch-up'] as const).filter(
    (facet) => wanted[facet] !== found[facet],
  );
}

/** A calendar as Temporal describes one: ranges of numbers and names. */
export interface Calendar {
  second: ScheduleRange[];
  minute: ScheduleRange[];
  hour: ScheduleRange[];
  dayOfMonth: ScheduleRange[];
  month: ScheduleRange[];
  year: ScheduleRange[];
  dayOfWeek: ScheduleRange[];
}
export interface ScheduleRange {
  start: number | string;
  end: number | string;
  step: number;
}

export interface TimesInput {
  calendars: Calendar[];
  intervals: { every: number; offset: number }[];
  /** Settings that narrow or move the times otherwise, as a text; null unless somebody set one. */
  other: string | null;
}

/** Times as one text that can be compared, whatever the order in which they were written. */
export function timesText({ calendars, intervals, other }: TimesInput): string {
  const sorted = [...calendars, ...intervals].map((one) => canonicalJson(one)).sort();
  return canonicalJson({ times: sorted, other });
}

export function startsText(action: {
  workflowType: string;
  workflowId: string;
  taskQueue: string;
  args: unknown[];
}): string {
  return canonicalJson(action);
}

function wantedFacets(wanted: WantedSchedule, taskQueue: string): Facets {
  const { at, zone, everyMs, workflowType, workflowId, input, overlap, catchupMs } = wanted;
  return {
    times: timesText({
      calendars: at.map(calendarOf),
      intervals: everyMs === null ? [] : [{ every: everyMs, offset: 0 }],
      other: zone === undefined ? null : canonicalJson({ timezone: zone }),
    }),
    starts: startsText({ workflowType, workflowId, taskQueue, args: [input] }),
    overlap,
    'catch-up': String(catchupMs),
  };
}

function calendarOf({ hour, minute, day, dates, months, years }: WantedTimes): Calendar {
  const only = (value: number | string): ScheduleRange[] => [{ start: value, end: value, step: 1 }];
  const all = (start: number | string, end: number | string): ScheduleRange[] => [
    { start, end, step: 1 },
  ];
  return {
    second: only(0),
    minute: only(minute),
    hour: only(hour),
    dayOfMonth: dates === undefined ? all(1, 31) : all(dates.from, dates.to),
    month: months?.flatMap((one) => only(one)) ?? all('JANUARY', 'DECEMBER'),
    year: years === undefined ? [] : [{ start: years.from, end: years.to, step: years.step }],
    dayOfWeek: day === null ? all('SUNDAY', 'SATURDAY') : only(day),
  };
}
