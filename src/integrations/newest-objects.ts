// Values that are replaced, in a store that overwrites nothing: `<folder>/<name>/<number>.json`, of which the highest
// that can be read counts. Two writers never take one number: the second takes the next, and is the newest.
import type { z } from 'zod';
import type { ObjectInfo, ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import { Failure } from '../domain/failure.ts';
import { encodeName } from './encode-name.ts';
import { jsonBytes, putOnce, readJson, UNDISTURBED } from './json-objects.ts';

export interface NewestObjects<Value> {
  read(name: string): Promise<Value | undefined>;
  /** Puts `value` as the newest, then removes the older ones. */
  write(name: string, value: Value): Promise<void>;
  /** The newest of every name. */
  list(): Promise<Value[]>;
}

/** A value is a few lines; more than this is none. */
const LONGEST = 1024 * 1024;
const DIGITS = 12;
const NUMBERED = /\/(\d{12})\.json$/;
const HIGHEST = 10 ** DIGITS - 1;

/** What no write of ours is called like is no value: a store has what others put there, too. */
function numberIn({ key }: ObjectInfo): number | undefined {
  const [, digits] = NUMBERED.exec(key) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

export function createNewestObjects<Value>(
  objects: ObjectsPort & Pick<ObjectRemovalPort, 'remove'>,
  folder: string,
  schema: z.ZodType<Value>,
): NewestObjects<Value> {
  const folderOf = (name: string): string => `${folder}/${encodeName(name)}/`;
  /** `infos` in the order of keys. */
  const newestOf = async (infos: readonly ObjectInfo[]): Promise<Value | undefined> => {
    const numbered = infos.filter((one) => numberIn(one) !== undefined);
    for (const { key } of numbered.toReversed()) {
      const at = { key, longest: LONGEST };
      const read = await readJson(objects, at, schema, UNDISTURBED).catch(unlessGone);
      if ('value' in read) return read.value;
    }
    return undefined;
  };
  const read = async (name: string) => newestOf(await objects.list(folderOf(name)));
  return {
    read,
    write: async (name, value) => {
      const older = await objects.list(folderOf(name));
      const last = Math.max(0, ...older.map((one) => numberIn(one) ?? 0));
      const put = (number: number) => {
        const key = `${folderOf(name)}${String(number).padStart(DIGITS, '0')}.json`;
        return putOnce(objects, { key, body: jsonBytes(value) }, UNDISTURBED);
      };
      // After the highest there is no other: what was before is removed, and it begins anew.
      let number = last < HIGHEST ? last + 1 : 1;
      while (!(await put(number))) number += 1;
      for (const one of older) await objects.remove(one);
    },
    list: async () => {
      const all = await objects.list(`${folder}/`);
      const folders = new Set(all.map(({ key }) => key.slice(0, key.lastIndexOf('/') + 1)));
      const values = await Promise.all(
        [...folders].map((one) => newestOf(all.filter(({ key }) => key.startsWith(one)))),
      );
      return values.filter((value) => value !== undefined);
    },
  };
}

/** Replaced and removed since it was listed: an older one is not looked for, a newer one is there. */
function unlessGone(error: unknown): { problem: string } {
  if (error instanceof Failure && error.kind === 'NotFound') return { problem: error.message };
  throw error;
}
