// What attempts at one backup stored, file by file: the one that begins after a crash takes over what has not changed
// since. Kept beside the objects, in `<attempt>/progress/<n>.json`. Used by backups.ts; only kinds whose objects are files
// ask for it, since a dump is one object of one moment. Objects that notes may name lie in a folder of the attempt
// (`files/000001`); a dump, which nobody takes over, lies in the attempt itself. How an attempt ended is kept here too.
import { z } from 'zod';
import type { ObjectsPort } from '../ports/objects.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { BackupManifest, BackupObject, Part } from '../domain/backup/backup.ts';
import { Failure } from '../domain/failure.ts';
import type { Coding } from './byte-streams.ts';
import { jsonBytes, putOnce, readJson } from '../integrations/json-objects.ts';
import { attemptSchema, objectSchema, partSchema } from './manifest.ts';
import type { FileProgress, StoredFile } from './store.ts';

const FOLDER = 'progress';
/** Noted at the latest after so much was stored: what a crash costs. */
const NOTE_BYTES = 64 * 1024 * 1024;
const NOTE_FILES = 500;
const LONGEST = 16 * 1024 * 1024;

const noteSchema = z.object({
  schema: z.literal('fairlead/backup-progress/v1'),
  attempt: attemptSchema,
  compression: z.enum(['none', 'gzip']),
  recipients: z.array(z.string()),
  files: z.array(z.object({ stamp: z.string(), object: objectSchema, part: partSchema })),
});

type AttemptEnd = 'whole' | 'given up';

export const END = 'end.json';
const endSchema = z.object({
  schema: z.literal('fairlead/backup-attempt-end/v1'),
  end: z.enum(['whole', 'given up']),
});

/**
 * Says how an attempt ended, once and for good: the attempt itself that it is `whole`, before it puts its manifest;
 * whoever removes what it wrote that it is `given up`. The store takes one of the two; answers which.
 */
export async function endAttempt(
  objects: Pick<ObjectsPort, 'get' | 'put'>,
  { folder, attempt, end }: { folder: string; attempt: string; end: AttemptEnd },
  waiting: Waiting,
): Promise<AttemptEnd> {
  const key = `${folder}${attempt}/${END}`;
  const body = jsonBytes({ schema: 'fairlead/backup-attempt-end/v1', end });
  if (await putOnce(objects, { key, body }, waiting)) return end;
  const found = await readJson(objects, { key, longest: LONGEST }, endSchema, waiting);
  // What cannot be read hinders nobody: an attempt goes on to its manifest, and a removal leaves what there is.
  return 'value' in found ? found.value.end : 'whole';
}

/** Before the manifest: an attempt whose objects somebody removes (removal.ts) is given up, and never gets as far as that. */
export async function endWhole(
  objects: Pick<ObjectsPort, 'get' | 'put'>,
  folder: string,
  manifest: BackupManifest,
  waiting: Waiting,
): Promise<void> {
  if (manifest.artefact === 'external') return;
  const { id, attempt } = manifest;
  if ((await endAttempt(objects, { folder, attempt, end: 'whole' }, waiting)) === 'whole') return;
  throw new Failure(
    'Unavailable',
    `taking ${id}: another attempt at it began meanwhile and took the place of this one (${attempt}), which ends here`,
    { begun: true },
  );
}

export interface Progress extends FileProgress {
  /** Notes what is not noted yet. */
  flush(waiting: Waiting): Promise<void>;
}

export interface ProgressInput {
  objects: ObjectsPort;
  /** The backup's folder in the object store, with its slash. */
  folder: string;
  attempt: string;
  coding: Coding;
}

export function createProgress(input: ProgressInput, waiting: Waiting): Progress {
  const { objects, folder, attempt, coding } = input;
  let earlier: Promise<Map<string, StoredFile>> | undefined;
  let pending: StoredFile[] = [];
  let bytes = 0;
  let notes = 0;
  const flush = async (during: Waiting): Promise<void> => {
    if (pending.length === 0) return;
    const { compression, recipients } = coding;
    const schema = 'fairlead/backup-progress/v1';
    const note = { schema, attempt, compression, recipients, files: pending };
    const name = String((notes += 1)).padStart(6, '0');
    [pending, bytes] = [[], 0];
    const key = `${folder}${attempt}/${FOLDER}/${name}.json`;
    await objects.put({ key, body: jsonBytes(note) }, during);
  };
  return {
    earlier: async (path, stamp) => {
      earlier ??= readNotes(input, waiting);
      return (await earlier).get(fileKey(path, stamp));
    },
    stored: async (file) => {
      pending.push(file);
      bytes += file.object.size;
      if (bytes >= NOTE_BYTES || pending.length >= NOTE_FILES) await flush(waiting);
    },
    flush,
  };
}

/** Only of objects that are there as they were noted, made for the same recipients; what cannot be read is no progress. */
async function readNotes(
  { objects, folder, coding }: ProgressInput,
  waiting: Waiting,
): Promise<Map<string, StoredFile>> {
  const infos = await objects.list(folder);
  const sizes = new Map(infos.map(({ key, size }) => [key, size]));
  const found = new Map<string, StoredFile>();
  for (const { key } of infos) {
    waiting.signal.throwIfAborted();
    const [by, kind] = key.slice(folder.length).split('/');
    if (by === undefined || kind !== FOLDER) continue;
    const read = await readJson(objects, { key, longest: LONGEST }, noteSchema, waiting);
    if (!('value' in read) || read.value.attempt !== by || !isSame(read.value, coding)) continue;
    for (const { stamp, object, part } of read.value.files) {
      const isThere = sizes.get(`${folder}${by}/${object.name}`) === object.size;
      if (!isThere || !isWhole(object, part)) continue;
      const taken = { ...object, attempt: by };
      found.set(fileKey(part.name, stamp), { stamp, object: taken, part });
    }
  }
  return found;
}

/** Whether the note's two descriptions of a file agree; a note that contradicts itself is not believed. */
function isWhole({ path, plain }: BackupObject, { name, bytes, hash }: Part): boolean {
  return path === name && plain.size === bytes && hash === `sha256:${plain.sha256}`;
}

function isSame(one: Coding, other: Coding): boolean {
  const words = ({ compression, recipients }: Coding) =>
    JSON.stringify([compression, [...recipients].sort()]);
  return words(one) === words(other);
}

function fileKey(path: string, stamp: string): string {
  return `${stamp} ${path}`;
}
