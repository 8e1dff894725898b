// On which days something is: every day, a day of the week, one of a month, a date; in all months, or in some. Pure.
import type { LocalDay } from './wall-clock.ts';

export const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;

/** Which one of its weekday a day of a month is; `last` is the fourth or the fifth. */
export const WEEKS = ['first', 'second', 'third', 'fourth'] as const;
export const LAST = 'last';

/** As a system file says it; without `on` every day, without `months` in every month. */
export interface OnDays {
  on?: string | number;
  months?: readonly string[];
}

/** `first monday` is the monday among the first seven days of a month, `last monday` the one among its last seven. */
export function isOnDay({ on, months }: OnDays, { date, weekday, daysInMonth }: LocalDay): boolean {
  const [day, month] = [Number(date.slice(8, 10)), Number(date.slice(5, 7))];
  if (months !== undefined && !months.some((one) => one === MONTHS[month - 1])) return false;
  if (on === undefined) return true;
  if (typeof on === 'number') return day === on;
  const [week = '', of] = on.split(' ');
  if (of === undefined) return week === weekday;
  if (of !== weekday) return false;
  return week === LAST ? day > daysInMonth - 7 : WEEKS[Math.ceil(day / 7) - 1] === week;
}
