// What copies beside a live datastore have in common, whatever their kind: a note of where each is, and the room that it takes.
import { readFile, statfs } from 'node:fs/promises';
import type { z } from 'zod';
import { parsedJson } from '../domain/json.ts';
import { keepFile } from '../machine/keep-file.ts';

/** A kind's notes of where its copies beside the live datastores are; by the folder of a copy. */
export interface BesideNotes<Note> {
  keep: (folder: string, note: Note) => Promise<void>;
  /** Undefined for a copy apart from everything live. */
  find: (folder: string) => Promise<Note | undefined>;
}

/** A note lies next to the folder of its copy, which may hold files of a backup, and goes with the copy. */
export function besideNotes<Note>(schema: z.ZodType<Note>, mode: number): BesideNotes<Note> {
  const fileOf = (folder: string): string => `${folder}.beside.json`;
  return {
    keep: (folder, note) => keepFile(fileOf(folder), JSON.stringify(note), { mode }),
    find: async (folder) => {
      const text = await readFile(fileOf(folder), 'utf8').catch(() => '');
      return schema.safeParse(parsedJson(text)).data;
    },
  };
}

/**
 * Why so many bytes cannot be restored in a folder of this machine, beside `what` (`what is live in /srv/data`); undefined
 * when they can. Twice of what is restored has to be free: what is live has to have room as well.
 */
export async function shortOf(
  folder: string,
  bytes: number,
  what: string,
): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= 2 * bytes) return undefined;
  return `restoring ${bytes} bytes beside ${what}: ${free} bytes are free there, and twice as many as are restored have to be, so that the live data can go on; make room`;
}
