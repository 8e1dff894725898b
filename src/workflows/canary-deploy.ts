// preflight → ensure → ready → smoke → per share: capacity, weight, read back, bake, approval → 100 → watch → retire
// the old revision. A failure on the way takes everything back: traffic first.
import type { OperationResult } from './steps/close.ts';
import { operation } from './steps/operation.ts';

/** Brings a version to a service share by share. Input: `{system, service, version, ...}`. */
export async function canaryDeploy(input: unknown): Promise<OperationResult> {
  return operation(
    { kind: 'canaryDeploy', policy: { onFailure: 'undo', undone: 'rolledBack' } },
    input,
  );
}
