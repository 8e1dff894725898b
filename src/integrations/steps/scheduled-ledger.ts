// How the runbooks on each system's schedule stood at the last look, in the object store: `_scheduled/<system>/<number>.json`, of
// which the highest counts. Written by the activity checkScheduled; read by the worker's gauges.
import { z } from 'zod';
import type { ObjectRemovalPort, ObjectsPort } from '../../ports/objects.ts';
import type { ScheduledLedgerPort, ScheduledSeen } from '../../ports/steps/scheduled-ledger.ts';
import { createNewestObjects } from '../newest-objects.ts';

const STATES = ['done', 'notYet', 'late', 'open', 'failed', 'missed', 'paused', 'notKept'] as const;

const seenSchema: z.ZodType<ScheduledSeen> = z.object({
  schema: z.literal('fairlead/scheduled-seen/v1'),
  system: z.string(),
  checkedAt: z.iso.datetime(),
  runbooks: z.array(
    z.object({ runbook: z.string(), state: z.enum(STATES), attention: z.boolean() }),
  ),
});

export function createScheduledLedger(
  objects: ObjectsPort & Pick<ObjectRemovalPort, 'remove'>,
): ScheduledLedgerPort {
  const newest = createNewestObjects(objects, '_scheduled', seenSchema);
  return { write: (seen) => newest.write(seen.system, seen), list: () => newest.list() };
}
