// The short operations on a service that runs: stop, admit, scale, restart.
import type { OperationResult } from './steps/close.ts';
import { operation } from './steps/operation.ts';

/** Users get 503 with Retry-After, of one service or of all. Input: `{system, service?}`. Stops what it can. */
export async function stopTraffic(input: unknown): Promise<OperationResult> {
  return operation(
    { kind: 'stopTraffic', policy: { onFailure: 'continue', undone: 'failed' } },
    input,
  );
}

/** Lets users in again, `percent` of them. Input: `{system, service?, percent?}`. */
export async function admitTraffic(input: unknown): Promise<OperationResult> {
  return operation(
    {
      kind: 'admitTraffic',
      policy: { onFailure: 'continue', undone: 'failed' },
      looksFirst: 'need',
    },
    input,
  );
}

/** Changes the number of replicas. Input: `{system, service, replicas}`. */
export async function scaleService(input: unknown): Promise<OperationResult> {
  return operation(
    { kind: 'scaleService', policy: { onFailure: 'undo', undone: 'failed' } },
    input,
  );
}

/** Replaces every replica, one after the other. Input: `{system, service}`. */
export async function restartService(input: unknown): Promise<OperationResult> {
  return operation(
    { kind: 'restartService', policy: { onFailure: 'undo', undone: 'failed' } },
    input,
  );
}
