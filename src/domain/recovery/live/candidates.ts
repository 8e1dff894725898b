// The backups that a recovery in the place of the live data tries one after the other: which one is restored now, and which
// ones were passed over because they were found bad.
import { backedUpDatastore } from '../../backup/backup-id.ts';
import type { BackupSummary } from '../../backup/backup.ts';
import type { Plan, PlanStep } from '../../operation/plan.ts';
import { indexOfNextCandidate } from '../../operation/candidate-steps.ts';
import type { StepResults } from '../../operation/step-result.ts';

/** How many are tried before people are asked. */
export const MOST_CANDIDATES = 3;

export interface Candidate {
  backup: BackupSummary;
  /** The name of the copy that is made of it. */
  copy: string;
}

export interface PassedOver {
  id: string;
  /** What was found, as a sentence. */
  why: string;
}

/** What a plan restores of a datastore: the first one, and what is restored instead where that is bad, in order. */
export function candidatesOf(plan: Plan, datastore: string): BackupSummary[] {
  return [...(plan.backups ?? []), ...(plan.candidates ?? [])].filter(
    ({ id }) => backedUpDatastore(id) === datastore,
  );
}

/** The candidate whose rungs were climbed last; undefined before any was. */
export function takenCandidate(
  plan: Plan,
  results: StepResults,
  datastore: string,
): Candidate | undefined {
  const last = results.findLast(
    ({ step: { action }, result: { event } }) =>
      action.kind === 'rung' && action.datastore === datastore && event.type !== 'passedOver',
  );
  const { action } = last?.step ?? {};
  if (action?.kind !== 'rung') return undefined;
  const backup = candidatesOf(plan, datastore).find(({ id }) => id === action.backup);
  return backup === undefined ? undefined : { backup, copy: action.copy };
}

/** What is restored of each datastore, as far as it is known: the last candidates that were tried. */
export function takenBackups(plan: Plan, results: StepResults): BackupSummary[] {
  return (plan.backups ?? []).map(
    (first) => takenCandidate(plan, results, backedUpDatastore(first.id))?.backup ?? first,
  );
}

/** Those that were found bad, in the order in which they were tried. */
export function passedOverCandidates(results: StepResults, datastore: string): PassedOver[] {
  return results.flatMap(({ step: { action }, result: { event } }) =>
    event.type === 'nextCandidate' && action.kind === 'rung' && action.datastore === datastore
      ? [{ id: action.backup, why: event.message }]
      : [],
  );
}

/** The id of what is restored where the backup of this step is bad; undefined where nothing else is tried. */
export function nextCandidate({ steps }: Plan, step: PlanStep): string | undefined {
  const index = indexOfNextCandidate(steps, steps.indexOf(step));
  if (index === undefined) return undefined;
  const rung = steps.slice(index).find(({ action }) => action.kind === 'rung');
  return rung?.action.kind === 'rung' ? rung.action.backup : undefined;
}
