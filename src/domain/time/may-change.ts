// Whether an operation may change something now: the one decision for all that is about when, and not about what.
import { freezeWords, type Freeze } from './freeze.ts';

/** Who wants to change something. */
export interface Changer {
  /** It brings something new, or removes what is old; undo, roll-back, stop, admit and recovery do not go forward. */
  goesForward: boolean;
  /** Its own run and those of its parents: what one of these froze does not hold it. */
  runs: readonly string[];
}

export type MayChange =
  | { may: true }
  /** `until`: ISO 8601, when to ask again at the latest; null where nobody knows. */
  | { may: false; freeze: Freeze; why: string; until: string | null };

/**
 * The freeze of an operation is named before one of people: nobody but its own operation ends it. A freeze without a
 * time holds until it is over.
 */
export function mayChange(changer: Changer, now: number, freezes: readonly Freeze[]): MayChange {
  if (!changer.goesForward) return { may: true };
  const holding = freezes.filter((one) => isInForce(one, now) && !isOwn(one, changer));
  const freeze = holding.find(({ takenBy }) => takenBy === 'operation') ?? latest(holding);
  if (freeze === undefined) return { may: true };
  return { may: false, freeze, why: freezeWords(freeze), until: freeze.until };
}

export function isInForce({ until }: Pick<Freeze, 'until'>, now: number): boolean {
  return until === null || now < Date.parse(until);
}

function isOwn({ operation }: Freeze, { runs }: Changer): boolean {
  return operation !== undefined && runs.includes(operation.runId);
}

/** The one that holds longest. */
function latest(freezes: readonly Freeze[]): Freeze | undefined {
  const end = ({ until }: Freeze): number => (until === null ? Infinity : Date.parse(until));
  return freezes.toSorted((a, b) => end(b) - end(a))[0];
}
