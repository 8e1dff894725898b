// What clocks on walls say, and when that is. Zones and daylight saving are the library's; two rules are ours: a time of day
// that a change of clocks skips is the first moment after the change, and one that comes twice is the first of the two.
// The zones are those of the runtime (ICU), so nothing here is asked in a workflow.
import { Temporal } from 'temporal-polyfill';

/** As system files write them, Monday first. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;
export type WeekdayName = (typeof WEEKDAYS)[number];

const DAY_MS = 86_400_000;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

/** Whether this runtime knows the zone by that name; an offset such as `+02:00` is none. */
export function isZone(name: string): boolean {
  if (!ZONE_NAME.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** The ms since 1970 of a local time such as `2026-12-20T18:00`; undefined for a day or a time that there is not. */
export function momentOf(local: string, zone: string): number | undefined {
  const plain = plainTime(local);
  return plain && resolved(plain, zone);
}

function plainTime(local: string): Temporal.PlainDateTime | undefined {
  try {
    return Temporal.PlainDateTime.from(local, { overflow: 'reject' });
  } catch {
    return undefined;
  }
}

function resolved(plain: Temporal.PlainDateTime, zone: string): number {
  const first = plain.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (first.toPlainDateTime().equals(plain)) return first.epochMilliseconds;
  // Skipped: `first` lies before the change of clocks.
  return (first.getTimeZoneTransition('next') ?? first).epochMilliseconds;
}

/** A day of a calendar on the wall. */
export interface LocalDay {
  /** `2026-12-20` */
  date: string;
  weekday: WeekdayName;
  daysInMonth: number;
  /** The moment (ms) of a time of day such as `21:00` on this day, or `later` days after it. */
  at: (time: string, later?: number) => number;
}

/** The local days from the one of `from` to the one of `to` (ms), both with it. */
export function* localDays(zone: string, from: number, to: number): Generator<LocalDay> {
  const last = dateOf(to, zone);
  for (let date = dateOf(from, zone); Temporal.PlainDate.compare(date, last) <= 0;) {
    const day = date;
    yield {
      date: day.toString(),
      weekday: WEEKDAYS[day.dayOfWeek - 1] ?? 'sunday',
      daysInMonth: day.daysInMonth,
      at: (time, later = 0) =>
        resolved(day.add({ days: later }).toPlainDateTime(Temporal.PlainTime.from(time)), zone),
    };
    date = date.add({ days: 1 });
  }
}

/** The local days from the one of `from` to the one of `to` (ms) on which a time of day is skipped, or comes twice. */
export function oddDays(
  zone: string,
  time: string,
  { from, to }: { from: number; to: number },
): LocalDay[] {
  const [first, last] = [dateOf(from, zone).toString(), dateOf(to, zone).toString()];
  const days = new Map<string, LocalDay>();
  for (const change of changesOf(zone, from - DAY_MS, to + DAY_MS)) {
    // A change concerns the days around it, and whole ones where a zone changes its side of the date line.
    for (const day of localDays(zone, change - DAY_MS, change + DAY_MS)) {
      const within = day.date >= first && day.date <= last;
      if (within && isOdd(`${day.date}T${time}`, zone)) days.set(day.date, day);
    }
  }
  return [...days.values()];
}

/** The moments (ms) from `from` to `to` at which the clocks of a zone are changed. */
function* changesOf(zone: string, from: number, to: number): Generator<number> {
  let change = at(from, zone).getTimeZoneTransition('next');
  while (change !== null && change.epochMilliseconds <= to) {
    yield change.epochMilliseconds;
    change = change.getTimeZoneTransition('next');
  }
}

function isOdd(local: string, zone: string): boolean {
  const plain = Temporal.PlainDateTime.from(local);
  const [first, second] = (['earlier', 'later'] as const).map(
    (disambiguation) => plain.toZonedDateTime(zone, { disambiguation }).epochMilliseconds,
  );
  return first !== second;
}

function at(ms: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
}

function dateOf(ms: number, zone: string): Temporal.PlainDate {
  return at(ms, zone).toPlainDate();
}

/** `monday 2026-11-30 21:00 Europe/Berlin` */
export function wallText(ms: number, zone: string): string {
  const wall = at(ms, zone);
  const time = wall.toPlainTime().toString({ smallestUnit: 'minute' });
  return `${WEEKDAYS[wall.dayOfWeek - 1] ?? ''} ${wall.toPlainDate().toString()} ${time} ${zone}`;
}
