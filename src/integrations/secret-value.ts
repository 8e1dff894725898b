// Reads the secret that a setting of a system file refers to. The one place where a value comes in: the redactor
// looks values up to take them out again, the local host hands them to the services it starts.
import { resolve } from 'node:path';
import type { Setting } from '../config/system.ts';

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
    return { secret: (await readFile(path)).replace(/\r?\n$/, '') };
  } catch {
    return { problem: `the file ${path}, which cannot be read; write the secret there` };
  }
}
