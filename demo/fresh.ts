// The demo's data folder, empty: what an earlier demo left running (it was killed) is ended first.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ChildrenFile, hostLeft } from '../src/embedded/children.ts';
import { lockDataFolder, prepareDataFolder } from '../src/embedded/data-folder.ts';
import { end } from '../src/embedded/running-process.ts';

/** Longer than the local host needs to end its services. */
const GRACE_MS = 15_000;

/** Returns its absolute path. Throws StartFailure: 2 where it cannot be written, 6 while a demo runs there. */
export async function freshFolder(folder: string): Promise<string> {
  const data = prepareDataFolder(folder);
  const lock = lockDataFolder(data);
  try {
    const file = new ChildrenFile(data);
    const left = [
      file.get('worker'),
      file.get('temporal'),
      hostLeft(file, data, file.hostPortOffset),
    ];
    for (const one of left) if (one) await end(one, { graceMs: GRACE_MS });
    for (const name of readdirSync(data)) {
      if (!name.startsWith('up.lock')) rmSync(join(data, name), { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
  return data;
}
