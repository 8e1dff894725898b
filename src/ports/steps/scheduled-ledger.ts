// The port to how the runbooks on each system's schedule stood when they were looked at last. Implemented in
// integrations/steps/scheduled-ledger.ts. Every verb throws `Failure`.
import type { ScheduledRunbook } from '../../domain/time/scheduled.ts';

export interface ScheduledSeen {
  schema: 'fairlead/scheduled-seen/v1';
  system: string;
  /** ISO 8601. */
  checkedAt: string;
  runbooks: Pick<ScheduledRunbook, 'runbook' | 'state' | 'attention'>[];
}

/** What was found last of each system, for metrics. */
export interface ScheduledLedgerPort {
  write(seen: ScheduledSeen): Promise<void>;
  list(): Promise<ScheduledSeen[]>;
}
