// When a maintenance window opens and ends. Zones are counted outside of workflows. Pure.
import type { MaintenanceWindow } from '../../config/time/maintenance.ts';
import type { System } from '../../config/system.ts';
import { Failure } from '../failure.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { durationText } from '../text/duration-text.ts';
import { isOnDay } from './on-day.ts';
import { localDays, wallText } from './wall-clock.ts';

/** Milliseconds since 1970; `end` is the first moment after it. */
export interface Opening {
  start: number;
  end: number;
  /** As the clocks of its zone say when it opens, for people. */
  text: string;
}

const DAY_MS = 86_400_000;
/** A date of a month comes at least as often. */
const LOOKS_AHEAD_MS = 62 * DAY_MS;

type Windows = Pick<System, 'maintenance'>;

/** The window of that name that is open at `now` (ms), or the next one. Throws BadInput where there is none of that name. */
export function openingOf(system: Windows, called: string, now: number): Opening {
  const window = windowNamed(system, called);
  for (const day of localDays(window.zone, now - DAY_MS, now + LOOKS_AHEAD_MS)) {
    const start = day.at(window.at);
    const end = start + window.lasts;
    if (isOnDay(window, day) && end > now)
      return { start, end, text: wallText(start, window.zone) };
  }
  throw new Failure('BadInput', `the maintenance window ${called} never opens`);
}

/** The next opening that may be promised now. Throws BadInput, and Refused where people would be told too late. */
export function promisedOpening(system: Windows, called: string, now: number): Opening {
  const opening = openingOf(system, called, now);
  const { notice = 0 } = windowNamed(system, called);
  if (opening.start - now >= notice) return opening;
  const later = openingOf(system, called, opening.end + 1);
  throw new Failure(
    'Refused',
    `the window ${called} opens at ${opening.text}, and users are promised ${durationText(notice)} of notice: ask for the one after it (${later.text}) once this one is over, or open one at once: --now --reason WHY`,
  );
}

function windowNamed({ maintenance }: Windows, called: string): MaintenanceWindow {
  const windows = maintenance?.windows ?? {};
  const window = Object.hasOwn(windows, called) ? windows[called] : undefined;
  if (window !== undefined) return window;
  const known = Object.keys(windows);
  const there = known.length === 0 ? 'the system file has none' : `there are ${known.join(', ')}`;
  throw new Failure(
    'BadInput',
    `there is no maintenance window ${called}${didYouMean(called, known)}; ${there}`,
  );
}
