// Reads a file of a system's folder. Whoever owns the folder can put a link there, and what is wrong in a file is quoted: root
// reads no file for them that they may not read.
import { constants } from 'node:fs';
import { lstat, open, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** The bytes of the file `name` of a folder. Throws what the file system throws, and for a file of others a sentence. */
export async function readFor(folder: string, name: string): Promise<Uint8Array> {
  const path = join(folder, name);
  if (process.getuid?.() !== 0) return readFile(path);
  const owners = await ownersOf(resolve(folder));
  if (owners.size === 0) return readFile(path);
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { uid, mode } = await file.stat();
    const where = await readlink(`/proc/self/fd/${file.fd}`).catch(() => '');
    const isTheirs =
      owners.has(uid) ||
      (await liesIn(folder, where)) ||
      ((mode & 0o004) !== 0 && where !== '' && (await isPassable(dirname(where))));
    if (isTheirs) return await file.readFile();
  } finally {
    await file.close();
  }
  throw new Error(
    'it leads to a file of another user than the owner of the folder, who may not read it: put a file of theirs there',
  );
}

/** Who besides root owns the folder, or one above it. */
async function ownersOf(folder: string): Promise<Set<number>> {
  const owners = new Set<number>();
  for (const path of new Set([folder, await realpath(folder)])) {
    for (let at = path; ; at = dirname(at)) {
      const { uid } = await lstat(at);
      if (uid !== 0) owners.add(uid);
      if (at === '/') break;
    }
  }
  return owners;
}

/** Whether an open file lies in the very folder, where only who may write there has put it. */
async function liesIn(folder: string, where: string): Promise<boolean> {
  if ((await lstat(folder)).isSymbolicLink()) return false;
  return where.startsWith(`${await realpath(folder)}/`);
}

/** Whether everybody may pass through a folder and those above it. */
async function isPassable(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & 0o001) === 0) return false;
  return folder === '/' || isPassable(dirname(folder));
}
