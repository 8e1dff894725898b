// Folders under one root, each with a file of JSON that says what the folder is: how copies and isolated targets are
// kept and found again, also by another worker. Saving is left to whoever keeps them.
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { describeValue } from '../domain/text/describe-value.ts';
import { Failure } from '../domain/failure.ts';
import { parsedJson, textAt } from '../domain/json.ts';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

interface StateFoldersOptions<State, Damaged> {
  what: string;
  file: string;
  schema: z.ZodType<State>;
  damaged: (found: DamagedState) => Damaged;
}

export interface DamagedState {
  name: string;
  /** When its state was written last, in milliseconds since 1970. */
  changedAt: number;
  /** What is wrong, as a sentence. */
  problem: string;
}

export interface StateFolders<State, Damaged> {
  /** The path of the folder called `name`. Throws BadInput for a name that no folder can have. */
  folder: (name: string) => string;
  /** The state saved in the folder `name`; undefined when folder or state is missing. Throws as `folder` does. */
  stateOf: (name: string) => Promise<State | undefined>;
  /** What `damaged` says stands for a state that is there and cannot be made out. */
  list: () => Promise<(State | Damaged)[]>;
}

/** `what`: one of these folders in words, with its article (`a copy`). `file`: the name of the file with its state. */
export function stateFolders<State, Damaged>(
  root: string,
  { what, file, schema, damaged }: StateFoldersOptions<State, Damaged>,
): StateFolders<State, Damaged> {
  const stateIn = async (folder: string): Promise<State | undefined> => {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      // A state that cannot be read may still be in use: it must not count as missing.
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(textAt(error, 'code') ?? '')) return '';
      throw new Failure(
        'Unavailable',
        `reading ${path}: ${String(error)}. Let the worker read it.`,
      );
    });
    return schema.safeParse(parsedJson(text)).data;
  };
  /** One that cannot be read keeps nobody from seeing the others. */
  const stateOrDamage = async (name: string): Promise<State | Damaged | undefined> => {
    let problem = `its ${file} is nothing that Fairlead wrote`;
    const state = await stateIn(join(root, name)).catch((error: unknown) => {
      problem = `its ${file} cannot be read (${String(error)})`;
      return undefined;
    });
    if (state !== undefined) return state;
    const found = await lstat(join(root, name, file)).catch(() => undefined);
    // Without a state a folder may be anybody's.
    return found && damaged({ name, changedAt: found.mtimeMs, problem });
  };
  const folder = (name: string): string => {
    if (NAME.test(name)) return join(root, name);
    const message = `${what} cannot be called ${describeValue(name)}: 1 to 200 letters, digits and . _ -, no dot first`;
    throw new Failure('BadInput', message);
  };
  return {
    folder,
    stateOf: async (name) => stateIn(folder(name)),
    list: async () => {
      const names = (await namesIn(root)).filter((name) => NAME.test(name));
      const states = await Promise.all(names.map((name) => stateOrDamage(name)));
      return states.filter((state) => state !== undefined);
    },
  };
}

/** The names in a folder; none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (textAt(error, 'code') === 'ENOENT') return [];
    throw new Failure('Unavailable', `listing ${folder}: ${String(error)}`);
  }
}
