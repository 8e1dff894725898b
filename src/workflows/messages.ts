// The names that outsiders rely on: workflow types, messages, queries, search attributes. Plain constants, so
// that the command line and tests use the same ones without loading workflow code.
import { OPERATION_TYPES } from '../runbooks/index.ts';

/** A query for Temporal's visibility: operations, also those that no worker has looked at yet (without attributes). */
export const ANY_OPERATION = `(FairleadKind IS NOT NULL OR WorkflowType IN (${OPERATION_TYPES.map((type) => `"${type}"`).join(', ')}))`;

export const WORKFLOW_TYPES: readonly string[] = [
  ...OPERATION_TYPES,
  'acceptBackup',
  'checkRecovery',
  'inspectSystem',
  'janitor',
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
] as const;

export type SearchAttributeName = (typeof SEARCH_ATTRIBUTES)[number];

/** What an accepted message is answered with. */
export interface MessageAnswer {
  accepted: true;
  operation: string;
  note: string;
}
