// Which recovery of a system began last, beside the catalogue: `_epochs/<system>/<number>.json`, of which the highest counts.
// No system is called `_epochs`.
import { z } from 'zod';
import type { EpochsPort, SystemEpoch } from '../ports/epochs.ts';
import type { ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import { createNewestObjects } from './newest-objects.ts';

const epochSchema: z.ZodType<SystemEpoch> = z.object({
  system: z.string(),
  epoch: z.number().int().min(0),
  operation: z.string(),
  server: z.string(),
});

export function createEpochs(objects: ObjectsPort & Pick<ObjectRemovalPort, 'remove'>): EpochsPort {
  const newest = createNewestObjects(objects, '_epochs', epochSchema);
  return {
    newest: (system) => newest.read(system),
    note: (epoch) => newest.write(epoch.system, epoch),
  };
}
