// A drill: what a recovery would do, into a target apart from everything live, proved and removed again.
import type { OperationResult } from './steps/close.ts';
import { keepRecord } from './steps/drill-record.ts';
import { operation } from './steps/operation.ts';

/**
 * Restores the newest good backup of each primary datastore into an isolated target, judges it, starts the service on
 * it and asks that, measures RPO and RTO, cleans up. Input: `{system, mode?}`. Asks nobody. Whatever ends it, what it
 * made is undone.
 */
export async function disasterRecovery(input: unknown): Promise<OperationResult> {
  return operation(
    {
      kind: 'disasterRecovery',
      policy: { onFailure: 'undo', undone: 'failed' },
      atEnd: keepRecord,
    },
    input,
  );
}
