// Reads the secret that a setting of a system file refers to. The one place where a value comes in: the redactor
// looks values up to take them out again, the local host hands them to the services it starts.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Setting } from '../config/system.ts';
import { actsFor } from '../machine/service-user.ts';

export type SecretReference = Extract<Setting, object>;

export interface SecretSources {
  env: Record<string, string | undefined>;
  /** Rejects when the file cannot be read. The path is absolute. */
  readFile: (path: string) => Promise<string>;
  /** Whose environment `env` is, for the message: `the worker`. */
  reader: string;
}

/** The problem says where it was looked for and what to do; never a value. */
export async function secretValue(
  reference: SecretReference,
  directory: string,
  { env, readFile, reader }: SecretSources,
): Promise<{ secret: string } | { problem: string }> {
  if ('env' in reference) {
    const secret = env[reference.env];
    if (secret !== undefined) return { secret };
    const problem = `the environment variable ${reference.env}; set it where ${reader} is started`;
    return { problem };
  }
  const path = resolve(directory, reference.file);
  try {
    if (!(await isTheirs(path, directory))) {
      const problem = `the file ${path}, which belongs to another user than the folder of the system: root reads for them what they may read; give it to the owner of the folder`;
      return { problem };
    }
    return { secret: (await readFile(path)).replace(/\r?\n$/, '') };
  } catch {
    return { problem: `the file ${path}, which cannot be read; write the secret there` };
  }
}

/** Whoever owns the folder can write the system file, and put links in it: root reads no file for them that they may not read. */
async function isTheirs(path: string, directory: string): Promise<boolean> {
  const owner = await actsFor(directory);
  if (owner === undefined) return true;
  const found = await stat(path).catch(() => undefined);
  return found === undefined || found.uid === owner || (found.mode & 0o004) !== 0;
}
