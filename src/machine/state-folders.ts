// Folders under one root, each with a file of JSON that says what the folder is: how copies and isolated targets are
// kept and found again, also by another worker. Saving is left to whoever keeps them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { describeValue } from '../domain/describe-value.ts';
import { Failure } from '../domain/failure.ts';
import { parsedJson, textAt } from '../domain/json.ts';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

export interface StateFolders<State> {
  /** Throws BadInput for what none can be called. */
  folder: (name: string) => string;
  /** Undefined when nothing of that name is there, or not what was saved there. Throws as `folder` does. */
  stateOf: (name: string) => Promise<State | undefined>;
  list: () => Promise<State[]>;
}

/** `what` is what one is called, with its article; `file` is the name of the file with its state. */
export function stateFolders<State>(
  root: string,
  { what, file, schema }: { what: string; file: string; schema: z.ZodType<State> },
): StateFolders<State> {
  const stateIn = async (folder: string): Promise<State | undefined> => {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      // What cannot be read may be somebody's all the same.
      if (['ENOENT', 'ENOTDIR'].includes(textAt(error, 'code') ?? '')) return '';
      throw new Failure(
        'Unavailable',
        `reading ${path}: ${String(error)}. Let the worker read it.`,
      );
    });
    return schema.safeParse(parsedJson(text)).data;
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
      const states = await Promise.all(names.map((name) => stateIn(join(root, name))));
      return states.filter((state) => state !== undefined);
    },
  };
}

/** None when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (textAt(error, 'code') === 'ENOENT') return [];
    throw new Failure('Unavailable', `listing ${folder}: ${String(error)}`);
  }
}
