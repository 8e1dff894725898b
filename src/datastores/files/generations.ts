// A folder of files in generations: `gen-1`, `gen-2` ... and `current`, a symbolic link to the one that is live. It is
// exchanged by one rename: readers see the old generation or the new one. A folder without `current` is its own data.
import { lstat, mkdir, readdir, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';

const CURRENT = 'current';
const GENERATION = /^gen-([1-9]\d{0,8})$/;

export interface Generations {
  /** Where the live files are. */
  folder: string;
  /** `gen-N`, or undefined for a folder without generations. */
  current: string | undefined;
}

/** Throws NotFound when the folder is not there, WorldChanged when `current` leads nowhere known. */
export async function generationsOf(directory: string): Promise<Generations> {
  await folderThere(directory);
  const target = await readlink(join(directory, CURRENT)).catch((error: unknown) => {
    // EINVAL: a file or a folder of that name, as any other.
    if (['ENOENT', 'EINVAL'].includes(textAt(error, 'code') ?? '')) return undefined;
    throw error;
  });
  if (target === undefined) return { folder: directory, current: undefined };
  const current = basename(target);
  if (!GENERATION.test(current) || ![current, `./${current}`].includes(target)) {
    throw new Failure(
      'WorldChanged',
      `${join(directory, CURRENT)} leads to ${target}, and not to a generation gen-N beside it; somebody else made it`,
    );
  }
  await folderThere(join(directory, current));
  return { folder: join(directory, current), current };
}

/** Makes an empty folder for the next generation; nobody reads it until `exchange`. */
export async function newGeneration(directory: string): Promise<string> {
  const numbers = (await readdir(directory)).flatMap((name) => {
    const number = GENERATION.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  const name = `gen-${Math.max(0, ...numbers) + 1}`;
  await mkdir(join(directory, name));
  return name;
}

/**
 * Makes `to` the live generation, if `from` is the one that is live now (or `to` already: asked twice it is fine).
 * Throws WorldChanged with `{expected, found}`.
 */
export async function exchange(
  directory: string,
  { from, to }: { from: string | undefined; to: string },
): Promise<void> {
  const { current } = await generationsOf(directory);
  if (current === to) return;
  if (current !== from) {
    const message = `exchanging the generation of ${directory}: ${current ?? 'no generation'} is live, and not ${from ?? 'none'}; look at it and begin anew`;
    throw new Failure('WorldChanged', message, { expected: from ?? null, found: current ?? null });
  }
  await folderThere(join(directory, to));
  const link = join(directory, `.${CURRENT}-${randomUUID()}`);
  await symlink(to, link);
  await rename(link, join(directory, CURRENT)).catch(async (error: unknown) => {
    await unlink(link).catch(() => undefined);
    throw error;
  });
}

async function folderThere(folder: string): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats?.isDirectory() === true) return;
  throw new Failure('NotFound', `${folder} is no folder; is it mounted, and is the path right?`);
}
