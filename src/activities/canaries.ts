// Writes one canary record into each live datastore of a system that asks for them. A store that fails is told and stops
// no other one; a store that is being recovered gets none: that is the fence.
import type { CanaryResult, CanaryRound } from '../domain/canary-round.ts';
import { leaseId } from '../domain/operation.ts';
import { secretSource } from '../domain/loaded-system.ts';
import type { Call } from './boundary.ts';
import { describeLease } from './leases.ts';
import type { CanaryPort } from './ports-canary.ts';
import type { DatastoreRef } from './ports-data.ts';
import type { Redactor, SystemsPort } from './ports.ts';
import { redactionOf } from './redaction.ts';

export interface CanaryPorts {
  systems: SystemsPort;
  canaries: CanaryPort;
  redactor: Redactor;
}

/** What recovers data writes where a record would be written, and the record would tell a lie about it. */
const RECOVERS = 'disasterRecovery';

export async function writeCanaries(
  { system }: { system: string },
  call: Call,
  ports: CanaryPorts,
): Promise<CanaryRound> {
  const loaded = await ports.systems.load(system);
  const { datastores = {} } = loaded.system;
  const names = Object.keys(datastores);
  const shown = await redactionOf(ports.redactor, secretSource(loaded), [loaded.name, ...names]);
  const results: CanaryResult[] = [];
  for (const [datastore, settings] of Object.entries(datastores)) {
    if (settings.recoveryPoint?.canary === undefined) continue;
    call.signal.throwIfAborted();
    const store = { system: loaded.name, datastore, directory: loaded.directory, settings };
    results.push(await writeOne(store, call, ports));
  }
  return shown({ system: loaded.name, results });
}

async function writeOne(
  store: DatastoreRef,
  call: Call,
  { canaries }: CanaryPorts,
): Promise<CanaryResult> {
  const { system, datastore } = store;
  try {
    const fencedBy = await recoveryOf(system, datastore);
    if (fencedBy !== undefined) {
      return { datastore, state: 'fenced', detail: `${fencedBy} recovers it: nothing is written` };
    }
    const { number, at, skewMs } = await canaries.write(store, call);
    return { datastore, state: 'written', detail: `record ${number} of ${at}`, number, at, skewMs };
  } catch (error) {
    if (call.signal.aborted) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    return { datastore, state: 'failed', detail };
  }
}

/** The open operation that holds the datastore to recover it. */
async function recoveryOf(system: string, datastore: string): Promise<string | undefined> {
  const lease = await describeLease(leaseId(system, datastore));
  const holder = lease?.open === true ? lease.holder : undefined;
  return holder?.open === true && holder.kind === RECOVERS ? holder.workflowId : undefined;
}
