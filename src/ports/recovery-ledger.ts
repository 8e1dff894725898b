// The port to what was found last of each system's recoverability. Implemented in integrations/recovery-ledger.ts. Every verb throws `Failure`.
import type { RecoverySeen } from '../domain/recovery/recovery-seen.ts';

/** What was found last of each system, for metrics and for who is told. */
export interface RecoveryLedgerPort {
  read(system: string): Promise<RecoverySeen | undefined>;
  write(seen: RecoverySeen): Promise<void>;
  list(): Promise<RecoverySeen[]>;
}
