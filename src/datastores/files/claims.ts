// Who may change what a folder of files is now: every change claims its epoch token by a folder `.epoch-<epoch>-<sequence>`
// beside `current`, and puts its new link in there before it renames that to `current`. A newer claim moves the older ones
// away: a worker that was frozen and wakes up finds its own link gone, and changes nothing. The newest claim stays.
import { mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { EpochToken } from '../../domain/rollout/model.ts';
import { textAt } from '../../domain/json.ts';
import { superseded } from '../../domain/traffic/epoch-token.ts';
import { syncFolder } from '../../machine/keep-file.ts';
import { removeTree } from '../../machine/remove-tree.ts';
import { CURRENT } from './generations.ts';

const CLAIM = /^\.epoch-(\d+)-(\d+)$/;
const GONE = '.gone-';

/** A claim that no newer one had displaced when it was made. */
export interface Claim {
  /** Absolute; of this token alone, and there until a newer one comes. */
  folder: string;
  /** Makes `current` say `text`, in one rename. Throws Superseded when a newer claim was there first. */
  point: (text: string) => Promise<void>;
}

/** Claims the folder for a token; the same token claims again. Throws Superseded with `{token, found}` for one that is older than what was seen. */
export async function claim(directory: string, token: EpochToken): Promise<Claim> {
  const own = `.epoch-${token.epoch}-${token.sequence}`;
  const folder = join(directory, own);
  // First one's own, then a look for others: of two at once, at least one sees the other.
  await mkdir(folder).catch((error: unknown) => {
    if (textAt(error, 'code') !== 'EEXIST') throw error;
  });
  for (const name of await readdir(directory)) {
    const [, epoch, sequence] = CLAIM.exec(name) ?? [];
    if (name.startsWith(GONE)) await removeTree(join(directory, name));
    if (epoch === undefined || name === own) continue;
    const found = { epoch: Number(epoch), sequence: Number(sequence) };
    if (isNewer(found, token)) throw superseded(`what is live in ${directory}`, token, found);
    await moveAway(directory, name);
  }
  return {
    folder,
    point: async (text) => {
      const link = join(folder, `next-${randomUUID()}`);
      try {
        await symlink(text, link);
        await rename(link, join(directory, CURRENT));
      } catch (error) {
        // Its folder is gone: a newer claim came in between.
        if (textAt(error, 'code') === 'ENOENT')
          throw superseded(`what is live in ${directory}`, token, {});
        throw error;
      }
      await syncFolder(directory);
    },
  };
}

type Seen = Pick<EpochToken, 'epoch' | 'sequence'>;

function isNewer(one: Seen, other: Seen): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.sequence > other.sequence);
}

/** Takes an older claim away by one rename, so that whoever is about to use it finds nothing, and removes it. */
async function moveAway(directory: string, name: string): Promise<void> {
  const gone = join(directory, `${GONE}${randomUUID()}`);
  try {
    await rename(join(directory, name), gone);
  } catch (error) {
    if (textAt(error, 'code') !== 'ENOENT') throw error;
  }
  await removeTree(gone);
}
