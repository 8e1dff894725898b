// Reads the secret that a setting of a system file refers to. The one place where a value comes in: the redactor
// looks values up to take them out again, the local host hands them to the services it starts.
import { constants } from 'node:fs';
import { open, readlink, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Setting } from '../config/system.ts';
import { Failure } from '../domain/failure.ts';
import { actsFor } from '../machine/service-user.ts';

export type SecretReference = Extract<Setting, object>;

export interface SecretSources {
  env: Record<string, string | undefined>;
  /** Rejects when the file cannot be read. The path is absolute. */
  readFile: (path: string) => Promise<string>;
  /** Whose environment `env` is, for the message: `the worker`. */
  reader: string;
  /** Whom root acts for in a system's folder, as `actsFor` looks it up on this machine, which is what is asked without it. */
  owner?: (directory: string) => Promise<number | undefined>;
}

/** The problem says where it was looked for and what to do; never a value. */
export async function secretValue(
  reference: SecretReference,
  directory: string,
  { env, readFile, reader, owner: ownerOf = actsFor }: SecretSources,
): Promise<{ secret: string } | { problem: string }> {
  if ('env' in reference) {
    const secret = env[reference.env];
    if (secret !== undefined) return { secret };
    const problem = `the environment variable ${reference.env}; set it where ${reader} is started`;
    return { problem };
  }
  const path = resolve(directory, reference.file);
  try {
    const owner = await ownerOf(directory);
    const text = owner === undefined ? await readFile(path) : await readAs(owner, path);
    if (text !== undefined) return { secret: text.replace(/\r?\n$/, '') };
    const problem = `the file ${path}, which belongs to another user than the folder of the system: root reads for them what they may read; give it to the owner of the folder`;
    return { problem };
  } catch (error) {
    const why =
      error instanceof Failure ? error.message : 'which cannot be read; write the secret there';
    return { problem: `the file ${path}, ${why}` };
  }
}

/**
 * Whoever owns the folder can write the system file, and exchange what lies there at any moment: root reads no file for them that
 * they may not read. Undefined for one of those; the file that was looked at is the one that is read.
 */
async function readAs(owner: number, path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { uid, mode } = await file.stat();
    const isTheirs = uid === owner || ((mode & 0o004) !== 0 && (await isReached(file.fd)));
    return isTheirs ? await file.readFile('utf8') : undefined;
  } finally {
    await file.close();
  }
}

/** Whether everybody gets to an open file; no where the machine does not say which one it is. */
async function isReached(fd: number): Promise<boolean> {
  const where = await readlink(`/proc/self/fd/${fd}`).catch(() => undefined);
  return where !== undefined && isPassable(dirname(where));
}

/** Whether everybody may pass through a folder and those above it. */
async function isPassable(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & 0o001) === 0) return false;
  return folder === '/' || isPassable(dirname(folder));
}
