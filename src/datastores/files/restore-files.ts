// Writes the files of a backup below a folder, each with the rights that it had.
import type { Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import type { StreamedArtefact } from '../store.ts';
import { rightsGiver } from './rights.ts';
import { within } from './within.ts';

type Give = (handle: FileHandle, top: Stats) => Promise<void>;

/** `live`: the folder of what is live, where there is one: its rights stand in for those that a backup does not say. */
export async function restoreFiles(
  { manifest, read }: StreamedArtefact,
  into: string,
  live: string | undefined,
  waiting: Waiting,
): Promise<void> {
  const giver = await rightsGiver(live);
  const paths: string[] = [];
  for (const object of manifest.objects) {
    const { path, rights } = object;
    if (path === undefined) {
      throw new Failure('CheckFailed', `the object ${object.name} says no path to restore to`);
    }
    paths.push(path);
    await writeFile(into, path, read(object, waiting), (handle, top) =>
      giver.toFile(handle, top, path, rights),
    );
  }
  // Last: a folder may be closed to whoever is not root.
  await giver.toFolders(into, paths, manifest.folders ?? {});
}

/** Writes one file below `folder`, which has to be there: a copy that was discarded meanwhile is not made again. */
async function writeFile(folder: string, path: string, body: Bytes, give: Give): Promise<void> {
  const file = join(folder, path);
  const handle = await openIn(folder, path, give);
  try {
    for await (const chunk of body) await handle.writeFile(chunk);
    await handle.sync();
  } catch (error) {
    if (textAt(error, 'syscall') === undefined) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new Failure('Unavailable', `writing ${file}: ${said}. Is there space?`);
  } finally {
    await handle.close();
  }
}

async function openIn(folder: string, path: string, give: Give): Promise<FileHandle> {
  try {
    return await within(folder, path, true, async (at, top) => {
      const handle = await open(at, 'wx', 0o600);
      await give(handle, top);
      return handle;
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('Unavailable', `writing ${join(folder, path)}: ${String(error)}`);
  }
}
