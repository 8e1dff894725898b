// Gauges of the runbooks on schedules, from what the last look at each system left in the object store: set anew every 15 s.
// Every worker of a store shows the same.
import type { MetricMeter } from '@temporalio/common';
import type { Log } from './log.ts';

/** What is read of a look at a system. */
export interface ScheduledLook {
  system: string;
  /** ISO 8601. */
  checkedAt: string;
  runbooks: { runbook: string; attention: boolean }[];
}

export interface ScheduledWatchInput {
  list: () => Promise<ScheduledLook[]>;
  meter: MetricMeter;
  namespace: string;
  log: Log;
}

const EVERY_MS = 15_000;
/** A system that was not looked at for so long is not shown any more: it is gone, or nothing is on its schedule. */
const FORGOTTEN_MS = 7 * 86_400_000;

/** Looks now and every 15 s, until it is stopped. */
export function watchScheduled({ list, meter, namespace, log }: ScheduledWatchInput): {
  stop: () => void;
} {
  const tagged = meter.withTags({ namespace });
  const attention = tagged.createGauge(
    'fairlead_scheduled_runbook_overdue',
    'int',
    undefined,
    '1 when a runbook on the schedule was missed, failed, or is open for too long, else 0.',
  );
  const age = tagged.createGauge(
    'fairlead_scheduled_check_age_seconds',
    'float',
    undefined,
    'How long ago it was last looked how the runbooks on the schedule of a system stand.',
  );
  let failed = false;
  const look = async (): Promise<void> => {
    try {
      const now = Date.now();
      for (const { system, checkedAt, runbooks } of await list()) {
        const since = now - Date.parse(checkedAt);
        if (since > FORGOTTEN_MS) continue;
        age.set(Math.max(0, since / 1000), { system });
        for (const one of runbooks)
          attention.set(one.attention ? 1 : 0, { system, runbook: one.runbook });
      }
      failed = false;
    } catch (error) {
      if (failed) return;
      failed = true;
      const reason = error instanceof Error ? error.message : String(error);
      const message =
        'what is known of runbooks on schedules cannot be read; metrics of it are old';
      log.write({ level: 'warn', message, fields: { reason } });
    }
  };
  void look();
  const timer = setInterval(() => void look(), EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
