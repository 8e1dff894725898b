// The one table of runbooks. What is said per runbook anywhere is derived from here.
import { isRecord } from '../domain/json.ts';
import { admitTraffic } from './admit-traffic.ts';
import { backup } from './backup.ts';
import { blueGreenDeploy } from './blue-green-deploy.ts';
import { canaryDeploy } from './canary-deploy.ts';
import { drill } from './drill.ts';
import { maintain } from './maintain.ts';
import { recover } from './recover.ts';
import { recoverLive } from './recover-live.ts';
import { restartService } from './restart-service.ts';
import { retireRevision } from './retire-revision.ts';
import { rollback } from './rollback.ts';
import type { OperationRequest } from '../domain/operation/request.ts';
import { takesBoth, type Runbook } from './runbook.ts';
import { runbookOfSteps } from './steps.ts';
import { scaleBack } from './scale-back.ts';
import { scaleService } from './scale-service.ts';
import { stopTraffic } from './stop-traffic.ts';
import { verifyBackup } from './verify-backup.ts';

export const RUNBOOKS = {
  canaryDeploy,
  blueGreenDeploy,
  rollback,
  stopTraffic,
  admitTraffic,
  scaleService,
  scaleBack,
  restartService,
  retireRevision,
  backup,
  verifyBackup,
  drill,
  recover,
  recoverLive,
  runbookOfSteps,
  maintain,
} satisfies Record<string, Runbook>;

export type OperationKind = keyof typeof RUNBOOKS;

const ALL: readonly Runbook[] = Object.values(RUNBOOKS);

/** Workflow types of operations, each once. */
export const OPERATION_TYPES: readonly string[] = [...new Set(ALL.map(({ type }) => type))];

/** Workflow types of what takes services and datastores: a recovery of one datastore stops services. */
export const RECOVERY_TYPES: readonly string[] = [
  ...new Set(ALL.filter(takesBoth).map(({ type }) => type)),
];

/** Those that bring a version to a service. */
export const DEPLOY_TYPES: readonly string[] = ALL.filter(
  ({ strategy }) => strategy !== undefined,
).map(({ type }) => type);

/** By its name in the table. */
export function runbookNamed(kind: string): Runbook | undefined {
  return ALL.find((one) => one.kind === kind);
}

/** All runbooks behind a workflow type; none of what is no operation, or of a later version. */
export function runbooksOfType(type: string): Runbook[] {
  return ALL.filter((one) => one.type === type);
}

/** The runbook that a workflow of this type is to carry out: where there are several, the one that the request means, else the first. */
export function runbookFor(type: string, request: unknown): Runbook | undefined {
  const behind = runbooksOfType(type);
  const { mode, beside } = isRecord(request) ? request : {};
  const meant = behind.filter((one) => one.mode === mode);
  return meant.find((one) => (one.beside === true) === (beside === true)) ?? meant[0] ?? behind[0];
}

/** Begins the id of every dry run. */
const DRY_RUN = 'plan/';

/** The id of the operation that a request asks for; a dry run has one of its own, and so waits for no operation that it is about. */
export function operationAsked({ id }: Pick<Runbook, 'id'>, request: OperationRequest): string {
  return `${request.dryRun === true ? DRY_RUN : ''}${id(request)}`;
}

/** The id without what marks a dry run. */
export function withoutDryRun(operation: string): string {
  return operation.startsWith(DRY_RUN) ? operation.slice(DRY_RUN.length) : operation;
}

/** The runbook that an operation was carried out by: where several stand behind its workflow type, the one that names its operations so. */
export function runbookOf({
  kind,
  operation,
}: {
  kind: string;
  operation: string;
}): Runbook | undefined {
  const behind = runbooksOfType(kind);
  const name = withoutDryRun(operation);
  const [word, system = '', datastore] = name.split('/');
  const request = { system, ...(datastore !== undefined && { datastore }) };
  return (
    behind.find((one) => one.id(request) === name) ??
    behind.find((one) => one.id({ system: '' }).split('/')[0] === word) ??
    behind[0]
  );
}

/** The rank of an operation; the highest of its workflow type where its name is not known. */
export function rankOf({
  type,
  operation,
}: {
  type: string;
  operation: string | undefined;
}): number {
  if (operation === undefined) return rankOfType(type);
  return runbookOf({ kind: type, operation })?.rank ?? 0;
}

/** The workflow types of what takes users off a version that was found bad. */
export const FINDS_BAD = ALL.filter(({ findsBad }) => findsBad).map(({ type }) => type);

/** The deploy of this strategy, as `--strategy` and system files call it. */
export function deployBy(strategy: string | undefined): Runbook | undefined {
  return ALL.find((one) => one.strategy !== undefined && one.strategy === strategy);
}

/** What `--strategy` may be. */
export const STRATEGIES: readonly string[] = ALL.flatMap(({ strategy = [] }) => strategy);

/** The highest rank that an operation of this workflow type may have; 0 of what is no operation. */
export function rankOfType(type: string): number {
  return Math.max(0, ...runbooksOfType(type).map(({ rank }) => rank));
}
