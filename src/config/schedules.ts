// The section `schedules:` of a system file: when a system is backed up, its backups are proved, a recovery is rehearsed, and
// all of it is checked. Times are UTC where no zone is named. `fairlead schedules sync` makes Temporal's schedules match (runbooks/schedules.ts).
import { z } from 'zod';
import type { Datastore } from './datastores.ts';
import { durationText } from '../domain/text/duration-text.ts';
import { shown } from './reading/wording.ts';
import { isZone, localDays } from '../domain/time/wall-clock.ts';
import { remarksIn, repeatsIn, under, type Remark } from './remark.ts';
import { name, someTime } from './terms.ts';
import { zoneRemarks } from './time/changes.ts';
import { clockRemarks, dayAndTime, dayRemarks, timeOfDay, tooLong, zone } from './time/days.ts';

const scheduledRunbook = dayAndTime.extend({
  within: z.exactOptional(someTime).meta({
    meaning:
      'How long it may be open before people are told that it is not done; without it 1 day.',
    example: '2d',
  }),
  inputs: z
    .exactOptional(z.record(name, z.union([z.string(), z.number(), z.boolean()])))
    .meta({ meaning: 'The inputs that it is given, by name.', example: { days: 30 } }),
});
export type ScheduledRunbook = z.output<typeof scheduledRunbook>;

export const schedulesSchema = z.strictObject({
  backup: z
    .exactOptional(
      z.strictObject({
        at: z
          .array(timeOfDay)
          .min(1)
          .max(24)
          .meta({
            description: 'a list of 1 to 24 times of day such as 02:00',
            meaning: 'When every primary datastore is backed up.',
            example: ['02:00', '14:00'],
          }),
        zone,
      }),
    )
    .meta({ meaning: 'When backups are made.' }),
  verify: z
    .exactOptional(dayAndTime)
    .meta({ meaning: 'When the newest backup of each primary datastore is restored and judged.' }),
  drill: z
    .exactOptional(dayAndTime)
    .meta({ meaning: 'When a recovery is rehearsed; without it when somebody asks.' }),
  check: z
    .exactOptional(
      z.strictObject({
        every: someTime.meta({ meaning: 'A minute or more, in whole seconds.', example: '1h' }),
      }),
    )
    .meta({
      meaning:
        'How often it is checked whether each backup is young enough, and the system proved recoverable.',
    }),
  runbooks: z.exactOptional(z.record(name, scheduledRunbook)).meta({
    meaning:
      'Runbooks of steps by name, and when each is started; what is missed or left open is told.',
  }),
});

export type Schedules = z.output<typeof schedulesSchema>;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `kept`: is there a primary datastore? */
export function scheduleRemarks(
  { backup, verify, drill, check, runbooks = {} }: Schedules,
  kept: boolean,
  now = Date.now(),
): Remark[] {
  const every = check?.every ?? MINUTE_MS;
  const idle =
    'has nothing to work on: the system declares no primary datastore; declare one in datastores, or remove it';
  return [
    ...remarksIn([
      [!kept && backup !== undefined, ['backup'], idle],
      [!kept && verify !== undefined, ['verify'], idle],
      [!kept && drill !== undefined, ['drill'], idle],
    ]),
    ...(backup === undefined ? [] : under(['backup'], backupRemarks(backup, now))),
    ...Object.entries({ verify, drill }).flatMap(([called, one]) =>
      one === undefined ? [] : under([called], dayRemarks(one, now)),
    ),
    ...Object.entries(runbooks).flatMap(([called, one]) => {
      const within = tooLong(one.within);
      return under(
        ['runbooks', called],
        [
          ...dayRemarks(one, now),
          ...(within === undefined ? [] : [{ path: ['within'], message: within }]),
        ],
      );
    }),
    ...remarksIn([
      [
        every < MINUTE_MS || every % 1000 !== 0,
        ['check', 'every'],
        `${durationText(every)} is not allowed; write a minute or more, in whole seconds`,
      ],
    ]),
  ];
}

function backupRemarks(
  { at: times, zone: named }: NonNullable<Schedules['backup']>,
  now: number,
): Remark[] {
  return [
    ...times.flatMap((at, index) =>
      clockRemarks(['at', index], { at, ...(named !== undefined && { zone: named }) }, now),
    ),
    ...(named === undefined ? [] : zoneRemarks(named)),
    ...repeatsIn(times).map((index) => ({
      path: ['at', index],
      message: `${shown(times[index])} is there twice; name each time once`,
    })),
  ];
}

/**
 * The longest time between two backups, and how long one takes, have to fit into what may be lost. `wrote`: whether a
 * key of `backup` is written, and no default.
 */
export function rpoRemarks(
  store: Datastore,
  schedules: Schedules | undefined,
  wrote: (key: string) => boolean,
): Remark[] {
  const { duration, interval, rpo } = store.backup;
  // A derived datastore is on no schedule.
  const { at = [], zone: named } = (store.role === 'primary' && schedules?.backup) || {};
  const longest = longestGap(at, named);
  const between = longest?.ms ?? interval;
  const sum = between + duration;
  if (sum <= rpo) return [];
  const called = (key: string): string => (wrote(key) ? key : `${key}, by default`);
  const from = longest === undefined ? called('interval') : `schedules.backup, ${longest.words}`;
  const message =
    `${spoken(between)} between backups (${from}) and ${spoken(duration)} for one (${called('duration')}) are ${spoken(sum)}, ` +
    `and at most ${spoken(rpo)} may be lost (rpo); back up more often, or say that more may be lost`;
  return [{ path: ['backup', 'rpo'], message }];
}

/** Undefined when there are no times. */
function longestGap(
  times: readonly string[],
  named?: string,
): { ms: number; words: string } | undefined {
  const sorted = [...new Set(times)].sort();
  const [first] = sorted;
  if (first === undefined) return undefined;
  const gaps = sorted.map((from, index) => {
    const next = sorted[index + 1];
    const to = next ?? first;
    return { ms: minuteOf(to) - minuteOf(from) + (next === undefined ? DAY_MS : 0), from, to };
  });
  const longest = gaps.reduce((one, other) => (other.ms > one.ms ? other : one));
  const words = `${longest.from} to ${longest.to}`;
  if (named === undefined || !isZone(named)) return { ms: longest.ms, words };
  return { ms: longestOnWalls(sorted, named), words: `${words} ${named}` };
}

/** With the day on which clocks are put back. */
function longestOnWalls(times: readonly string[], named: string): number {
  const now = Date.now();
  const moments = [...localDays(named, now, now + 366 * DAY_MS)].flatMap((day) =>
    times.map((time) => day.at(time)),
  );
  return Math.max(...moments.slice(1).map((to, index) => to - (moments[index] ?? to)));
}

function minuteOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
}

/** `24h 10m`: sums are read in the units that they were written in. */
function spoken(ms: number): string {
  const hours = Math.floor(ms / HOUR_MS);
  const rest = ms - hours * HOUR_MS;
  if (hours === 0 || (rest === 0 && ms > 2 * DAY_MS)) return durationText(ms);
  return rest === 0 ? `${hours}h` : `${hours}h ${durationText(rest)}`;
}
