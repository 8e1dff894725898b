// Small files that an adapter keeps in the data folder: read when they are there, replaced whole. What cannot be read
// or written is Unavailable, and says what to look at. Used by whatever in this folder keeps files.
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { Failure } from '../domain/failure.ts';
import { textAt } from '../domain/json.ts';

/** Nothing when there is no such file. */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (textAt(error, 'code') === 'ENOENT') return '';
    throw unavailable('reading', file, error);
  }
}

/** On disk, and never seen half written. The folder has to be there. */
export async function replaceJson(file: string, value: unknown): Promise<void> {
  const mine = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(mine, 'wx', 0o640);
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(mine, file);
  } catch (error) {
    await rm(mine, { force: true }).catch(() => undefined);
    throw unavailable('writing', file, error);
  }
}

export function unavailable(doing: string, file: string, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  return new Failure(
    'Unavailable',
    `${doing} ${file}: ${said}. Check that the folder is there, writable and has space.`,
  );
}
