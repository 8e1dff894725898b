// A backup of what a system holds, and the proof of one: restored into a copy, judged rung by rung, discarded.
import { turnDelay } from '../domain/turn.ts';
import type { OperationResult } from './steps/close.ts';
import { operation, type Runbook } from './steps/operation.ts';

const whenHeld: NonNullable<Runbook['whenHeld']> = ({ kind }, tries, { by }) =>
  turnDelay(kind, by, tries);

/** Backs up one datastore, or every primary one as a set. Input: `{system, datastore?}`. Takes all that it can. */
export async function backup(input: unknown): Promise<OperationResult> {
  return operation(
    { kind: 'backup', policy: { onFailure: 'failAtEnd', undone: 'failed' }, whenHeld },
    input,
  );
}

/**
 * Restores a backup into a copy and climbs the ladder. Input: `{system, backup}`, the name as the catalogue has it, or
 * `{system, datastore}` for the newest good one of it. Where the rung `usable` is required, the service is
 * started on the copy, in an isolated target. Whatever ends it, what it made is undone.
 */
export async function verifyBackup(input: unknown): Promise<OperationResult> {
  return operation(
    { kind: 'verifyBackup', policy: { onFailure: 'undo', undone: 'failed' }, whenHeld },
    input,
  );
}
