// Small files that are replaced whole: whoever reads one sees the old text or the new one, also after a crash.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { textAt } from '../domain/json.ts';
import { forOthers } from './own-umask.ts';

export interface KeepOptions {
  /** Permissions of a new file (0o600). */
  mode: number;
  /** Beside the file: where it is written first. What a killed writer leaves is called so. */
  draft?: string;
}

/** The file says `text`, on disk, when this resolves. Throws what the file system throws, and leaves no draft. */
export async function keepFile(
  file: string,
  text: string | Uint8Array,
  options: KeepOptions,
): Promise<void> {
  const draft = await writeDraft(file, text, options);
  try {
    await rename(draft, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes a file where there is none, whole or not at all: of two that do so at once one is first, and its text stays. */
export async function keepFirst(file: string, text: string, options: KeepOptions): Promise<void> {
  const draft = await writeDraft(file, text, options);
  try {
    await link(draft, file);
  } catch (error) {
    if (textAt(error, 'code') !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** The text on disk under a name of its own beside the file, for whoever links it in; answers with that name. */
export async function writeDraft(
  file: string,
  text: string | Uint8Array,
  { mode, draft = `${file}.${randomUUID()}.tmp` }: KeepOptions,
): Promise<string> {
  // What lies at a draft's own name is a killed writer's. Whatever else is there (a link, somebody's) is not written into.
  const asNew = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  try {
    const handle = await open(draft, asNew, mode);
    try {
      await forOthers(handle, mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return draft;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** New names in the folder are there after a crash too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** A new name is only there after a crash when the folders up to it are on disk too, `top` included. */
export async function syncFolders(top: string, folder: string): Promise<void> {
  for (let at = folder; at.length >= top.length; at = dirname(at)) {
    const handle = await open(at, 'r').catch((error: unknown) => {
      // The object was removed since, and its folder with it.
      if (['ENOENT', 'ENOTDIR'].includes(textAt(error, 'code') ?? '')) return undefined;
      throw error;
    });
    if (handle === undefined) continue;
    await handle.sync().finally(() => handle.close());
  }
}
