// Writes one heartbeat into each live datastore of a system that asks for them. A store that fails is told and stops
// no other one; a store that is being recovered gets none.
import type { HeartbeatResult, HeartbeatRound } from '../../domain/backup/heartbeat-round.ts';
import { leaseId } from '../../domain/operation/operation.ts';
import { secretSource } from '../../domain/loaded-system.ts';
import { runbooksOfType } from '../../runbooks/index.ts';
import type { Call } from '../call.ts';
import { describeLease } from '../leases/leases.ts';
import type { HeartbeatPort } from '../../ports/heartbeats.ts';
import type { DatastoreRef } from '../../ports/backups.ts';
import { datastoreRefs } from './datastore-refs.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import { redactionOf } from '../redaction.ts';

export interface HeartbeatPorts {
  systems: SystemsPort;
  heartbeats: HeartbeatPort;
  redactor: Redactor;
}

export async function writeHeartbeats(
  { system }: { system: string },
  call: Call,
  ports: HeartbeatPorts,
): Promise<HeartbeatRound> {
  const loaded = await ports.systems.load(system);
  const names = Object.keys(loaded.system.datastores ?? {});
  const shown = await redactionOf(ports.redactor, secretSource(loaded), [loaded.name, ...names]);
  const results: HeartbeatResult[] = [];
  for (const store of datastoreRefs(loaded)) {
    if (store.settings.recoveryPoint?.canary === undefined) continue;
    call.signal.throwIfAborted();
    results.push(await writeOne(store, call, ports));
  }
  return shown({ system: loaded.name, results });
}

async function writeOne(
  store: DatastoreRef,
  call: Call,
  { heartbeats }: HeartbeatPorts,
): Promise<HeartbeatResult> {
  const { system, datastore } = store;
  try {
    const fencedBy = await recoveryOf(system, datastore);
    if (fencedBy !== undefined) {
      return { datastore, state: 'fenced', detail: `${fencedBy} recovers it: nothing is written` };
    }
    const { number, at, skewMs } = await heartbeats.write(store, call);
    return { datastore, state: 'written', detail: `record ${number} of ${at}`, number, at, skewMs };
  } catch (error) {
    if (call.signal.aborted) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    return { datastore, state: 'failed', detail };
  }
}

/** The open operation that writes to the datastore where a record would be written: the record would tell a lie about it. */
async function recoveryOf(system: string, datastore: string): Promise<string | undefined> {
  const lease = await describeLease(leaseId(system, datastore));
  const holder = lease?.open === true ? lease.holder : undefined;
  if (holder?.open !== true) return undefined;
  const stops = runbooksOfType(holder.type).some(({ stopsHeartbeats }) => stopsHeartbeats);
  return stops ? holder.workflowId : undefined;
}
