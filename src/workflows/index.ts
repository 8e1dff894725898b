// Every workflow type, by the name that people start it with: those that are no operation by name, and one for whatever the
// table of runbooks has; an unknown type is answered with the list.
import { workflowInfo } from '@temporalio/workflow';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { describeValue } from '../domain/text/describe-value.ts';
import { runbookFor } from '../runbooks/index.ts';
import { WORKFLOW_TYPES } from './messages.ts';
import type { OperationResult } from './steps/close.ts';
import { endingFailure } from './steps/ending-failure.ts';
import { operation } from './steps/operation.ts';

export { acceptBackup } from './accept-backup.ts';
export { removeQuarantined } from './remove-quarantined.ts';
export { checkRecovery } from './check-recovery.ts';
export { checkScheduled } from './check-scheduled.ts';
export { freeze } from './freeze.ts';
export { incident } from './incident/incident.ts';
export { inspectSystem } from './inspect-system.ts';
export { janitor } from './janitor.ts';
export { lease } from './lease.ts';
export { writeCanary } from './write-heartbeats.ts';

/** What Temporal runs for a type without a function of that name: the operations, all of them. */
export default async function runbook(input: unknown): Promise<OperationResult> {
  const { workflowType } = workflowInfo();
  const found = runbookFor(workflowType, input);
  if (found !== undefined) return operation(found, input);
  throw endingFailure(
    'failed',
    `${describeValue(workflowType)} is no workflow type of Fairlead, and nothing was done${didYouMean(workflowType, WORKFLOW_TYPES)}; there are ${WORKFLOW_TYPES.join(', ')}`,
  );
}
