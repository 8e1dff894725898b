// A file that a command writes for people: a new one takes the place of the old, also of a link.
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { keepFile } from '../../machine/keep-file.ts';
import { EXIT, ExitError } from '../exit.ts';

/** `what` names it in the error: ExitError (2) with what the file system said. */
export async function writeText(file: string, text: string, what: string): Promise<void> {
  try {
    const path = resolve(file);
    await mkdir(dirname(path), { recursive: true });
    await keepFile(path, text, { mode: 0o644 });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.badInput, `writing ${what} to ${file}: ${said}`);
  }
}
