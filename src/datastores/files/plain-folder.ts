// A plain folder of files gets generations when it is fenced or exchanged for the first time: the folder becomes `gen-1` of
// NAME.generations beside it, and its name a link to what is live there. Programs find their files where they did.
import { lstat, rename, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { syncFolder } from '../../machine/keep-file.ts';
import type { DatastoreRef } from '../../ports/backups.ts';
import type { EpochToken } from '../../domain/rollout/model.ts';
import { claim, type Claim } from './claims.ts';
import {
  convertedLink,
  CURRENT,
  directoryOf,
  FIRST,
  generationsBeside,
  generationsOf,
  linkText,
  mkdirLike,
  type Generations,
} from './generations.ts';
import { whyNotConvertible } from './settings.ts';

/** What is live, with the name that it has as a generation: `gen-1` of a plain folder that can be converted. */
export type Live = Generations & { current: string };

/** Throws Unsupported, with what to do, for a plain folder that cannot be converted. */
export async function liveOf(store: DatastoreRef): Promise<Live> {
  const { current, ...more } = await generationsOf(directoryOf(store));
  if (current !== undefined) return { ...more, current };
  const why = await whyNotConvertible(directoryOf(store), store.directory);
  if (why === undefined) return { ...more, current: FIRST };
  throw new Failure('Unsupported', `${store.datastore} cannot be exchanged: ${why}`);
}

/** What converting it changes for good, as a sentence; undefined where there is nothing to convert. */
export async function conversionOf(store: DatastoreRef): Promise<string | undefined> {
  const directory = directoryOf(store);
  if ((await generationsOf(directory)).current !== undefined) return undefined;
  const [name, beside] = [basename(directory), basename(generationsBeside(directory))];
  return `${directory} gets generations by that, for good: what is in it is ${beside}/${FIRST} from then on, and ${name} a link to what is live (${convertedLink(directory)}), so that programs find their files where they did`;
}

/** As `claim`, of a datastore; with the first change of what is live a plain folder is converted. */
export async function claimLive(store: DatastoreRef, token: EpochToken): Promise<Claim> {
  const directory = directoryOf(store);
  const { root, folder } = await liveOf(store);
  if (root === directory) return claim(root, token);
  await makeRoot({ root, folder });
  const claimed = await claim(root, token);
  if ((await lstat(directory).catch(() => undefined)) === undefined) await convert(directory);
  return {
    ...claimed,
    point: async (text) => {
      await claimed.point(text);
      await convert(directory);
    },
  };
}

/** The folder of the generations, where there is none yet. */
export async function makeRoot({ root, folder }: Pick<Live, 'root' | 'folder'>): Promise<void> {
  await mkdirLike(root, folder).catch(unlessThere);
}

/** Whoever fenced it was stopped before the folder was converted, and may go on: what lifts the fence ends that first. */
export async function isHalfConverted({ root, current }: Generations): Promise<boolean> {
  return current === undefined && (await linkText(join(root, CURRENT))) !== undefined;
}

/** `current` leads nowhere, or to what is live, before this is called. Done already, or by another worker meanwhile, is fine. */
async function convert(directory: string): Promise<void> {
  const root = generationsBeside(directory);
  const plain = (await lstat(directory).catch(() => undefined))?.isDirectory() === true;
  if (plain) await rename(directory, join(root, FIRST)).catch(unlessConverted(directory));
  await symlink(convertedLink(directory), directory).catch(unlessThere);
  await syncFolder(dirname(directory));
}

function unlessThere(error: unknown): void {
  if (textAt(error, 'code') !== 'EEXIST') throw error;
}

function unlessConverted(directory: string) {
  return (error: unknown): void => {
    // Another worker was first: there is nothing, or the link.
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(textAt(error, 'code') ?? '')) return;
    const said = error instanceof Error ? error.message : String(error);
    const message = `giving ${directory} generations: ${said}; look who keeps it from being renamed`;
    throw new Failure('Unavailable', message);
  };
}
