// Files that a runbook of steps keeps, in the object store: `_kept/<run>/<step>/<file>`, each put once, and beside them
// `_kept/<run>/<step>.json`, their list; with `~` and 16 digits of its SHA-256 behind it where another state of it was there. No system is called `_kept`; nothing removes them.
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { lookThrough, readChunks } from '../../datastores/files/walk.ts';
import { within } from '../../datastores/files/within.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import type { Bytes, ObjectsPort } from '../../ports/objects.ts';
import type { KeptFile, KeptFilesPort, ToKeep } from '../../ports/steps/kept-files.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { encodeName } from '../encode-name.ts';
import { jsonBytes } from '../json-objects.ts';

/** Digits of a SHA-256 that stand in a key: enough to tell states of a file apart. */
const SHOWN_DIGITS = 16;

type Objects = Pick<ObjectsPort, 'get' | 'put'>;

export function createKeptFiles(objects: Objects): KeptFilesPort {
  return {
    keep: async (what, waiting) => {
      const prefix = `_kept/${what.runId}/${encodeName(what.step)}`;
      const files = await inFolder(what, async (at) => {
        const kept: KeptFile[] = [];
        for (const { path: file } of (await lookThrough(at)).files) {
          const key = `${prefix}/${encodeName(file)}`;
          const body = () => readChunks(at, file, waiting);
          const { key: under, ...what } = await putOrKept(objects, { key, body }, waiting);
          kept.push({ file, ...what, ...(under !== key && { key: under }) });
        }
        return kept;
      });
      const key = `${prefix}.json`;
      const list = { schema: 'fairlead/kept-files/v1', folder: what.folder, files };
      const body = () => jsonBytes(list);
      const { key: under, sha256 } = await putOrKept(objects, { key, body }, waiting);
      return { files, list: { key: under, sha256 } };
    },
  };
}

/** Calls `use` with the folder, which nobody can exchange for another one meanwhile. */
async function inFolder<Value>(
  { directory, folder }: ToKeep,
  use: (at: string) => Promise<Value>,
): Promise<Value> {
  if (folder.startsWith('/') || folder.split('/').includes('..')) {
    throw new Failure('BadInput', `keeping ${folder}: it is not below the folder of the system`);
  }
  try {
    // The folder of a system may be a link; what is below it may not.
    const top = await realpath(directory);
    return await within(top, `${folder}/all`, false, (at) => use(join(at, '..')));
  } catch (error) {
    if (textAt(error, 'code') !== 'ENOENT') throw error;
    throw new Failure('NotFound', `keeping ${folder}: there is no such folder in ${directory}`);
  }
}

/**
 * What an attempt before has put under the key stays. What is there and is something else (that attempt found another state of
 * the file, or somebody else was first in the store) stays too, and this goes beside it, under a part of its own SHA-256.
 */
async function putOrKept(
  objects: Objects,
  { key, body }: { key: string; body: () => Bytes },
  waiting: Waiting,
): Promise<{ key: string; bytes: number; sha256: string }> {
  const first = await putUnlessTaken(objects, { key, body: body() }, waiting);
  if (first !== undefined) return { key, ...first };
  const own = await digestOf(body());
  if ((await keptUnder(objects, key, waiting)).sha256 === own.sha256) return { key, ...own };
  const beside = `${key}~${own.sha256.slice(0, SHOWN_DIGITS)}`;
  const second = await putUnlessTaken(objects, { key: beside, body: body() }, waiting);
  if (second !== undefined) return { key: beside, ...second };
  const kept = await keptUnder(objects, beside, waiting);
  if (kept.sha256 === own.sha256) return { key: beside, ...kept };
  throw new Failure(
    'Broken',
    `keeping ${beside}: something else lies there, which Fairlead did not put; find out who writes to the object store`,
  );
}

async function putUnlessTaken(
  objects: Objects,
  input: { key: string; body: Bytes },
  waiting: Waiting,
): Promise<{ bytes: number; sha256: string } | undefined> {
  try {
    const { size, sha256 } = await objects.put(input, waiting);
    return { bytes: size, sha256 };
  } catch (error) {
    if (error instanceof Failure && error.kind === 'Refused') return undefined;
    throw error;
  }
}

async function keptUnder(objects: Objects, key: string, waiting: Waiting) {
  return digestOf((await objects.get(key, waiting)).body);
}

async function digestOf(body: Bytes): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
