// Names and rank of operations.
import type { System } from '../config/system.ts';
import { parseBackupId } from './backup-id.ts';
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
  backup: 1,
  verifyBackup: 1,
  // What is not backed up in time is lost; a drill can be run again.
  disasterRecovery: 1,
};

export function precedenceOf(kind: string): number {
  return Object.entries(PRECEDENCE).find(([one]) => one === kind)?.[1] ?? 0;
}

/** Takes users away from what harms them: goes on where others would rather wait. */
export function savesUsers(kind: OperationKind): boolean {
  return kind === 'stopTraffic' || kind === 'rollback';
}

/** Reads data, writes backups and copies, and touches no service. */
export type DataKind = Extract<OperationKind, 'backup' | 'verifyBackup' | 'disasterRecovery'>;

export function isDataKind(kind: OperationKind): kind is DataKind {
  return kind === 'backup' || kind === 'verifyBackup' || kind === 'disasterRecovery';
}

/** The datastore that a request names; undefined for every primary one. */
export function datastoreOf({ datastore, backup }: OperationRequest): string | undefined {
  return backup === undefined ? datastore : parseBackupId(backup)?.datastore;
}

/** In sorted order. Derived ones are made anew from these, and backed up only by name. */
export function primaryDatastores({ datastores = {} }: Pick<System, 'datastores'>): string[] {
  return Object.keys(datastores)
    .filter((name) => datastores[name]?.role === 'primary')
    .sort();
}

/** The services or datastores that an operation needs the leases of. */
export function leasedBy(kind: OperationKind, request: OperationRequest, system: System): string[] {
  const isData = isDataKind(kind);
  const named = isData ? datastoreOf(request) : request.service;
  if (named !== undefined) return [named];
  return isData ? primaryDatastores(system) : Object.keys(system.services);
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
    case 'backup':
      return request.datastore === undefined
        ? `backup/${system}`
        : `backup/${system}/${request.datastore}`;
    case 'verifyBackup':
      return `verify/${request.backup ?? proofOf(request)}`;
    case 'disasterRecovery':
      return `drill/${system}`;
  }
}

/** Of the newest backup, or of a file that is in no catalogue. */
function proofOf({ system, datastore = '', file }: OperationRequest): string {
  return `${system}/${datastore}${file === undefined ? '' : '/file'}`;
}

/** Of a service or a datastore: no two of a system have one name. */
export function leaseId(system: string, name: string): string {
  return `lease/${system}/${name}`;
}
