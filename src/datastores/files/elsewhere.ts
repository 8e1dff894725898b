// Files restored into another folder than the one that is gone: its first generation, which nobody finds until `current`
// leads there.
import { lstat, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatastoreRef } from '../../ports/backups.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { makeForOthers } from '../../machine/own-umask.ts';
import { shortOf, type BesideNotes } from '../beside.ts';
import type { StoreExchange } from '../store.ts';
import { CURRENT, directoryOf, FIRST, generationsOf } from './generations.ts';

type Notes = BesideNotes<{ directory: string; generation: string }>;

export function elsewhereIn(notes: Notes): NonNullable<StoreExchange['elsewhere']> {
  return {
    answers: async (store) => {
      const directory = directoryOf(store);
      const there = await generationsOf(directory).catch(unlessGone);
      return there === undefined ? undefined : `${there.folder} is there`;
    },
    unable: async (there) => unableThere(there),
    begin: async (there, folder, bytes) => {
      const directory = directoryOf(there);
      await makeForOthers(join(directory, FIRST), 0o777);
      const short = await shortOf(directory, bytes, `nothing else, in ${directory}`);
      if (short !== undefined) throw new Failure('Refused', short);
      await notes.keep(folder, { directory, generation: FIRST });
    },
    open: async (folder) => {
      const note = await notes.find(folder);
      if (note === undefined) {
        throw new Failure(
          'BadInput',
          `opening the copy in ${folder}: it was not restored elsewhere`,
        );
      }
      await symlink(note.generation, join(note.directory, CURRENT)).catch((error: unknown) => {
        if (textAt(error, 'code') !== 'EEXIST') throw error;
      });
    },
    lacks: async () => [],
  };
}

async function unableThere(there: DatastoreRef): Promise<string | undefined> {
  const directory = directoryOf(there);
  const about = `restoring ${there.datastore} into ${directory}`;
  const stats = await lstat(directory).catch(() => undefined);
  if (stats === undefined) return undefined;
  if (!stats.isDirectory())
    return `${about}: it is no folder; name one that is empty, or not there`;
  const names = await readdir(directory);
  return names.length === 0
    ? undefined
    : `${about}: it holds ${names.slice(0, 3).join(', ')}; name a folder that is empty, or not there`;
}

function unlessGone(error: unknown): undefined {
  if (error instanceof Failure && error.kind === 'NotFound') return undefined;
  throw error;
}
