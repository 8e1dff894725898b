// Of several Fairleads over one object store, each with a Temporal of its own, leases say nothing: what began a recovery
// last is noted beside the backups, and what began before it changes nothing of that system any more.
import { Context, getClient } from '@temporalio/activity';
import { Failure } from '../../domain/failure.ts';
import type { EpochsPort, SystemEpoch } from '../../ports/epochs.ts';
import { runbookOf } from '../../runbooks/index.ts';

export interface Changing {
  system: string;
  operation: string;
  /** The workflow type of the operation. */
  type: string;
  /** When the lease was taken, or the run started, under which the operation changes something (ms). */
  epoch: number;
  /** The operation saves users, and is not held up by an object store that does not answer. */
  urgent: boolean;
}

/** How far (ms) clocks of machines may be apart. */
const CLOCKS_APART_MS = 3_600_000;

/** Servers that were asked who they are, by their connection. */
const servers = new WeakMap<object, Promise<string>>();

/** Throws Superseded where a recovery by another Fairlead began later; notes the epoch of what is such a recovery itself. */
export async function refuseOlder(changing: Changing, epochs: EpochsPort): Promise<void> {
  const { system, operation, type, epoch } = changing;
  const found = await newestOf(changing, epochs);
  const fences = runbookOf({ kind: type, operation })?.fencesOthers === true;
  if (found === undefined && !fences) return;
  const server = await ownServer();
  if (found !== undefined && found.server !== server) refuseAfter(found, changing);
  const own = { system, epoch, operation, server };
  if (fences && !isNoted(own, found)) await epochs.note(own);
}

/** Whether the same operation was noted with this epoch, or a later one of another of its leases. */
function isNoted(own: SystemEpoch, found: SystemEpoch | undefined): boolean {
  const isOwn = found?.server === own.server && found.operation === own.operation;
  return isOwn && found.epoch >= own.epoch;
}

async function newestOf(
  { system, urgent }: Changing,
  epochs: EpochsPort,
): Promise<SystemEpoch | undefined> {
  try {
    return await epochs.newest(system);
  } catch (error) {
    if (urgent && error instanceof Failure) return undefined;
    throw error;
  }
}

/** Throws Superseded where the recovery that was noted last began after what is to change something, Refused where it is still to come. */
export function refuseAfter(
  found: SystemEpoch,
  { system, operation, epoch, urgent }: Changing,
): void {
  if (found.epoch <= epoch) return;
  if (found.epoch > Date.now() + CLOCKS_APART_MS) {
    // Whoever can write to the store would hold up a stop for ever.
    if (urgent) return;
    throw new Failure(
      'Refused',
      `${operation}: the object store says that ${found.operation} of another Fairlead begins at ${timeOf(found.epoch)}, which is still to come: a clock is wrong, or somebody wrote that; nothing was changed, remove _epochs/${system}/ of the store and begin anew`,
    );
  }
  throw new Failure(
    'Superseded',
    `${operation}: a newer change was there first: ${found.operation} of another Fairlead over the same object store (Temporal ${found.server}) began at ${timeOf(found.epoch)}; nothing was changed, begin it anew where that is over`,
  );
}

/** ISO 8601; the number itself where it is no time. */
export function timeOf(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? `${ms} ms` : time.toISOString();
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
