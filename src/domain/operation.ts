// Names and rank of operations.
import type { OperationKind } from './plan.ts';
import type { OperationRequest } from './request.ts';

/** Higher wins: stop > recover > rollback > deploy, scale, restart > maintain > drill, backup. */
const PRECEDENCE: Record<OperationKind, number> = {
  stopTraffic: 7,
  admitTraffic: 7,
  rollback: 5,
  canaryDeploy: 4,
  blueGreenDeploy: 4,
  scaleService: 4,
  restartService: 4,
  retireRevision: 1,
};

export function precedenceOf(kind: string): number {
  return Object.entries(PRECEDENCE).find(([one]) => one === kind)?.[1] ?? 0;
}

/** Takes users away from what harms them: goes on where others would rather wait. */
export function savesUsers(kind: OperationKind): boolean {
  return kind === 'stopTraffic' || kind === 'rollback';
}

/** The operation's id, whatever the workflow's id is. */
export function operationId(kind: OperationKind, request: OperationRequest): string {
  const { system, service = '', version = '' } = request;
  const scope = service === '' ? system : `${system}/${service}`;
  switch (kind) {
    case 'canaryDeploy':
    case 'blueGreenDeploy':
      return `${request.dryRun === true ? 'plan' : 'deploy'}/${scope}/${version}`;
    case 'retireRevision':
      return `retire/${scope}/${version}`;
    case 'rollback':
      return `rollback/${scope}`;
    case 'stopTraffic':
      return `stop/${scope}`;
    case 'admitTraffic':
      return `admit/${scope}`;
    case 'scaleService':
      return `scale/${scope}`;
    case 'restartService':
      return `restart/${scope}`;
  }
}

export function leaseId(system: string, service: string): string {
  return `lease/${system}/${service}`;
}
