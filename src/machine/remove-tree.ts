// Removes a folder with all that is in it, and nothing else: whoever owns a folder in it may put a link in its place at any
// moment, and root removes nothing elsewhere for them. So each folder is opened, never through a link, and left by what was opened.
import { constants } from 'node:fs';
import { open, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { textAt } from '../domain/json.ts';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Whoever still writes there may have put something in since. */
const TRIES = 5;

/** What is not there any more is fine. Throws what the file system throws. */
export async function removeTree(path: string): Promise<void> {
  // Elsewhere there is no way to name what was opened.
  if (process.platform !== 'linux')
    return rm(path, { recursive: true, force: true, maxRetries: 3 });
  for (let tries = 1; ; tries += 1) {
    try {
      await removed(path);
      return;
    } catch (error) {
      const code = textAt(error, 'code') ?? '';
      if (code === 'ENOENT') return;
      if (!['ENOTEMPTY', 'ENOTDIR', 'EISDIR'].includes(code) || tries >= TRIES) throw error;
    }
  }
}

async function removed(path: string): Promise<void> {
  const folder = await open(path, FOLDER).catch((error: unknown) => {
    // A file, or a link, which goes itself.
    if (['ENOTDIR', 'ELOOP'].includes(textAt(error, 'code') ?? '')) return undefined;
    throw error;
  });
  if (folder === undefined) return unlink(path);
  try {
    const at = `/proc/self/fd/${folder.fd}`;
    for (const name of await readdir(at)) {
      await removed(join(at, name)).catch((error: unknown) => {
        if (textAt(error, 'code') !== 'ENOENT') throw error;
      });
    }
  } finally {
    await folder.close();
  }
  await rmdir(path);
}
