// Generations that an exchange took out of use: a note of each in `.quarantined/` beside them says since when and by whom.
// What nobody noted is nobody's, and stays: a copy that is being made looks the same.
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Quarantined } from '../../domain/recovery/live/quarantined.ts';
import type { EpochToken } from '../../domain/rollout/model.ts';
import { Failure } from '../../domain/failure.ts';
import { parsedJson, textAt } from '../../domain/json.ts';
import { keepFile } from '../../machine/keep-file.ts';
import { removeTree } from '../../machine/remove-tree.ts';
import { generationsOf, isGeneration } from './generations.ts';
import { walkFiles } from './walk.ts';
import { within } from './within.ts';

const NOTES = '.quarantined';
/** What is being removed. */
const GOING = '.going-';

const noteSchema = z.object({ since: z.number(), operation: z.string() });

/** Noted already is fine: the first note counts. */
export async function noteQuarantined(
  directory: string,
  generation: string,
  { operation }: Pick<EpochToken, 'operation'>,
  since: number,
): Promise<void> {
  if ((await noteOf(directory, generation)) !== undefined) return;
  const text = JSON.stringify(noteSchema.parse({ since, operation }));
  await within(directory, `${NOTES}/${generation}.json`, true, (file) =>
    keepFile(file, text, { mode: 0o644 }),
  );
}

/** Before a generation is taken out of use: a note of an earlier time says nothing of this one. */
export async function forgetQuarantined(directory: string, generation: string): Promise<void> {
  await rm(fileOf(directory, generation), { force: true });
}

export async function quarantinedIn(directory: string): Promise<Quarantined[]> {
  const { current } = await generationsOf(directory);
  const found: Quarantined[] = [];
  for (const name of await readdir(directory)) {
    if (!isGeneration(name) || name === current) continue;
    const note = await noteOf(directory, name);
    if (note !== undefined)
      found.push({ name, ...note, bytes: await bytesIn(join(directory, name)) });
  }
  return found;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const path of walkFiles(folder)) bytes += (await stat(join(folder, path))).size;
  return bytes;
}

/** Moved away first, then looked at once more: who points `current` at it in between has it back. */
export async function removeGeneration(directory: string, name: string): Promise<void> {
  const going = join(directory, `${GOING}${name}`);
  const known = isGeneration(name) && (await noteOf(directory, name)) !== undefined;
  if (!known || (await isLive(directory, name))) throw notQuarantined(directory, name);
  await rename(join(directory, name), going).catch((error: unknown) => {
    if (textAt(error, 'code') !== 'ENOENT') throw error;
  });
  if (await isLive(directory, name)) {
    await rename(going, join(directory, name));
    throw notQuarantined(directory, name);
  }
  await removeTree(going);
  await rm(fileOf(directory, name), { force: true });
}

async function isLive(directory: string, name: string): Promise<boolean> {
  // A link that leads nowhere is not read: nothing is removed then.
  return (await generationsOf(directory).catch(() => ({ current: name }))).current === name;
}

async function noteOf(directory: string, generation: string) {
  const text = await readFile(fileOf(directory, generation), 'utf8').catch(() => '');
  return noteSchema.safeParse(parsedJson(text)).data;
}

function fileOf(directory: string, generation: string): string {
  return join(directory, NOTES, `${generation}.json`);
}

function notQuarantined(directory: string, name: string): Failure {
  const message = `removing ${join(directory, name)}: it is live, or no exchange took it out of use; it stays`;
  return new Failure('Refused', message);
}
