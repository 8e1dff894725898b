// Somebody takes an odd backup as the new normal. The mark beside the backup is the record; it takes no lease.
import { ApplicationFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { AcceptedBackup } from '../activities/accept-backup.ts';
import type { Activities } from '../activities/create.ts';
import { parseAccept, type AcceptRequest } from '../domain/accept-request.ts';
import { parseBackupId } from '../domain/backup-id.ts';
import { Failure } from '../domain/failure.ts';
import { failureOf } from './steps/call.ts';

/** Input: `{backup, reason, requestedBy}`. */
export async function acceptBackup(input: unknown): Promise<AcceptedBackup> {
  try {
    return await accept(parseAccept(input));
  } catch (error) {
    const known = error instanceof Failure ? error : failureOf(error);
    if (known === undefined) throw error;
    const failure = ApplicationFailure.create({
      type: 'failed',
      message: known.message,
      nonRetryable: true,
      details: [null, { kind: known.kind }],
    });
    failure.stack = '';
    throw failure;
  }
}

async function accept(request: AcceptRequest): Promise<AcceptedBackup> {
  const { acceptBackup: put } = proxyActivities<Activities>({
    startToCloseTimeout: '2m',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 5, initialInterval: '200ms' },
    summary: `Accept ${request.backup} as the new normal`,
  });
  const { value } = await put({
    input: { ...request, at: new Date(Date.now()).toISOString() },
    operation: workflowInfo().workflowId,
    system: parseBackupId(request.backup)?.system ?? '',
    step: 'accept',
    sequence: 0,
    entries: [],
    secrets: null,
    aliveAt: Date.now(),
    resumeWithin: Number.MAX_SAFE_INTEGER,
  });
  return value;
}
