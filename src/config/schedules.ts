// The section `schedules:` of a system file: when a system is backed up, its backups are proved, a recovery is rehearsed, and
// all of it is checked. Times are UTC where no zone is named. `fairlead schedules sync` makes Temporal's schedules match (runbooks/schedules.ts).
import { z } from 'zod';
import type { Datastore } from './datastores.ts';
import { durationText } from '../domain/text/duration-text.ts';
import { shown } from './reading/wording.ts';
import { isZone, localDays, oddDays } from '../domain/time/wall-clock.ts';
import { remarksIn, repeatsIn, under, type Remark } from './remark.ts';
import { someTime, text } from './terms.ts';
import { zone as zoneName, zoneRemarks } from './time/changes.ts';

const timeOfDay = text(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 02:00');
const zone = z.exactOptional(zoneName).meta({
  meaning: 'Whose clocks say so; without it UTC.',
  example: 'Europe/Berlin',
});
const ON =
  /^(?:(?:first|second|third|fourth) )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)$/;
const ON_ALLOWED =
  "a day of the week such as sunday, one of a month such as 'first monday' (to fourth), or a date from 1 to 28";
export const on = z.exactOptional(
  z.union([z.string().regex(ON, ON_ALLOWED), z.number().int().min(1).max(28)]).meta({
    description: ON_ALLOWED,
    meaning: 'On which day; without it every day.',
    example: 'first monday',
  }),
);
const at = timeOfDay.meta({ meaning: 'The time of day.', example: '04:00' });
const dayAndTime = z.strictObject({ on, at, zone });
export type DayAndTime = z.output<typeof dayAndTime>;

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
});

export type Schedules = z.output<typeof schedulesSchema>;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `kept`: is there a primary datastore? */
export function scheduleRemarks(
  { backup, verify, drill, check }: Schedules,
  kept: boolean,
  now = Date.now(),
): Remark[] {
  const times = backup?.at ?? [];
  const every = check?.every ?? MINUTE_MS;
  const idle =
    'has nothing to work on: the system declares no primary datastore; declare one in datastores, or remove it';
  return [
    ...remarksIn([
      [!kept && backup !== undefined, ['backup'], idle],
      [!kept && verify !== undefined, ['verify'], idle],
      [!kept && drill !== undefined, ['drill'], idle],
    ]),
    ...times.flatMap((time, index) =>
      clockRemarks(['backup', 'at', index], { at: time, zone: backup?.zone }, now),
    ),
    ...zoneOf('backup', backup),
    ...Object.entries({ verify, drill }).flatMap(([name, one]) => [
      ...zoneOf(name, one),
      ...(one === undefined ? [] : clockRemarks([name, 'at'], one, now)),
    ]),
    ...repeatsIn(times).map((index) => ({
      path: ['backup', 'at', index],
      message: `${shown(times[index])} is there twice; name each time once`,
    })),
    ...remarksIn([
      [
        every < MINUTE_MS || every % 1000 !== 0,
        ['check', 'every'],
        `${durationText(every)} is not allowed; write a minute or more, in whole seconds`,
      ],
    ]),
  ];
}

function zoneOf(name: string, one: { zone?: string } | undefined): Remark[] {
  return one?.zone === undefined ? [] : under([name], zoneRemarks(one.zone));
}

/** Temporal leaves out a time that a change of clocks skips, and starts twice at one that comes twice. */
function clockRemarks(
  path: Remark['path'],
  { at, on, zone: named }: { at: string; on?: DayAndTime['on']; zone?: string | undefined },
  now: number,
): Remark[] {
  if (named === undefined || !isZone(named)) return [];
  const day = oddDays(named, at, { from: now, to: now + 2 * 366 * DAY_MS }).find(
    ({ weekday, date }) =>
      on === undefined ||
      (typeof on === 'number' ? Number(date.slice(8)) === on : on.split(' ').at(-1) === weekday),
  );
  if (day === undefined) return [];
  const message = `${shown(at)} is skipped or comes twice in ${named} when clocks change, next on ${day.date}; take a time that every day has once`;
  return [{ path, message }];
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
