// Who may do what with files and the folders that hold them: modes, and where the worker is root, owners by their names. Taken
// with a backup, given back by a restore.
import type { Stats } from 'node:fs';
import { lstat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BackupObject, Rights } from '../../domain/backup/backup.ts';
import { accountNames, type AccountNames } from '../../machine/account-names.ts';
import { giveTo, openFolder, within, type Owned } from './within.ts';

/** Nothing that a file is run by goes with it: its owner may be another one there. */
const OF_FILE = 0o777;
/** New files of a folder may belong to its group, and be removed by their owners alone. */
const OF_FOLDER = 0o3777;
/** What is not known: its owner's alone. */
const CLOSED = { file: 0o600, folder: 0o700 };

/** The folders above these files, below the folder that all of them lie in; those that lie deepest come first. */
export function foldersOf(paths: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths)
    for (let at = dirname(path); at !== '.'; at = dirname(at)) found.add(at);
  return [...found].sort().reverse();
}

/** The rights of a file or folder below `folder`, reached through no link; undefined for what is neither, and for what is not there. */
export async function rightsAt(
  folder: string,
  path: string,
  names: AccountNames,
): Promise<Rights | undefined> {
  const stats = await within(folder, path, false, (at) => lstat(at)).catch(() => undefined);
  return stats === undefined ? undefined : rightsOf(stats, names);
}

/** The rights of an open file or folder, by the stats of its handle: its name may be another one's by now. Undefined for what is neither. */
export function rightsOf(stats: Stats, names: AccountNames): Rights | undefined {
  if (!stats.isFile() && !stats.isDirectory()) return undefined;
  const mode = stats.mode & (stats.isFile() ? OF_FILE : OF_FOLDER);
  return { mode, ...ownersOf(stats, names) };
}

/** Named only by root, who alone can give them back. */
function ownersOf({ uid, gid }: Owned, names: AccountNames): Omit<Rights, 'mode'> {
  if (!isRoot()) return {};
  const [owner, group] = [names.userOf(uid), names.groupOf(gid)];
  return { ...(owner !== undefined && { owner }), ...(group !== undefined && { group }) };
}

/** By folder; a folder that is away meanwhile has none. */
export async function folderRights(
  folder: string,
  paths: readonly string[],
  names: AccountNames,
): Promise<Record<string, Rights>> {
  const found = foldersOf(paths).map(
    async (path) => [path, await rightsAt(folder, path, names)] as const,
  );
  const known = (await Promise.all(found)).filter(([, rights]) => rights !== undefined);
  return Object.fromEntries(known as [string, Rights][]);
}

/** A backup of before rights were kept. */
export function lacksRights(objects: readonly BackupObject[]): boolean {
  return objects.some(({ rights }) => rights === undefined);
}

/** Gives rights to what a restore makes; `live`: the folder whose files and folders lend theirs where a backup has none. */
export interface RightsGiver {
  toFile(handle: FileHandle, top: Owned, path: string, kept: Rights | undefined): Promise<void>;
  /** To the folders of all these files, once these are in them. */
  toFolders(
    into: string,
    paths: readonly string[],
    kept: Readonly<Record<string, Rights>>,
  ): Promise<void>;
}

export async function rightsGiver(live: string | undefined): Promise<RightsGiver> {
  const names = await accountNames();
  const lent = async (path: string): Promise<Rights | undefined> =>
    live === undefined ? undefined : rightsAt(live, path, names);
  return {
    toFile: async (handle, top, path, kept) => {
      const rights = kept ?? (await lent(path)) ?? { mode: CLOSED.file };
      await giveTo(ownedBy(top, rights, names), handle);
      // A worker that is not root has to read it again.
      await handle.chmod((rights.mode & OF_FILE) | (isRoot() ? 0 : 0o400));
    },
    toFolders: async (into, paths, kept) => {
      for (const path of foldersOf(paths)) {
        const rights = kept[path] ?? (await lent(path)) ?? { mode: CLOSED.folder };
        await within(into, path, false, async (at, top) => {
          const handle = await openFolder(at);
          try {
            await giveTo(ownedBy(top, rights, names), handle);
            // And to remove what is in it.
            await handle.chmod((rights.mode & OF_FOLDER) | (isRoot() ? 0 : 0o700));
          } finally {
            await handle.close();
          }
        });
      }
    },
  };
}

/** Whoever is not known here is the owner of the folder that all lies in. */
function ownedBy(top: Owned, { owner, group }: Rights, names: AccountNames): Owned {
  const uid = owner === undefined ? undefined : names.uidOf(owner);
  const gid = group === undefined ? undefined : names.gidOf(group);
  return { uid: uid ?? top.uid, gid: gid ?? top.gid };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
