// A runbook of steps: what it does stands in a file of its system, as data; what was given with it is filled in.
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { Plan } from '../domain/operation/plan.ts';
import { finishPlan } from '../domain/operation/plan-steps.ts';
import { parseRequest } from '../domain/operation/request.ts';
import type { OperationAsked } from '../domain/steps/actions.ts';
import { inputsOf } from '../domain/steps/inputs.ts';
import { planSteps } from '../domain/steps/plan-of-steps.ts';
import { admitTraffic } from './admit-traffic.ts';
import { backup } from './backup.ts';
import { blueGreenDeploy } from './blue-green-deploy.ts';
import { canaryDeploy } from './canary-deploy.ts';
import { drill } from './drill.ts';
import { restartService } from './restart-service.ts';
import { rollback } from './rollback.ts';
import { RANK, summaryOf, type PlanInput, type Runbook } from './runbook.ts';
import { scaleService } from './scale-service.ts';
import { stopTraffic } from './stop-traffic.ts';
import { verifyBackup } from './verify-backup.ts';

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

/** What a step of `operation:` is carried out by; a deploy by the one that the system file says. */
const OPERATIONS: Readonly<Record<string, Runbook>> = {
  rollback,
  scale: scaleService,
  restart: restartService,
  stop: stopTraffic,
  admit: admitTraffic,
  backup,
  verify: verifyBackup,
  drill,
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
    steps: planSteps(written, inputs, (called, asked) => chosen(called, asked, loaded)),
  });
}

/** The runbook that a step means by what it calls it, with what it would do. Throws BadInput for what that does not take. */
function chosen(
  called: string,
  asked: OperationAsked,
  loaded: LoadedSystem,
): { runbook: string; summary: string } {
  const runbook = called === 'deploy' ? deployOf(asked, loaded) : OPERATIONS[called];
  if (runbook === undefined) throw new Failure('Unsupported', `no operation is called ${called}`);
  const request = parseRequest(runbook, { ...asked, system: loaded.name });
  return { runbook: runbook.kind, summary: summaryOf(runbook, request) };
}

function deployOf({ strategy, service }: OperationAsked, { system }: LoadedSystem): Runbook {
  const said = strategy ?? system.services[String(service)]?.rollout.strategy;
  return said === blueGreenDeploy.strategy ? blueGreenDeploy : canaryDeploy;
}
