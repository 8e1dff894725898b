// What a recovery in the place of the live data does where the section `recovery:` of its system file says nothing.
import type { DatastoreCapabilities } from '../capabilities.ts';

/** The approval that is asked; a system may have one of this name. */
export const RECOVERY_APPROVAL = 'recovery';

/** For how long what was live is kept after an exchange (ms): 30 days. */
export const QUARANTINE_MS = 30 * 86_400_000;

/** The shares of the clients (percent) in which users come back. */
export const ADMIT_SHARES: readonly number[] = [5, 25, 100];

/** What a runbook on a copy (`recovery.reconcile`, `recovery.migrate.runbook`) has to declare, as texts, by examples of them. */
export const BESIDE_INPUTS = { datastore: 'orders', copy: 'restored', quarantined: 'old' } as const;

/** Why no runbook works on the copy of a datastore of such a kind, as a sentence; undefined where one may. */
export function unfitForRunbooks(
  exchange: DatastoreCapabilities['exchange'] | undefined,
): string | undefined {
  return exchange === 'swap'
    ? 'its fence keeps every login out of the server that has the copy too'
    : undefined;
}
