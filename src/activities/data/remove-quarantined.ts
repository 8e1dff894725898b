// A person removes what an exchange kept of live data before its time is over. Whoever keeps it says what is never removed:
// what is live, fenced, in use, or what no exchange put there. While the system is being recovered all of it stays.
import type { RemoveQuarantinedRequest } from '../../domain/operation/remove-quarantined-request.ts';
import { Failure } from '../../domain/failure.ts';
import { isOpen } from '../../domain/operation/operation.ts';
import { quarantineRow } from '../../domain/recovery/live/quarantined.ts';
import type { QuarantineRow } from '../../domain/backup/backup-list.ts';
import type { Call } from '../call.ts';
import { describe } from '../executions.ts';
import type { ExchangesPort } from '../../ports/exchanges.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import { datastoreIn } from '../../domain/backup/rung-steps.ts';
import { datastoreRef } from './datastore-refs.ts';

export interface RemovedQuarantine {
  system: string;
  /** What was removed, as it was listed. */
  removed: QuarantineRow;
  by: string;
}

/** Throws NotFound for what is not kept there, Refused while a recovery is open and for what is in use. */
export async function removeQuarantined(
  { system, datastore, name, requestedBy }: RemoveQuarantinedRequest,
  call: Call,
  { exchanges, systems }: { exchanges: ExchangesPort; systems: SystemsPort },
): Promise<RemovedQuarantine> {
  const loaded = await systems.load(system);
  const about = `removing ${name} of ${system}/${datastore}`;
  datastoreIn(loaded, datastore);
  const recovery = await openRecovery(system);
  if (recovery !== undefined) {
    const message = `${about}: ${recovery} is open, and what was live may be needed; wait for its end`;
    throw new Failure('Refused', message);
  }
  const store = datastoreRef(loaded, datastore);
  const kept = await exchanges.quarantined(store, call);
  const one = kept.find((found) => found.name === name);
  if (one === undefined) {
    const names = kept.map((found) => found.name);
    const there = names.length === 0 ? 'nothing' : names.join(', ');
    throw new Failure('NotFound', `${about}: no exchange keeps it; kept there: ${there}`);
  }
  await exchanges.removeQuarantined({ store, name }, call);
  return { system, removed: quarantineRow(loaded.system, datastore, one), by: requestedBy };
}

/** A recovery in the place of what is live has one name in a system. */
async function openRecovery(system: string): Promise<string | undefined> {
  const id = `recover/${system}`;
  const found = await describe(id);
  return found !== undefined && isOpen(found) ? id : undefined;
}
