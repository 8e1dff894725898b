// Gauges of recoverability, from what the last check of each system left in the object store: set anew every 15 s, so that
// ages grow also while nobody checks, and after a restart. Every worker of a store shows the same.
import type { MetricGauge, MetricMeter } from '@temporalio/common';
import type { RecoverySeen } from '../domain/recovery/recovery-seen.ts';
import type { Log } from './log.ts';

export interface RecoveryWatchInput {
  /** What is known of each system. */
  list: () => Promise<RecoverySeen[]>;
  meter: MetricMeter;
  namespace: string;
  log: Log;
}

const EVERY_MS = 15_000;
/** A system that was not checked for so long is not shown any more: it is gone, or nobody watches it. */
const FORGOTTEN_MS = 7 * 86_400_000;

/** Looks now and every 15 s, until it is stopped. */
export function watchRecovery(input: RecoveryWatchInput): { stop: () => void } {
  const gauges = new RecoveryGauges(input);
  void gauges.look();
  const timer = setInterval(() => void gauges.look(), EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

class RecoveryGauges {
  readonly #input: RecoveryWatchInput;
  readonly #proven: MetricGauge;
  readonly #backupAge: MetricGauge;
  readonly #rpo: MetricGauge;
  readonly #drillAge: MetricGauge;
  readonly #checkAge: MetricGauge;
  #failed = false;

  constructor(input: RecoveryWatchInput) {
    this.#input = input;
    const meter = input.meter.withTags({ namespace: input.namespace });
    const gauge = (name: string, help: string, type: 'int' | 'float' = 'float') =>
      meter.createGauge(`fairlead_${name}`, type, undefined, help);
    this.#proven = gauge(
      'recovery_proven',
      '1 when the last check found the system proven recoverable, else 0.',
      'int',
    );
    this.#backupAge = gauge(
      'backup_age_seconds',
      'How far the newest good backup of a datastore goes back; +Inf when there is none.',
    );
    this.#rpo = gauge(
      'backup_rpo_seconds',
      'The most that may be lost of a datastore, as its system file says.',
    );
    this.#drillAge = gauge(
      'last_drill_age_seconds',
      'How long ago the last drill that counts ended; +Inf when there was none.',
    );
    this.#checkAge = gauge(
      'recovery_check_age_seconds',
      'How long ago it was last worked out whether the system is recoverable.',
    );
  }

  /** Sets the gauges. Never rejects: what cannot be read is logged once. */
  async look(): Promise<void> {
    try {
      const all = await this.#input.list();
      const now = Date.now();
      for (const seen of all) {
        if (now - Date.parse(seen.checkedAt) < FORGOTTEN_MS) this.#show(seen, now);
      }
      this.#failed = false;
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      const reason = error instanceof Error ? error.message : String(error);
      const message = 'what is known of recoverability cannot be read; metrics of it are old';
      this.#input.log.write({ level: 'warn', message, fields: { reason } });
    }
  }

  #show({ system, state, backups, lastDrillAt, checkedAt }: RecoverySeen, now: number): void {
    this.#proven.set(state === 'proven' ? 1 : 0, { system });
    for (const { datastore, pointAt, rpoMs } of backups) {
      this.#rpo.set(rpoMs / 1000, { system, datastore });
      this.#backupAge.set(ageOf(pointAt, now), { system, datastore });
    }
    this.#drillAge.set(ageOf(lastDrillAt, now), { system });
    this.#checkAge.set(ageOf(checkedAt, now), { system });
  }
}

/** Seconds since `at` (ISO 8601); infinite for null. */
function ageOf(at: string | null, now: number): number {
  return at === null ? Number.POSITIVE_INFINITY : Math.max(0, (now - Date.parse(at)) / 1000);
}
