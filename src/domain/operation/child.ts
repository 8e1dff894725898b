// An operation that another one started as one of its steps: what its parent hands down, and what its end comes to.
import { isRecord } from '../json.ts';
import { runName } from '../text/names.ts';
import { OUTCOME_WORDS, type Outcome } from './outcome.ts';

/** The name under which the memo of a child says what it works under; what else is started by an operation has none. */
export const UNDER = 'under';

/** A lease as a run of its workflow. */
export interface HeldLease {
  id: string;
  runId: string;
}

/** What a parent hands down. Which leases are whose is asked of Temporal before each change all the same. */
export interface Under {
  /** The leases that the parent works under, by service or datastore. */
  leases: Record<string, HeldLease>;
  /** The number of the parent's last change: those of the child come after it. */
  sequence: number;
  /** The parent has frozen the system, which holds none of its children. */
  frozen?: true;
}

/** More changes than a child makes: those of its parent come after them. `starts`: it starts children of its own. */
export function mostChanges({ starts }: { starts: boolean }): number {
  return starts ? 1_000_000_000 : 1_000_000;
}

/** What became of a child. */
export interface ChildEnd {
  operation: string;
  workflowId: string;
  runId: string;
  outcome: Outcome;
  /** The sentence it ended with. */
  message: string;
  leftovers: string[];
}

/** The same for each attempt of one run, and of what a Reset puts in its place: no two are open at a time. */
export function childWorkflowId(
  operation: string,
  parent: { firstRunId: string; step: string },
): string {
  return `${operation}/of/${runName(parent.firstRunId)}-${parent.step}`;
}

/** What a memo says that the run works under; undefined for what is no child, or says it in another way. */
export function underIn(memo: unknown): Under | undefined {
  const under = isRecord(memo) ? memo[UNDER] : undefined;
  if (!isRecord(under) || typeof under['sequence'] !== 'number') return undefined;
  const { leases: said, sequence } = under;
  const leases: Under['leases'] = {};
  for (const [name, lease] of Object.entries(isRecord(said) ? said : {})) {
    if (!isRecord(lease)) continue;
    const { id, runId } = lease;
    if (typeof id === 'string' && typeof runId === 'string') leases[name] = { id, runId };
  }
  return { leases, sequence, ...(under['frozen'] === true && { frozen: true }) };
}

/** `rollback/shop/api succeeded: done as planned`, as a detail or the reason of a failure. */
export function childWords({ operation, outcome, message, leftovers }: ChildEnd): string {
  const left = leftovers.length === 0 ? '' : `; left over: ${leftovers.join('; ')}`;
  return `${operation} ${OUTCOME_WORDS[outcome]}: ${message}${left}`;
}
