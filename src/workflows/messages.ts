// The names that outsiders rely on: workflow types, messages, queries, search attributes. Plain constants, so
// that the command line and tests use the same ones without loading workflow code.
import { OPERATION_TYPES } from '../runbooks/index.ts';

/** A query for Temporal's visibility: operations, also those that no worker has looked at yet (without attributes). */
export const ANY_OPERATION = `(FairleadKind IS NOT NULL OR WorkflowType IN (${OPERATION_TYPES.map((type) => `"${type}"`).join(', ')}))`;

/** Lists of operations that people look for in the Web UI, as queries of visibility, by the word that leads there. */
export const LISTS = {
  waiting: 'FairleadState IN ("waiting", "parked", "paused") AND ExecutionStatus = "Running"',
  running: `${ANY_OPERATION} AND ExecutionStatus = "Running"`,
  frozen: `WorkflowType = "freeze" AND ExecutionStatus = "Running"`,
  incidents: `WorkflowType = "incident" AND ExecutionStatus = "Running"`,
  failed: `FairleadOutcome IN ("failed", "rolledBack", "inconclusive") OR (${ANY_OPERATION} AND ExecutionStatus IN ("Terminated", "TimedOut"))`,
} as const;

/** The pages of the Web UI that show these lists, by the short path that leads to each: `/waiting`. */
export function listPages(namespace: string): Record<string, string> {
  const page = `/namespaces/${encodeURIComponent(namespace)}/workflows?query=`;
  const pages: Record<string, string> = {};
  for (const [name, query] of Object.entries(LISTS)) {
    pages[`/${name}`] = page + encodeURIComponent(query);
  }
  return pages;
}

export const WORKFLOW_TYPES: readonly string[] = [
  ...OPERATION_TYPES,
  'acceptBackup',
  'checkRecovery',
  'checkScheduled',
  'freeze',
  'incident',
  'inspectSystem',
  'janitor',
  'removeQuarantined',
  'writeCanary',
  'lease',
];

export const MESSAGES = [
  'approve',
  'reject',
  'promote',
  'pause',
  'resume',
  'retryStep',
  'skipStep',
  'adopt',
  'abort',
  'handOver',
  'take',
  'tick',
  'choose',
] as const;

export type MessageName = (typeof MESSAGES)[number];

export const QUERIES = ['status', 'plan', 'report'] as const;

/** Sent by an operation that takes over; people send `abort`. */
export const PREEMPT = 'preempt';

export const SEARCH_ATTRIBUTES = [
  'FairleadKind',
  'FairleadSystem',
  'FairleadTarget',
  'FairleadOperation',
  'FairleadState',
  'FairleadOutcome',
  'FairleadSummary',
] as const;

export type SearchAttributeName = (typeof SEARCH_ATTRIBUTES)[number];

/** What an accepted message is answered with. */
export interface MessageAnswer {
  accepted: true;
  operation: string;
  note: string;
}
