// On which days and when something is done, as system files say it: `{on: first monday, at: '09:00', zone: Europe/Berlin}`.
import { z } from 'zod';
import { durationText } from '../../domain/text/duration-text.ts';
import { isOnDay, LAST, MONTHS, WEEKS } from '../../domain/time/on-day.ts';
import { isZone, oddDays, WEEKDAYS } from '../../domain/time/wall-clock.ts';
import { shown } from '../reading/wording.ts';
import { repeatsIn, type Remark } from '../remark.ts';
import { text } from '../terms.ts';
import { zone as zoneName, zoneRemarks } from './changes.ts';

export const timeOfDay = text(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 02:00');
export const zone = z.exactOptional(zoneName).meta({
  meaning: 'Whose clocks say so; without it UTC.',
  example: 'Europe/Berlin',
});
const ON = new RegExp(`^(?:(?:${[...WEEKS, LAST].join('|')}) )?(?:${WEEKDAYS.join('|')})$`);
const ON_ALLOWED =
  "a day of the week such as sunday, one of a month such as 'first monday' (to fourth, or last), or a date from 1 to 28";
export const on = z.exactOptional(
  z.union([z.string().regex(ON, ON_ALLOWED), z.number().int().min(1).max(28)]).meta({
    description: ON_ALLOWED,
    meaning: 'On which day; without it every day.',
    example: 'first monday',
  }),
);
const months = z.exactOptional(
  z
    .array(z.enum(MONTHS))
    .min(1)
    .meta({
      description: `a list of months: ${MONTHS.join(', ')}`,
      meaning: 'In which months; without it in all.',
      example: ['january', 'april', 'july', 'october'],
    }),
);
export const dayAndTime = z.strictObject({
  on,
  months,
  at: timeOfDay.meta({ meaning: 'The time of day.', example: '04:00' }),
  zone,
});
export type DayAndTime = z.output<typeof dayAndTime>;

const DAY_MS = 86_400_000;
/** Rules of zones are known for about so long. */
const LOOKS_AHEAD_MS = 2 * 366 * DAY_MS;

/** What is wrong with the days and the time of one thing that is done again and again. */
export function dayRemarks(one: DayAndTime, now: number): Remark[] {
  return [
    ...repeatsIn(one.months ?? []).map((index) => ({
      path: ['months', index],
      message: `${shown(one.months?.[index])} is there twice; name each month once`,
    })),
    ...(one.zone === undefined ? [] : zoneRemarks(one.zone)),
    ...clockRemarks(['at'], one, now),
  ];
}

/** Temporal leaves out a time that a change of clocks skips, and starts twice at one that comes twice. */
export function clockRemarks(path: Remark['path'], when: DayAndTime, now: number): Remark[] {
  const { at, zone: named } = when;
  if (named === undefined || !isZone(named)) return [];
  const days = oddDays(named, at, { from: now, to: now + LOOKS_AHEAD_MS });
  const day = days.find((one) => isOnDay(when, one));
  if (day === undefined) return [];
  const message = `${shown(at)} is skipped or comes twice in ${named} when clocks change, next on ${day.date}; take a time that every day has once`;
  return [{ path, message }];
}

/** The longest that a thing may take that is due again by then (ms), as a phrase; undefined where it may. */
export function tooLong(within: number | undefined): string | undefined {
  if (within === undefined || (within >= 60_000 && within <= 31 * DAY_MS)) return undefined;
  return `${durationText(within)} is not allowed; write a minute or more, up to 31 days`;
}
