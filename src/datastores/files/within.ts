// A path below a folder, reached through no link: whoever owns the folder may exchange what lies in it at any moment, and root
// writes nothing elsewhere for them.
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { actsFor } from '../../machine/service-user.ts';
import { forOthers } from '../../machine/own-umask.ts';

interface Opened {
  handle: FileHandle;
  /** What is in it is reached by this: on Linux the very folder that was opened, elsewhere its path. */
  at: string;
}

/** The folder itself, open: never what a link leads to. */
export function openFolder(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

/**
 * Calls `use` with a path that leads to `path` below `folder`, and with the stats of `folder`. `make`: makes the folders between
 * that are not there, for the owner of `folder`. Throws Refused where one of them is a link or a file.
 */
export async function within<Value>(
  folder: string,
  path: string,
  make: boolean,
  use: (at: string, top: Stats) => Promise<Value>,
): Promise<Value> {
  let opened = await openedAt(await topOf(folder));
  try {
    const top = await opened.handle.stat();
    for (const part of dirname(path).split('/')) {
      if (part === '.') continue;
      const at = join(opened.at, part);
      const isNew = make && (await mkdir(at).then(() => true, unlessThere));
      const inner = await openedAt(at).catch((error: unknown) => {
        throw linkOr(error, join(folder, dirname(path)));
      });
      await opened.handle.close();
      opened = inner;
      if (isNew) {
        await forOthers(inner.handle, 0o777);
        await giveTo(top, inner.handle);
      }
    }
    return await use(join(opened.at, basename(path)), top);
  } finally {
    await opened.handle.close();
  }
}

/**
 * The folder that a datastore names may itself be a link, to a larger disk say. Where root acts for its owner, only one to a folder
 * of theirs. Throws Refused for another.
 */
async function topOf(folder: string): Promise<string> {
  if (!(await lstat(folder)).isSymbolicLink()) return folder;
  const real = await realpath(folder);
  const owner = await actsFor(dirname(folder));
  if (owner === undefined || (await lstat(real)).uid === owner) return real;
  throw new Failure(
    'Refused',
    `${folder} leads through a link to ${real}, a folder of another user than user ${owner}, who owns the link's folder: give it to them, or name it in a folder of root`,
  );
}

/** A file below `folder`, open for reading; what is at its name is no link, nor is what leads there. Throws as `within` does. */
export function openFile(folder: string, path: string): Promise<FileHandle> {
  // Without waiting for whoever writes into a named pipe.
  const how = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return within(folder, path, false, (at) =>
    open(at, how).catch((error: unknown) => {
      throw linkOr(error, join(folder, path));
    }),
  );
}

export type Owned = Pick<Stats, 'uid' | 'gid'>;

/** What root makes belongs to whom the folder belongs to: a service need not be root. */
export async function giveTo({ uid, gid }: Owned, handle: FileHandle): Promise<void> {
  if (process.getuid?.() === 0 && (uid !== 0 || gid !== 0)) await handle.chown(uid, gid);
}

async function openedAt(path: string): Promise<Opened> {
  const handle = await openFolder(path);
  return { handle, at: process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path };
}

function unlessThere(error: unknown): false {
  if (textAt(error, 'code') !== 'EEXIST') throw error;
  return false;
}

function linkOr(error: unknown, path: string): unknown {
  if (!['ELOOP', 'ENOTDIR'].includes(textAt(error, 'code') ?? '')) return error;
  return new Failure('Refused', `${path} leads through a link or a file that somebody put there`);
}
