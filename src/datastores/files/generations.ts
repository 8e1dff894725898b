// A folder of files in generations: `gen-1`, `gen-2` ... and `current`, a symbolic link to the one that is live. It is
// exchanged by one rename: readers see the old generation or the new one. Under a write fence `current` leads nowhere,
// and its text says since which epoch: `fenced-<epoch>-<sequence>-gen-3`. A folder without `current` is its own data.
import { chmod, chown, lstat, mkdir, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import type { DatastoreRef } from '../../ports/backups.ts';

export const CURRENT = 'current';
const GENERATION = /^gen-([1-9]\d{0,8})$/;
const FENCED = /^fenced-(\d+)-(\d+)-(gen-[1-9]\d{0,8})$/;

export interface Generations {
  /** Where the live files are. */
  folder: string;
  /** `gen-N`, or undefined for a folder without generations. */
  current: string | undefined;
  /** The epoch of the operation whose write fence keeps everybody out; undefined without one. */
  fencedSince: number | undefined;
}

/** Throws NotFound when the folder is not there, WorldChanged when `current` leads nowhere known. */
export async function generationsOf(directory: string): Promise<Generations> {
  await folderThere(directory);
  const target = await readlink(join(directory, CURRENT)).catch((error: unknown) => {
    // EINVAL: a file or a folder of that name, as any other.
    if (['ENOENT', 'EINVAL'].includes(textAt(error, 'code') ?? '')) return undefined;
    throw error;
  });
  if (target === undefined) {
    return { folder: directory, current: undefined, fencedSince: undefined };
  }
  const [, epoch, , fenced] = FENCED.exec(target) ?? [];
  const current = fenced ?? basename(target);
  if (
    !isGeneration(current) ||
    (fenced === undefined && ![current, `./${current}`].includes(target))
  ) {
    throw new Failure(
      'WorldChanged',
      `${join(directory, CURRENT)} leads to ${target}, and not to a generation gen-N beside it; somebody else made it`,
    );
  }
  const folder = join(directory, current);
  await folderThere(folder);
  return { folder, current, fencedSince: epoch === undefined ? undefined : Number(epoch) };
}

export function isGeneration(name: string): boolean {
  return GENERATION.test(name);
}

/** The text of the link `current` under a write fence. */
export function fencedName(
  { epoch, sequence }: { epoch: number; sequence: number },
  current: string,
): string {
  return `fenced-${epoch}-${sequence}-${current}`;
}

/** Makes an empty folder for the next generation, open to whom `like` is; nobody reads it until it is exchanged. */
export async function newGeneration(directory: string, like: string): Promise<string> {
  const { mode, uid, gid } = await stat(like);
  for (;;) {
    const name = await nextGeneration(directory);
    try {
      await mkdir(join(directory, name));
    } catch (error) {
      // Somebody else was first: the one after that.
      if (textAt(error, 'code') === 'EEXIST') continue;
      throw error;
    }
    await chmod(join(directory, name), mode & 0o7777);
    if (process.getuid?.() === 0) await chown(join(directory, name), uid, gid);
    return name;
  }
}

/** The name of the generation after all that are there. */
export async function nextGeneration(directory: string): Promise<string> {
  const numbers = (await readdir(directory)).flatMap((name) => {
    const number = GENERATION.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return `gen-${Math.max(0, ...numbers) + 1}`;
}

async function folderThere(folder: string): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats?.isDirectory() === true) return;
  throw new Failure('NotFound', `${folder} is no folder; is it mounted, and is the path right?`);
}

/** The folder of a datastore of files, absolute. */
export function directoryOf({ directory, settings }: DatastoreRef): string {
  return resolve(directory, settings.directory ?? '.');
}
