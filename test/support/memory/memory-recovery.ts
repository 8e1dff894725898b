// Records of drills and the ledgers of recoverability and of schedules, in memory.
import type { DrillsPort } from '../../../src/ports/drills.ts';
import type { RecoveryLedgerPort } from '../../../src/ports/recovery-ledger.ts';
import type { DrillRecord } from '../../../src/domain/recovery/drill-record.ts';
import type {
  ScheduledLedgerPort,
  ScheduledSeen,
} from '../../../src/ports/steps/scheduled-ledger.ts';
import type { RecoverySeen } from '../../../src/domain/recovery/recovery-seen.ts';

export interface MemoryRecovery {
  drills: DrillsPort & { records: DrillRecord[] };
  ledger: RecoveryLedgerPort & { seen: Map<string, RecoverySeen> };
  scheduled: ScheduledLedgerPort & { seen: Map<string, ScheduledSeen> };
  version: string;
}

export function memoryRecovery(): MemoryRecovery {
  const records: DrillRecord[] = [];
  const seen = new Map<string, RecoverySeen>();
  const scheduled = new Map<string, ScheduledSeen>();
  return {
    version: '1.0.0',
    drills: {
      records,
      put: async (record) => {
        if (!records.some(({ runId }) => runId === record.runId)) records.push(record);
      },
      list: async ({ system, most }) =>
        records
          .filter((one) => one.system === system)
          .sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1))
          .slice(0, most),
    },
    ledger: {
      seen,
      read: async (system) => seen.get(system),
      write: async (one) => {
        seen.set(one.system, one);
      },
      list: async () => [...seen.values()],
    },
    scheduled: {
      seen: scheduled,
      write: async (one) => {
        scheduled.set(one.system, one);
      },
      list: async () => [...scheduled.values()],
    },
  };
}
