// Records of drills, for what is decided over them.
import type { DrillRecord } from '../../../src/domain/recovery/drill-record.ts';
import { DAY, iso, NOW } from '../datastores/catalogue-entries.ts';

export function drillRecord({
  daysOld = 1,
  ...change
}: Partial<DrillRecord> & { daysOld?: number } = {}): DrillRecord {
  const at = NOW - daysOld * DAY;
  return {
    schema: 'fairlead/drill/v1',
    system: 'shop',
    operation: 'drill/shop',
    workflowId: 'drill/shop',
    runId: `run-${daysOld}`,
    outcome: 'succeeded',
    verdict: 'pass',
    reason: 'everything passed',
    startedAt: iso(at - 60_000),
    endedAt: iso(at),
    rtoMs: 40_000,
    rpoMs: 3_600_000,
    backups: ['shop/orders/20261120T000000.000Z'],
    shape: { 'datastores.orders': 'a' },
    engine: { fairlead: '1.0.0' },
    evidenceHead: null,
    ...change,
  };
}
