// Which names a system may have, and which systems a folder holds. A name that is not of the right form
// never reaches the file system.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../domain/failure.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { NAME } from '../domain/text/names.ts';
import { listed, shown } from './reading/wording.ts';

export function isSystemName(name: string): boolean {
  return NAME.test(name);
}

/** Folders with a system.yaml, sorted; those whose name no system can have come apart. */
export async function systemNames(dir: string): Promise<{ names: string[]; unusable: string[] }> {
  const found: string[] = [];
  for (const entry of await foldersIn(dir)) {
    if (await isThere(join(dir, entry, 'system.yaml'))) found.push(entry);
  }
  return {
    names: found.filter(isSystemName).sort(),
    unusable: found.filter((name) => !isSystemName(name)).sort(),
  };
}

/** NotFound, with the systems that there are. */
export async function noSuchSystem(dir: string, name: string): Promise<Failure> {
  const { names } = await systemNames(dir);
  const found = names.length === 0 ? 'there are none' : `there are: ${listed(names)}`;
  return new Failure(
    'NotFound',
    `no system ${shown(name)}${didYouMean(name, names)} in ${dir}; ${found}`,
  );
}

async function foldersIn(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries
      .filter((one) => one.isDirectory() || one.isSymbolicLink())
      .map(({ name }) => name);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'NotFound',
      `cannot read the systems folder ${dir} (${why}); name it by --systems`,
    );
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
