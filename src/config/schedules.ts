// The section `schedules:` of a system file: when a system is backed up, its backups are proved, and both are checked.
// Times are UTC. `fairlead schedules sync` makes Temporal's schedules match (runbooks/schedules.ts).
import { z } from 'zod';
import type { Datastore } from './datastores.ts';
import { durationText } from '../domain/text/duration-text.ts';
import { shown } from './reading/wording.ts';
import { remarksIn, repeatsIn, type Remark } from './remark.ts';
import { someTime, text } from './terms.ts';

const timeOfDay = text(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in UTC such as 02:00');
const day = z.enum(['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']);

export const schedulesSchema = z.strictObject({
  backup: z
    .exactOptional(
      z.strictObject({
        at: z
          .array(timeOfDay)
          .min(1)
          .max(24)
          .meta({
            description: 'a list of 1 to 24 times of day in UTC such as 02:00',
            meaning: 'When every primary datastore is backed up, in UTC.',
            example: ['02:00', '14:00'],
          }),
      }),
    )
    .meta({ meaning: 'When backups are made.' }),
  verify: z
    .exactOptional(
      z.strictObject({
        on: z
          .exactOptional(day)
          .meta({ meaning: 'The day of the week; without it every day.', example: 'sunday' }),
        at: timeOfDay.meta({ meaning: 'The time of day, in UTC.', example: '04:00' }),
      }),
    )
    .meta({ meaning: 'When the newest backup of each primary datastore is restored and judged.' }),
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
export function scheduleRemarks({ backup, verify, check }: Schedules, kept: boolean): Remark[] {
  const times = backup?.at ?? [];
  const every = check?.every ?? MINUTE_MS;
  const idle =
    'has nothing to work on: the system declares no primary datastore; declare one in datastores, or remove it';
  return [
    ...remarksIn([
      [!kept && backup !== undefined, ['backup'], idle],
      [!kept && verify !== undefined, ['verify'], idle],
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
  const times = store.role === 'primary' ? (schedules?.backup?.at ?? []) : [];
  const longest = longestGap(times);
  const between = longest?.ms ?? interval;
  const sum = between + duration;
  if (sum <= rpo) return [];
  const named = (key: string): string => (wrote(key) ? key : `${key}, by default`);
  const from = longest === undefined ? named('interval') : `schedules.backup, ${longest.words}`;
  const message =
    `${spoken(between)} between backups (${from}) and ${spoken(duration)} for one (${named('duration')}) are ${spoken(sum)}, ` +
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

/** `24h 10m`: sums are read in the units that they were written in. */
function spoken(ms: number): string {
  const hours = Math.floor(ms / HOUR_MS);
  const rest = ms - hours * HOUR_MS;
  if (hours === 0 || (rest === 0 && ms > 2 * DAY_MS)) return durationText(ms);
  return rest === 0 ? `${hours}h` : `${hours}h ${durationText(rest)}`;
}
