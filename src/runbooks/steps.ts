// A runbook of steps: what it does stands in a file of its system, as data; what was given with it is filled in.
import { Failure } from '../domain/failure.ts';
import type { Plan } from '../domain/operation/plan.ts';
import { finishPlan } from '../domain/operation/plan-steps.ts';
import { inputsOf } from '../domain/steps/inputs.ts';
import { planSteps, type OperationKinds } from '../domain/steps/plan-of-steps.ts';
import { RANK, type PlanInput, type Runbook } from './runbook.ts';

const TYPE = 'runbook';

export const runbookOfSteps: Runbook = {
  kind: 'runbookOfSteps',
  type: TYPE,
  title: 'Runbook of steps',
  asks: { required: ['system', 'runbook'], optional: ['inputs', 'hotfix'] },
  id: ({ system, runbook = '' }) => `run/${system}/${runbook}`,
  summary: ({ system, runbook = '' }) => `run ${runbook} of ${system}`,
  rank: RANK.steps,
  leases: 'atFirstChange',
  goesForward: 'atFirstChange',
  policy: { onFailure: 'ask', undone: 'failed' },
  reads: () => ({}),
  plan: planRunbook,
};

/** What a step of `operation:` is carried out by. */
const OPERATIONS: OperationKinds = {
  deploy: 'deploy',
  rollback: 'rollback',
  scale: 'scaleService',
  restart: 'restartService',
  stop: 'stopTraffic',
  admit: 'admitTraffic',
  backup: 'backup',
  verify: 'verifyBackup',
  drill: 'drill',
};

function planRunbook({ operation, loaded, request }: PlanInput): Plan {
  const { runbook } = loaded;
  if (runbook === undefined) {
    throw new Failure(
      'Broken',
      `planning ${operation} without the runbook ${request.runbook ?? ''}`,
    );
  }
  const { name, digest, runbook: written } = runbook;
  const inputs = inputsOf(name, written.inputs, request.inputs ?? {});
  return finishPlan({
    ...{ operation, kind: TYPE, loaded },
    runbook: { name, digest, inputs },
    leases: written.leases.toSorted(),
    steps: planSteps(written, inputs, OPERATIONS),
  });
}
