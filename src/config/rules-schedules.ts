// What the section `schedules:` must be to itself and to the datastores, and whether backups come often enough for what
// may be lost.
import type { Datastore } from './datastores.ts';
import { durationText } from './duration-text.ts';
import type { Remark } from './rules.ts';
import type { Schedules } from './schedules.ts';
import { shown } from './wording.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `kept`: is there a primary datastore? */
export function scheduleRemarks(schedules: Schedules, kept: boolean): Remark[] {
  return [
    ...(kept ? [] : nothingKept(schedules)),
    ...twice(schedules.backup?.at ?? []),
    ...tooOften(schedules.check?.every),
  ];
}

/** The longest time between two backups, and how long one takes, have to fit into what may be lost. */
export function rpoRemarks(store: Datastore, schedules: Schedules | undefined): Remark[] {
  const { duration, interval, rpo } = store.backup;
  // A derived datastore is on no schedule.
  const times = store.role === 'primary' ? (schedules?.backup?.at ?? []) : [];
  const longest = longestGap(times);
  const between = longest?.ms ?? interval;
  const sum = between + duration;
  if (sum <= rpo) return [];
  const from = longest === undefined ? 'interval' : `schedules.backup, ${longest.words}`;
  const message =
    `${spoken(between)} between backups (${from}) and ${spoken(duration)} for one (duration) are ${spoken(sum)}, ` +
    `and at most ${spoken(rpo)} may be lost (rpo); back up more often, or say that more may be lost`;
  return [{ path: ['backup', 'rpo'], message }];
}

/** Undefined when there are no times. */
function longestGap(times: readonly string[]): { ms: number; words: string } | undefined {
  const sorted = [...new Set(times)].sort();
  const [first] = sorted;
  if (first === undefined) return undefined;
  const gaps = sorted.map((from, index) => {
    const next = sorted[index + 1];
    const to = next ?? first;
    return { ms: minuteOf(to) - minuteOf(from) + (next === undefined ? DAY_MS : 0), from, to };
  });
  const longest = gaps.reduce((one, other) => (other.ms > one.ms ? other : one));
  return { ms: longest.ms, words: `${longest.from} to ${longest.to}` };
}

function minuteOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
}

function nothingKept(schedules: Schedules): Remark[] {
  return (['backup', 'verify'] as const)
    .filter((name) => schedules[name] !== undefined)
    .map((name) => ({
      path: [name],
      message:
        'has nothing to work on: the system declares no primary datastore; declare one in datastores, or remove it',
    }));
}

function twice(times: readonly string[]): Remark[] {
  return times.flatMap((time, index) => {
    if (times.indexOf(time) === index) return [];
    const message = `${shown(time)} is there twice; name each time once`;
    return [{ path: ['backup', 'at', index], message }];
  });
}

function tooOften(every: number | undefined): Remark[] {
  if (every === undefined || (every >= MINUTE_MS && every % 1000 === 0)) return [];
  const message = `${durationText(every)} is not allowed; write a minute or more, in whole seconds`;
  return [{ path: ['check', 'every'], message }];
}

/** `24h 10m`: sums are read in the units that they were written in. */
function spoken(ms: number): string {
  const hours = Math.floor(ms / HOUR_MS);
  const rest = ms - hours * HOUR_MS;
  if (hours === 0 || (rest === 0 && ms > 2 * DAY_MS)) return durationText(ms);
  return rest === 0 ? `${hours}h` : `${hours}h ${durationText(rest)}`;
}
