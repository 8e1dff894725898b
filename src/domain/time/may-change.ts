// Whether an operation may change something now: the one decision for all that is about when, and not about what.
import type { Changes } from '../../config/time/changes.ts';
import { freezeWords, isInForce, type Freeze } from './freeze.ts';
import { wallTimeOf, windowAt } from './windows.ts';

/** Who wants to change something. */
export interface Changer {
  /** It brings something new, or removes what is old; undo, roll-back, stop, admit and recovery do not go forward. */
  goesForward: boolean;
  /** Its own run and those of its parents: what one of these froze does not hold it. */
  runs: readonly string[];
  /** People let it through although no change window is open. A freeze holds it all the same. */
  passesWindows?: boolean;
  /** It has to end before its window does, and takes at least so long (ms). */
  needMs?: number;
}

export type MayChange =
  | { may: true }
  /** `until`: ISO 8601, when to ask again at the latest; null where nobody knows. */
  | { may: false; freeze: Freeze; window?: never; why: string; until: string | null }
  | { may: false; freeze?: never; window: ClosedWindow; why: string; until: string | null };

/** No change window is open, or none for long enough. */
export interface ClosedWindow {
  system: string;
  /** ISO 8601, when one opens that is long enough; null where none is known to come. */
  next: string | null;
  /** How long the change takes at least (ms). */
  needMs: number;
}

/** The change windows of a system, as its file says them. */
export interface Windows {
  system: string;
  changes: Changes | undefined;
}

/**
 * The freeze of an operation is named before one of people: nobody but its own operation ends it. A freeze without a
 * time holds until it is over. A window is closed for what no freeze holds.
 */
export function mayChange(
  changer: Changer,
  now: number,
  windows: Windows | undefined,
  freezes: readonly Freeze[],
): MayChange {
  if (!changer.goesForward) return { may: true };
  const holding = freezes.filter((one) => isInForce(one, now) && !isOwn(one, changer));
  const freeze = holding.find(({ takenBy }) => takenBy === 'operation') ?? latest(holding);
  if (freeze !== undefined) {
    return { may: false, freeze, why: freezeWords(freeze), until: freeze.until };
  }
  const isLetThrough = windows === undefined || changer.passesWindows === true;
  return isLetThrough ? { may: true } : inWindow(windows, now, changer.needMs);
}

function inWindow({ system, changes }: Windows, now: number, needMs = 0): MayChange {
  const { open, next, why } = windowAt(changes, now, needMs);
  if (open || changes === undefined) return { may: true };
  const opening =
    next === null
      ? 'no window that is long enough is known to come'
      : `the next one opens at ${wallTimeOf(changes, next)}`;
  const said = `${system} may not be changed now: ${why}; ${opening}`;
  return { may: false, window: { system, next, needMs }, why: said, until: next };
}

function isOwn({ operation }: Freeze, { runs }: Changer): boolean {
  return operation !== undefined && runs.includes(operation.runId);
}

/** The one that holds longest. */
function latest(freezes: readonly Freeze[]): Freeze | undefined {
  const end = ({ until }: Freeze): number => (until === null ? Infinity : Date.parse(until));
  return freezes.toSorted((a, b) => end(b) - end(a))[0];
}
