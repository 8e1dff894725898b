// A folder of files in generations: `gen-1`, `gen-2` ... and `current`, a symbolic link to the one that is live. It is
// exchanged by one rename: readers see the old generation or the new one. Under a write fence `current` leads nowhere,
// and its text says since which epoch: `fenced-<epoch>-<sequence>-gen-3`. A folder without `current` is its own data; once it
// was converted (plain-folder.ts) its generations lie in a folder beside it, and its own name is a link to what is live.
import { lstat, mkdir, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import type { DatastoreRef } from '../../ports/backups.ts';
import { openFolder } from './within.ts';

export const CURRENT = 'current';
/** What was live before there were generations. */
export const FIRST = 'gen-1';
const GENERATION = /^gen-([1-9]\d{0,8})$/;
const FENCED = /^fenced-(\d+)-(\d+)-(gen-[1-9]\d{0,8})$/;

export interface Generations {
  /** The folder that `current` and the generations are in, or will be once a plain folder is converted. */
  root: string;
  /** Where the live files are. */
  folder: string;
  /** `gen-N`, or undefined for a folder without generations. */
  current: string | undefined;
  /** The epoch of the operation whose write fence keeps everybody out; undefined without one. */
  fencedSince: number | undefined;
}

/** Throws NotFound when the folder is not there, WorldChanged when `current` leads nowhere known. */
export async function generationsOf(directory: string): Promise<Generations> {
  const root = (await isConverted(directory)) ? generationsBeside(directory) : directory;
  await folderThere(root);
  const target = await linkText(join(root, CURRENT));
  if (target === undefined) {
    const beside = generationsBeside(directory);
    return { root: beside, folder: directory, current: undefined, fencedSince: undefined };
  }
  const [, epoch, , fenced] = FENCED.exec(target) ?? [];
  const current = fenced ?? basename(target);
  if (
    !isGeneration(current) ||
    (fenced === undefined && ![current, `./${current}`].includes(target))
  ) {
    throw new Failure(
      'WorldChanged',
      `${join(root, CURRENT)} leads to ${target}, and not to a generation gen-N beside it; somebody else made it`,
    );
  }
  const folder = join(root, current);
  await folderThere(folder);
  return { root, folder, current, fencedSince: epoch === undefined ? undefined : Number(epoch) };
}

/** Where the generations of a plain folder lie once it is converted. */
export function generationsBeside(directory: string): string {
  return `${directory}.generations`;
}

/** The text of the link that a converted folder is: relative, so that both can be moved together. */
export function convertedLink(directory: string): string {
  return `${basename(generationsBeside(directory))}/${CURRENT}`;
}

/** Its name is the link; or nothing, where whoever converted it was killed before that was made. */
async function isConverted(directory: string): Promise<boolean> {
  const text = await linkText(directory);
  if (text !== undefined) return text === convertedLink(directory);
  const there = await lstat(directory).catch(() => undefined);
  if (there !== undefined) return false;
  return (await linkText(join(generationsBeside(directory), CURRENT))) !== undefined;
}

/** Undefined where there is nothing, or a file or folder. */
export async function linkText(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: unknown) => {
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes(textAt(error, 'code') ?? '')) return undefined;
    throw error;
  });
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

/** Makes an empty folder for the next generation, open to whom the live one is; nobody reads it until it is exchanged. */
export async function newGeneration(live: Pick<Generations, 'root' | 'folder'>): Promise<string> {
  for (;;) {
    const name = await nextGeneration(live.root);
    try {
      await mkdirLike(join(live.root, name), live.folder);
      return name;
    } catch (error) {
      // Somebody else was first: the one after that.
      if (textAt(error, 'code') !== 'EEXIST') throw error;
    }
  }
}

/** Makes a folder with the rights and the owner of another one. */
export async function mkdirLike(folder: string, like: string): Promise<void> {
  const { mode, uid, gid } = await stat(like);
  await mkdir(folder);
  const made = await openFolder(folder);
  try {
    await made.chmod(mode & 0o7777);
    if (process.getuid?.() === 0) await made.chown(uid, gid);
  } finally {
    await made.close();
  }
}

/** The name of the generation after all that are there; the first one is what was live before there were any. */
export async function nextGeneration(root: string): Promise<string> {
  const names = await readdir(root).catch((error: unknown) => {
    if (textAt(error, 'code') === 'ENOENT') return [];
    throw error;
  });
  const numbers = names.flatMap((name) => {
    const number = GENERATION.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return `gen-${Math.max(1, ...numbers) + 1}`;
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
