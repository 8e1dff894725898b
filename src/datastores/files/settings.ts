// What a system file says of a datastore of kind files, a folder, and what this kind can do.
import { z } from 'zod';
import type { DatastoreSettings } from '../../config/kind-settings.ts';
import { leavesFolder, path, staysInside } from '../../config/terms.ts';

export const files = {
  fields: {
    directory: z.exactOptional(path).meta({
      meaning:
        'files: the folder, from the folder of the system; or one with generations gen-N and current.',
      example: 'data',
    }),
  },
  needs: ['directory'],
  capabilities: {
    queries: false,
    heartbeats: true,
    copyLogin: [],
    counts: 'files',
    exchange: 'generation',
    look: 'beside',
    place: ['directory'],
    defaultPlace: {},
  },
  remarks: ({ directory }, folders) =>
    directory === undefined || staysInside(directory, folders)
      ? []
      : [{ path: ['directory'], message: leavesFolder(directory) }],
} as const satisfies DatastoreSettings<{ directory?: string }>;
