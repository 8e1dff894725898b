// The object store of a folder, and the records that a worker with this data folder keeps, as another worker reads them.
import { join } from 'node:path';
import type { EvidencePort } from '../../../src/ports/evidence.ts';
import { createEarlierEvidence } from '../../../src/integrations/earlier-evidence.ts';
import { createEvidence } from '../../../src/integrations/evidence.ts';
import type { ObjectRemovalPort, ObjectsPort } from '../../../src/ports/objects.ts';
import {
  createObjectRemoval,
  createObjectsFolder,
} from '../../../src/integrations/objects-folder.ts';

export function storeIn(folder: string): ObjectsPort & ObjectRemovalPort {
  return { ...createObjectsFolder(folder), ...createObjectRemoval(folder) };
}

export function evidenceIn(data: string): EvidencePort {
  const earlier = createEarlierEvidence(join(data, 'evidence'));
  return createEvidence(storeIn(join(data, 'objects')), earlier);
}
