// What the last check of each system's recoverability came to, in the object store: `_recovery/<system>/<number>.json`,
// of which the highest counts. Lost, people are told once more. Written by the activity checkRecovery; read by it, and
// by the worker's gauges.
import { z } from 'zod';
import type { ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import type { RecoveryLedgerPort } from '../ports/recovery-ledger.ts';
import type { RecoverySeen } from '../domain/recovery/recovery-seen.ts';
import { createNewestObjects } from './newest-objects.ts';

const seenSchema: z.ZodType<RecoverySeen> = z.object({
  schema: z.literal('fairlead/recovery-seen/v1'),
  system: z.string(),
  checkedAt: z.iso.datetime(),
  state: z.enum(['proven', 'unproven']),
  codes: z.array(z.string()),
  changedAt: z.iso.datetime(),
  told: z.boolean(),
  backups: z.array(
    z.object({ datastore: z.string(), pointAt: z.iso.datetime().nullable(), rpoMs: z.number() }),
  ),
  lastDrillAt: z.iso.datetime().nullable(),
});

export function createRecoveryLedger(
  objects: ObjectsPort & Pick<ObjectRemovalPort, 'remove'>,
): RecoveryLedgerPort {
  const newest = createNewestObjects(objects, '_recovery', seenSchema);
  return {
    read: async (system) => {
      const seen = await newest.read(system);
      return seen?.system === system ? seen : undefined;
    },
    write: (seen) => newest.write(seen.system, seen),
    list: () => newest.list(),
  };
}
