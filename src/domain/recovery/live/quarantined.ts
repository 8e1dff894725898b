// What exchanges keep of data that were live: whose it is, since when, and until when it stays. Pure.
import type { System } from '../../../config/system.ts';
import type { QuarantineRow } from '../../backup/backup-list.ts';
import { QUARANTINE_MS } from '../recovery-defaults.ts';

/** One side that an exchange took out of use, as its store knows it. */
export interface Quarantined {
  /** `gen-1`, the name of a database. */
  name: string;
  /** ms */
  since: number;
  /** The operation that took it out of use, where the store notes it. */
  operation?: string;
  /** Absent where the store cannot tell. */
  bytes?: number;
}

/** ms */
export function keptUntil({ recovery }: Pick<System, 'recovery'>, { since }: Quarantined): number {
  return since + (recovery?.quarantine ?? QUARANTINE_MS);
}

export function quarantineRow(
  system: Pick<System, 'recovery'>,
  datastore: string,
  one: Quarantined,
): QuarantineRow {
  const { name, since, operation, bytes } = one;
  return {
    ...{ datastore, name, since: new Date(since).toISOString() },
    until: new Date(keptUntil(system, one)).toISOString(),
    ...(operation !== undefined && { operation }),
    ...(bytes !== undefined && { bytes }),
  };
}
