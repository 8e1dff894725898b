// Of several Fairleads over one object store, each with a Temporal of its own, leases say nothing: what began a recovery
// last is noted beside the backups, and what began before it changes nothing of that system any more.
import { Context, getClient } from '@temporalio/activity';
import { Failure } from '../domain/failure.ts';
import type { EpochsPort } from '../ports/epochs.ts';
import { runbookOf } from '../runbooks/index.ts';

export interface Changing {
  system: string;
  operation: string;
  /** The workflow type of the operation. */
  type: string;
  /** Of the lease or the run under which it changes something (ms). */
  epoch: number;
  /** It saves users, and is not held up by an object store that does not answer. */
  urgent: boolean;
}

/** Servers that were asked who they are, by their connection. */
const servers = new WeakMap<object, Promise<string>>();

/** Throws Superseded where a recovery by another Fairlead began later; notes the epoch of what is such a recovery itself. */
export async function refuseOlder(
  { system, operation, type, epoch, urgent }: Changing,
  epochs: EpochsPort,
): Promise<void> {
  const found = await epochs.newest(system).catch((error: unknown) => {
    if (urgent && error instanceof Failure) return undefined;
    throw error;
  });
  const fences = runbookOf({ kind: type, operation })?.fencesOthers === true;
  if (found === undefined && !fences) return;
  const server = await ownServer();
  if (found !== undefined && found.server !== server && found.epoch > epoch) {
    throw new Failure(
      'Superseded',
      `${operation}: a newer change was there first: ${found.operation} of another Fairlead over the same object store (Temporal ${found.server}) began at ${new Date(found.epoch).toISOString()}; nothing was changed, begin it anew where that is over`,
    );
  }
  const isNoted = found?.server === server && found.operation === operation;
  if (fences && !(isNoted && found.epoch >= epoch)) {
    await epochs.note({ system, epoch, operation, server });
  }
}

/** The cluster id and the namespace of the server that this activity is one of. */
async function ownServer(): Promise<string> {
  const { connection } = getClient();
  const known = servers.get(connection) ?? askServer();
  servers.set(connection, known);
  return known.catch((error: unknown) => {
    servers.delete(connection);
    throw new Failure('Unavailable', `asking Temporal which server it is: ${String(error)}`);
  });
}

async function askServer(): Promise<string> {
  const { clusterId } = await getClient().connection.workflowService.getClusterInfo({});
  return `${clusterId}/${Context.current().info.namespace}`;
}
