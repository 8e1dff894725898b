// Files that a runbook of steps keeps, in the object store: `_kept/<run>/<step>/<file>`, each put once, and beside them
// `_kept/<run>/<step>.json`, their list. No system is called `_kept`; nothing removes them.
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

type Objects = Pick<ObjectsPort, 'get' | 'put'>;

export function createKeptFiles(objects: Objects): KeptFilesPort {
  return {
    keep: async (what, waiting) => {
      const prefix = `_kept/${what.runId}/${encodeName(what.step)}`;
      const files = await inFolder(what, async (at) => {
        const kept: KeptFile[] = [];
        for (const { path: file } of (await lookThrough(at)).files) {
          const key = `${prefix}/${encodeName(file)}`;
          const body = readChunks(at, file, waiting);
          kept.push({ file, ...(await putOrKept(objects, { key, body }, waiting)) });
        }
        return kept;
      });
      const key = `${prefix}.json`;
      const list = { schema: 'fairlead/kept-files/v1', folder: what.folder, files };
      const { sha256 } = await putOrKept(objects, { key, body: jsonBytes(list) }, waiting);
      return { files, list: { key, sha256 } };
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

/** What is under the key already counts: an attempt before put it there. */
async function putOrKept(
  objects: Objects,
  input: { key: string; body: Bytes },
  waiting: Waiting,
): Promise<{ bytes: number; sha256: string }> {
  try {
    const { size, sha256 } = await objects.put(input, waiting);
    return { bytes: size, sha256 };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'Refused') throw error;
    const { info, body } = await objects.get(input.key, waiting);
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk);
    return { bytes: info.size, sha256: hash.digest('hex') };
  }
}
