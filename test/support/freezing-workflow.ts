// Workflows in which a canary freezes its system for as long as it is open, as a recovery will: for tests of such a freeze.
import { canaryDeploy as runbook } from '../../src/runbooks/canary-deploy.ts';
import type { OperationResult } from '../../src/workflows/steps/close.ts';
import { operation } from '../../src/workflows/steps/operation.ts';

export * from '../../src/workflows/index.ts';
export { default } from '../../src/workflows/index.ts';

export async function canaryDeploy(input: unknown): Promise<OperationResult> {
  return operation({ ...runbook, freezes: true }, input);
}
