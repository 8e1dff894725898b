// The images that the tests' clusters have: every tag of `test/service`, but those that begin with `missing`.
import { join } from 'node:path';
import type { Images } from './pod.ts';

const NAME = 'test/service';

export const testImages: Images = (image) => {
  const [name, tag = 'latest'] = image.split(':');
  if (name !== NAME || tag.startsWith('missing')) return undefined;
  const command = [process.execPath, join(import.meta.dirname, 'pod-service.mjs')] as const;
  return { command, directory: import.meta.dirname, env: { TAG: tag } };
};
