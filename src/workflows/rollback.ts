// ensure → ready → switch to the revision from before, all at once → retire the one that is left.
import type { OperationResult } from './steps/close.ts';
import { operation } from './steps/operation.ts';

/** Takes a service back to its previous version, or to `to`. Input: `{system, service, to?, revision?}`. */
export async function rollback(input: unknown): Promise<OperationResult> {
  return operation(
    { kind: 'rollback', policy: { onFailure: 'undo', undone: 'failed' }, looksFirst: 'can' },
    input,
  );
}
