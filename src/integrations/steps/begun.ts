// Changes that were begun, in the object store: each a note beside those of the run's notices, which go when the run is
// forgotten (kept-removal.ts).
import type { BegunPort } from '../../ports/steps/begun.ts';
import type { ObjectsPort } from '../../ports/objects.ts';
import { encodeName } from '../encode-name.ts';
import { jsonBytes, putOnce } from '../json-objects.ts';

export function createBegun(objects: Pick<ObjectsPort, 'put'>): BegunPort {
  return {
    note: ({ runId, step, sequence }, waiting) => {
      const key = `_notices/${runId}/begun-${encodeName(step)}-${sequence}.json`;
      return putOnce(objects, { key, body: jsonBytes({ runId, step, sequence }) }, waiting);
    },
  };
}
