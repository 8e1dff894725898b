// What the last check of a system's recoverability came to: the worker's metrics are made from it, and whether people
// have to be told. Kept by integrations/recovery-ledger.ts.
import type { Recoverability } from './recoverability.ts';

export interface RecoverySeen {
  schema: 'fairlead/recovery-seen/v1';
  system: string;
  /** ISO 8601. */
  checkedAt: string;
  state: Recoverability['state'];
  /** Sorted. */
  codes: string[];
  /** When state or codes became what they are; names the notice, so that it is sent once. */
  changedAt: string;
  /** Everybody who is to be told was told of this change. */
  told: boolean;
  /** ISO 8601; null when there is no good backup. */
  backups: { datastore: string; pointAt: string | null; rpoMs: number }[];
  lastDrillAt: string | null;
}

/** The ledger's new entry on a system; `told` is true when nothing changed since people were told. */
export function seenNow(
  found: Recoverability,
  before: RecoverySeen | undefined,
  checkedAt: string,
): RecoverySeen {
  const codes = found.reasons.map(({ code }) => code).sort();
  const isSame =
    before?.state === found.state && JSON.stringify(before.codes) === JSON.stringify(codes);
  return {
    schema: 'fairlead/recovery-seen/v1',
    system: found.system,
    checkedAt,
    state: found.state,
    codes,
    changedAt: isSame ? before.changedAt : checkedAt,
    told: isSame && before.told,
    backups: found.datastores.map(({ datastore, rpoMs, newestBackup }) => ({
      datastore,
      rpoMs,
      pointAt: newestBackup?.pointAt ?? null,
    })),
    lastDrillAt: found.lastDrill?.endedAt ?? null,
  };
}
