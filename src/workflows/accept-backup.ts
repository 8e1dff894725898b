// Somebody takes an odd backup as the new normal. The mark beside the backup is the record; it takes no lease.
import { proxyActivities } from '@temporalio/workflow';
import type { AcceptedBackup } from '../activities/data/accept-backup.ts';
import type { Activities } from '../activities/create.ts';
import { parseAccept, type AcceptRequest } from '../domain/operation/accept-request.ts';
import { parseBackupId } from '../domain/backup/backup-id.ts';
import { answered, singleEnvelope } from './steps/single-activity.ts';

/** Input: `{backup, reason, requestedBy}`. */
export async function acceptBackup(input: unknown): Promise<AcceptedBackup> {
  return answered(async () => accept(parseAccept(input)));
}

async function accept(request: AcceptRequest): Promise<AcceptedBackup> {
  const { acceptBackup: put } = proxyActivities<Activities>({
    startToCloseTimeout: '2m',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 5, initialInterval: '200ms' },
    summary: `Accept ${request.backup} as the new normal`,
  });
  const { value } = await put(
    singleEnvelope(
      { ...request, at: new Date(Date.now()).toISOString() },
      { system: parseBackupId(request.backup)?.system ?? '', step: 'accept' },
    ),
  );
  return value;
}
