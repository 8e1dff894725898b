// Whose the files are that Fairlead's own processes write: their user's alone, whatever umask they were started with. What is
// started for others (services, commands of a system file) gets that umask back, and what is written for others its mode.
import { chmod, mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { textAt } from '../domain/json.ts';

const CLOSED = 0o077;

let usual: number | undefined;

/** From now on nobody else reads what this process writes. Called first thing by the programs that write into the data folder. */
export function closeToOthers(): void {
  usual ??= process.umask(CLOSED);
}

/** Starts something with the umask that this process was started with. `start` must not wait: the umask is the whole process's. */
export function withUsualUmask<T>(start: () => T): T {
  if (usual === undefined) return start();
  const own = process.umask(usual);
  try {
    return start();
  } finally {
    process.umask(own);
  }
}

/** Gives a file or folder that was just made for others the mode that it would have by the usual umask. */
export async function forOthers(made: FileHandle, mode: number): Promise<void> {
  if (usual !== undefined) await made.chmod(mode & ~usual);
}

/** Makes a folder, and what is missing above it, with the mode that they have by the usual umask. Answers with the first one that was made. */
export async function makeForOthers(folder: string, mode: number): Promise<string | undefined> {
  const first = await mkdir(folder, { recursive: true, mode });
  if (first === undefined || usual === undefined) return first;
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await chmod(made, mode & ~usual).catch((error: unknown) => {
      // Empty still, it may have been taken away again.
      if (textAt(error, 'code') !== 'ENOENT') throw error;
    });
  }
  return first;
}

export interface MadeLike {
  /** Answers with the first folder that had to be made. */
  make: (folder: string) => Promise<string | undefined>;
  /** A new file. */
  open: (file: string) => Promise<FileHandle>;
}

/** For what lies in a folder that processes of several users may share: open to them where that folder is open to its group. */
export async function madeLike(root: string): Promise<MadeLike> {
  const { mode = 0 } = (await stat(root).catch(() => undefined)) ?? {};
  const isShared = (mode & 0o070) !== 0;
  return {
    make: (folder) =>
      isShared ? makeForOthers(folder, 0o775) : mkdir(folder, { recursive: true, mode: 0o775 }),
    open: async (file) => {
      const handle = await open(file, 'wx', 0o640);
      if (isShared) await forOthers(handle, 0o640);
      return handle;
    },
  };
}
