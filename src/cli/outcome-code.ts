// Outcome -> exit code, as section "Exit codes" of the README has it.
import { EXIT } from './exit.ts';

/** Outcomes of operations, and the kinds of failure that end one before it has an outcome. */
const CODES: ReadonlyMap<string, number> = new Map([
  ['succeeded', EXIT.done],
  ['planned', EXIT.done],
  ['nothingToDo', EXIT.done],
  ['rolledBack', EXIT.failed],
  ['failed', EXIT.failed],
  ['rejected', EXIT.rejected],
  ['expired', EXIT.rejected],
  ['aborted', EXIT.rejected],
  ['preempted', EXIT.rejected],
  ['refused', EXIT.refused],
  ['inconclusive', EXIT.inconclusive],
  ['interrupted', EXIT.needsPerson],
  ['BadInput', EXIT.badInput],
  ['NotFound', EXIT.badInput],
  ['Unsupported', EXIT.badInput],
  ['Refused', EXIT.refused],
  ['Superseded', EXIT.refused],
  ['LeaseLost', EXIT.refused],
  ['Unavailable', EXIT.noAnswer],
]);

/** What is left over needs a person, whatever the outcome; an outcome nobody knows does too. */
export function exitCodeOf(end: { outcome: string; leftovers: readonly string[] }): number {
  if (end.leftovers.length > 0) return EXIT.needsPerson;
  return CODES.get(end.outcome) ?? EXIT.needsPerson;
}
