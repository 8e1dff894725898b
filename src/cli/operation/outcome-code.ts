// What an operation ended with, or what failed, -> exit code, as section "Exit codes" of docs/commands.md has it.
import type { FailureKind } from '../../domain/failure.ts';
import type { Outcome } from '../../domain/operation/outcome.ts';
import { EXIT } from '../exit.ts';

const OUTCOMES: Record<Outcome, number> = {
  succeeded: EXIT.done,
  planned: EXIT.done,
  nothingToDo: EXIT.done,
  rolledBack: EXIT.failed,
  failed: EXIT.failed,
  rejected: EXIT.rejected,
  expired: EXIT.rejected,
  aborted: EXIT.rejected,
  preempted: EXIT.rejected,
  refused: EXIT.refused,
  inconclusive: EXIT.inconclusive,
  interrupted: EXIT.needsPerson,
};

const FAILURES: Record<FailureKind, number> = {
  BadInput: EXIT.badInput,
  NotFound: EXIT.badInput,
  Unsupported: EXIT.badInput,
  Refused: EXIT.refused,
  Superseded: EXIT.refused,
  LeaseLost: EXIT.refused,
  Frozen: EXIT.refused,
  WorldChanged: EXIT.needsPerson,
  Outage: EXIT.needsPerson,
  NotReady: EXIT.failed,
  CheckFailed: EXIT.failed,
  Unavailable: EXIT.noAnswer,
  Broken: EXIT.bug,
};

/** The outcome of this name; undefined for one of a later version. */
export function knownOutcome(name: string | undefined): Outcome | undefined {
  const isOutcome = (text: string): text is Outcome => Object.hasOwn(OUTCOMES, text);
  return name !== undefined && isOutcome(name) ? name : undefined;
}

/** Leftovers need a person (8) whatever the outcome; so does an outcome that this version does not know. */
export function exitCodeOf(end: { outcome: string; leftovers: readonly string[] }): number {
  const known = knownOutcome(end.outcome);
  return known === undefined || end.leftovers.length > 0 ? EXIT.needsPerson : OUTCOMES[known];
}

export function exitCodeOfKind(kind: FailureKind): number {
  return FAILURES[kind];
}
