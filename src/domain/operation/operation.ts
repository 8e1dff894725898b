// What an operation is about, which run of it, and the names of its leases.
import type { System } from '../../config/system.ts';
import { parseBackupId } from '../backup/backup-id.ts';
import type { OperationRequest } from './request.ts';

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

/** The workflow id of the lease of a service or a datastore: no two of a system have one name. */
export function leaseId(system: string, name: string): string {
  return `lease/${system}/${name}`;
}

export interface RunRef {
  workflowId: string;
  runId: string;
}

/** Whether a run, as Temporal describes it, is not over: a paused one goes on. */
export function isOpen({ status }: { status: { name: string } }): boolean {
  return status.name === 'RUNNING' || status.name === 'PAUSED';
}
