// The ports to what is known of a system's recoverability: records of drills, and what people were told of it last.
// Implemented in datastores/drills.ts and integrations/recovery-ledger.ts. Every verb throws `Failure`.
import type { DrillRecord } from '../domain/drill-record.ts';
import type { RecoverySeen } from '../domain/recovery-seen.ts';
import type { Waiting } from './ports.ts';

/** Records of drills lie with the backups: `<system>/_drills/YYYY/MM/<time>-<run>.json`. */
export interface DrillsPort {
  /** Adds a record; the one of the same run that is there already stays as it is. */
  put(record: DrillRecord, waiting: Waiting): Promise<void>;
  /** Newest first, `most` of them; what cannot be read is no record. */
  list(input: { system: string; most: number }, waiting: Waiting): Promise<DrillRecord[]>;
}

/** What was found last of each system, for metrics and for who is told. */
export interface RecoveryLedgerPort {
  read(system: string): Promise<RecoverySeen | undefined>;
  write(seen: RecoverySeen): Promise<void>;
  list(): Promise<RecoverySeen[]>;
}
