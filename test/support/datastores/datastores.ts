// Datastores as a system file declares them, with everything that it may leave out; and where real servers of them run,
// and how they are ended.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatastoreRef } from '../../../src/ports/backups.ts';
import { datastoreSchema, type Datastore } from '../../../src/config/datastores.ts';
import type { Into, Write } from '../../../src/datastores/store.ts';
import type { z } from 'zod';
import { killProcess, processesIn } from '../../../src/machine/processes-in.ts';
import { eventually } from '../local-daemon.ts';

export function datastoreRef(
  datastore: string,
  directory: string,
  settings: z.input<typeof datastoreSchema>,
): DatastoreRef {
  const parsed: Datastore = datastoreSchema.parse(settings);
  return { system: 'shop', datastore, directory, settings: parsed };
}

/** Where a first attempt at a backup goes: there is no earlier one. */
export function into(write: Write): Into {
  return { write, earlier: async () => undefined, stored: async () => undefined };
}

/** Servers of copies run as another user when the tests run as root: it has to get through. */
export async function passableFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(folder, 0o711);
  return folder;
}

/** Ends whatever runs in its folder, and removes that. */
export async function endServer(name: string, folder: string): Promise<void> {
  await eventually(`${name} to end`, () => {
    const left = processesIn(folder);
    left.forEach(killProcess);
    return left.length === 0;
  });
  await rm(folder, { recursive: true, force: true });
}
