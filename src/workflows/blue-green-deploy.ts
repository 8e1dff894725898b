// preflight → ensure at full size → ready → smoke → preview: checks, analysis, approval → switch → watch → retire the old
// side later. A failure after the switch goes back to the old side, which is still there.
import type { OperationResult } from './steps/close.ts';
import { operation } from './steps/operation.ts';

/** Brings a version to a service at once, after it was tried beside it. Input: `{system, service, version, ...}`. */
export async function blueGreenDeploy(input: unknown): Promise<OperationResult> {
  return operation(
    { kind: 'blueGreenDeploy', policy: { onFailure: 'undo', undone: 'rolledBack' } },
    input,
  );
}
