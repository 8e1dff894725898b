// Change windows: when a system may be changed by what goes forward, as its file says (`changes:`). A freeze of the file beats
// what it allows. All times are half open: the end is the first moment after.
import type { Changes } from '../../config/time/changes.ts';
import { spanOf } from '../text/time-span.ts';
import { merge, type Interval } from './intervals.ts';
import { localDays, momentOf, wallText } from './wall-clock.ts';

/** Whether a system may be changed at a moment by what its file says. */
export interface WindowState {
  open: boolean;
  /** ISO 8601, when it closes; null where it is closed, or nobody can say when it does. */
  until: string | null;
  /** ISO 8601, when it opens; null where it is open, or where no window comes that is long enough. */
  next: string | null;
  /** Why it is open or closed, in a sentence without its full stop. */
  why: string;
}

/** What `fairlead windows` answers. */
export interface WindowsAnswer {
  schema: 'fairlead/windows/v1';
  system: string;
  /** ISO 8601 */
  at: string;
  open: boolean;
  /** ISO 8601, when the window closes that is open; absent where nobody can say. */
  until?: string;
  /** ISO 8601, when the next one opens; absent where one is open. */
  next?: string;
  why: string;
}

export function windowsAnswer(
  system: string,
  changes: Changes | undefined,
  now: number,
): WindowsAnswer {
  const { open, until, next, why } = windowAt(changes, now);
  return {
    ...({ schema: 'fairlead/windows/v1', system, at: isoOf(now), open } as const),
    ...(until !== null && { until }),
    ...(next !== null && { next }),
    why,
  };
}

type Allow = NonNullable<Changes['allow']>[number];
type FreezePeriod = NonNullable<Changes['freeze']>[number];

const DAY_MS = 86_400_000;
/** A week, and what a change of clocks or a freeze at its edge may take of it. */
const AHEAD_MS = 16 * DAY_MS;
/** Further ahead nobody plans, and the windows are not worked out. */
const FURTHEST_MS = 3 * 366 * DAY_MS;

/** `needMs`: a change that takes at least so long has to end before the window does. */
export function windowAt(changes: Changes | undefined, now: number, needMs = 0): WindowState {
  if (changes === undefined || isEmpty(changes)) {
    return { open: true, until: null, next: null, why: 'no change windows are declared' };
  }
  const { now: here, next } = ahead(changes, now, needMs);
  const until = here === undefined || here.to === Infinity ? null : isoOf(here.to);
  if (here !== undefined && here.to - now >= needMs) {
    return { open: true, until, next: null, why: whyOpen(changes, now) };
  }
  const why = here === undefined ? whyClosed(changes, now) : whyTooShort(here.to - now, needMs);
  return { open: false, until, next: next === undefined ? null : isoOf(next.from), why };
}

/** `monday 2026-11-30 21:00 Europe/Berlin`: a moment as the walls say it that the windows are meant for. */
export function wallTimeOf({ allow = [], freeze = [] }: Changes, iso: string): string {
  const zone = [...allow, ...freeze][0]?.zone;
  return zone === undefined ? iso : `${iso} (${wallText(Date.parse(iso), zone)})`;
}

function isEmpty({ allow = [], freeze = [] }: Changes): boolean {
  return allow.length === 0 && freeze.length === 0;
}

interface Ahead {
  /** The open stretch that `now` is in. */
  now: Interval | undefined;
  /** The first one after `now` that is long enough. */
  next: Interval | undefined;
}

function ahead(changes: Changes, now: number, needMs: number): Ahead {
  const frozen = frozenStretches(changes.freeze ?? []);
  const lastFreeze = Math.min(frozen.at(-1)?.to ?? 0, now + FURTHEST_MS);
  const near = look(changes.allow, frozen, { now, needMs, to: now + AHEAD_MS });
  if (near.next !== undefined || near.now?.to === Infinity) return near;
  const to = Math.max(now, lastFreeze) + AHEAD_MS + 4 * DAY_MS;
  const far = look(changes.allow, frozen, { now, needMs, to });
  return { now: near.now, next: far.next };
}

function look(
  allow: Changes['allow'],
  frozen: readonly Interval[],
  { now, needMs, to }: { now: number; needMs: number; to: number },
): Ahead {
  const open = without(allow === undefined ? [ALWAYS] : allowedStretches(allow, now, to), frozen);
  const isLongEnough = (one: Interval): boolean => one.to - one.from >= needMs;
  return {
    now: open.find((one) => one.from <= now && now < one.to),
    next: open.find((one) => one.from > now && isLongEnough(one)),
  };
}

const ALWAYS: Interval = { from: -Infinity, to: Infinity };

/** One of more than a week has no end: every week is like the other. */
function allowedStretches(allow: readonly Allow[], now: number, to: number): Interval[] {
  const stretches = allow.flatMap((rule) => [...stretchesOf(rule, now - 9 * DAY_MS, to)]);
  return merge(stretches).map((one) =>
    one.to - one.from > 8 * DAY_MS ? { ...one, to: Infinity } : one,
  );
}

/** An end that is not after its beginning is on the next day. */
function* stretchesOf(rule: Allow, from: number, to: number): Generator<Interval> {
  const nextDay = rule.to <= rule.from ? 1 : 0;
  for (const { weekday, at } of localDays(rule.zone, from, to)) {
    if (rule.on !== undefined && !rule.on.includes(weekday)) continue;
    const stretch = { from: at(rule.from), to: at(rule.to, nextDay) };
    // One that a change of clocks skips whole is none.
    if (stretch.from < stretch.to) yield stretch;
  }
}

function frozenStretches(freezes: readonly FreezePeriod[]): Interval[] {
  return merge(freezes.flatMap((one) => periodOf(one) ?? []));
}

function periodOf({ from, to, zone }: FreezePeriod): Interval | undefined {
  const [start, end] = [momentOf(from, zone), momentOf(to, zone)];
  return start === undefined || end === undefined ? undefined : { from: start, to: end };
}

/** What is left of stretches where others are cut out of them; both in order. */
function without(stretches: readonly Interval[], cut: readonly Interval[]): Interval[] {
  return stretches.flatMap((stretch) => {
    const left: Interval[] = [];
    let { from } = stretch;
    for (const one of cut) {
      if (one.to <= from || one.from >= stretch.to) continue;
      if (one.from > from) left.push({ from, to: one.from });
      from = one.to;
    }
    if (from < stretch.to) left.push({ from, to: stretch.to });
    return left;
  });
}

function whyOpen({ allow }: Changes, now: number): string {
  if (allow === undefined) return 'no freeze of the system file is in force';
  const rule = allow.find((one) =>
    [...stretchesOf(one, now - 2 * DAY_MS, now)].some(({ from, to }) => from <= now && now < to),
  );
  return rule === undefined ? 'a change window is open' : ruleText(rule);
}

function whyClosed({ allow = [], freeze = [] }: Changes, now: number): string {
  const frozen = freeze.find((one) => {
    const period = periodOf(one);
    return period !== undefined && period.from <= now && now < period.to;
  });
  if (frozen !== undefined) {
    const { from, to, zone, why } = frozen;
    return `its file freezes changes from ${from} to ${to} ${zone}: ${why}`;
  }
  return `outside of its change windows, ${allow.map(ruleText).join('; ')}`;
}

function whyTooShort(leftMs: number, needMs: number): string {
  return `it takes at least ${spanOf(needMs)}, and the change window closes in ${spanOf(leftMs)}`;
}

/** `monday, friday 21:00 to 05:00 Europe/Berlin (nights)` */
function ruleText({ on, from, to, zone, why }: Allow): string {
  const days = on === undefined ? 'every day' : on.join(', ');
  return `${days} ${from} to ${to} ${zone}${why === undefined ? '' : ` (${why})`}`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
