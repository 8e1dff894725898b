// Records of drills and the ledgers of recoverability and of schedules, in memory.
import type { DrillsPort } from '../../../src/ports/drills.ts';
import type { EpochsPort, SystemEpoch } from '../../../src/ports/epochs.ts';
import type { RecoveryLedgerPort } from '../../../src/ports/recovery-ledger.ts';
import type { DrillRecord } from '../../../src/domain/recovery/drill-record.ts';
import type {
  ScheduledLedgerPort,
  ScheduledSeen,
} from '../../../src/ports/steps/scheduled-ledger.ts';
import type { RecoverySeen } from '../../../src/domain/recovery/recovery-seen.ts';

export interface MemoryRecovery {
  drills: DrillsPort & { records: DrillRecord[] };
  epochs: EpochsPort & { noted: Map<string, SystemEpoch> };
  ledger: RecoveryLedgerPort & { seen: Map<string, RecoverySeen> };
  scheduled: ScheduledLedgerPort & { seen: Map<string, ScheduledSeen> };
  version: string;
}

export function memoryRecovery(): MemoryRecovery {
  const noted = new Map<string, SystemEpoch>();
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
    epochs: {
      noted,
      newest: async (system) => noted.get(system),
      note: async (epoch) => {
        noted.set(epoch.system, epoch);
      },
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
