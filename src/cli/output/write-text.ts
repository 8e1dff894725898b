// A file that a command writes for people: a new one takes the place of the old, also of a link.
import { lstatSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { keepFile } from '../../machine/keep-file.ts';
import { EXIT, ExitError } from '../exit.ts';

/** `what` names it in the error: ExitError (2) with what the file system said. */
export async function writeText(file: string, text: string, what: string): Promise<void> {
  try {
    const path = resolve(file);
    await mkdir(dirname(path), { recursive: true, mode: 0o775 });
    if (isPlace(path)) await keepFile(path, text, { mode: 0o644 });
    else await writeFile(path, text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.badInput, `writing ${what} to ${file}: ${said}`);
  }
}

/**
 * False for a terminal, a pipe, a device: what is written there is no file, and nothing takes its place. Throws for somebody
 * else's pipe, who would read what is written.
 */
function isPlace(path: string): boolean {
  if (/^\/(dev|proc)\//.test(path)) return false;
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.isFile() || there.isSymbolicLink()) return true;
  if (there.isDirectory() || there.uid === process.getuid?.()) return false;
  throw new Error(`it is no file, and belongs to user ${there.uid}; name another one`);
}
