// What a system file says of a datastore of kind files, a folder, and what this kind can do.
import { access, constants, lstat, readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { z } from 'zod';
import type { DatastoreSettings } from '../../config/kind-settings.ts';
import { leavesFolder, path, staysInside } from '../../config/terms.ts';

export const files = {
  fields: {
    directory: z.exactOptional(path).meta({
      meaning:
        'files: the folder, from the folder of the system; or one with generations gen-N and current.',
      example: 'data',
    }),
  },
  needs: ['directory'],
  capabilities: {
    queries: false,
    heartbeats: true,
    copyLogin: [],
    counts: 'files',
    exchange: 'generation',
    look: 'beside',
    place: ['directory'],
    defaultPlace: {},
  },
  remarks: ({ directory }, folders) =>
    directory === undefined || staysInside(directory, folders)
      ? []
      : [{ path: ['directory'], message: leavesFolder(directory) }],
} as const satisfies DatastoreSettings<{ directory?: string }>;

/**
 * Why a plain folder cannot be given generations, so that no recovery can put a backup in its place, with what to do;
 * undefined where it can, or has them. `systemFolder`: where the system file is. Asked by `check` and by the exchange.
 */
export async function whyNotConvertible(
  directory: string,
  systemFolder: string,
): Promise<string | undefined> {
  const stats = await lstat(directory).catch(() => undefined);
  if (stats?.isDirectory() !== true || (await isThere(`${directory}/current`))) return undefined;
  const what = await inTheWay(directory, stats.dev, systemFolder);
  return what === undefined
    ? undefined
    : `${directory} has no generations, and cannot get them by itself, for ${what}; have its programs read ${directory}/current, move the files into ${directory}/gen-1, and make current a link to gen-1; until then --beside restores a backup beside it`;
}

async function inTheWay(
  directory: string,
  device: number,
  systemFolder: string,
): Promise<string | undefined> {
  const parent = dirname(directory);
  if (!relative(directory, resolve(systemFolder)).startsWith('..')) {
    return 'the system file lies in it';
  }
  if ((await lstat(parent)).dev !== device || (await isMounted(directory))) {
    return 'it is mounted there, and what is mounted cannot be renamed';
  }
  for (const folder of [parent, directory]) {
    if (!(await mayWrite(folder))) return `${folder} may not be written to by this user`;
  }
  const first = `${directory}.generations/gen-1`;
  return (await isThere(first)) ? `${first} is there already` : undefined;
}

/** As Linux lists what is mounted; spaces and the like are written as octal numbers there. */
async function isMounted(directory: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const written = directory.replace(
    /[ \t\n\\]/g,
    (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return mounts.split('\n').some((line) => line.split(' ')[4] === written);
}

async function mayWrite(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
