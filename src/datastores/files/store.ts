// Datastores of kind `files`: a folder of CSV (or other) files. A backup is one object a file; the manifest has sizes,
// SHA-256 and rows. A copy is a folder. Used through the registry of backups.ts.
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { Bytes, DatastoreRef, Fingerprint } from '../../activities/ports-data.ts';
import type { Clock, Waiting } from '../../activities/ports.ts';
import type { Contents, Part, RecoveryPoint } from '../../domain/backup.ts';
import { CANARY_FILE } from '../../domain/canary.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { drain, measuring } from '../byte-streams.ts';
import { keepOf, type Into, type Store, type StoredFile, type Taken } from '../store.ts';
import { addCanary, newestCanary, takeCanary } from './canary.ts';
import { countRows } from './csv-rows.ts';
import { generationsOf } from './generations.ts';
import { namedFolder } from './named.ts';
import { checkAtRest, filesIn, readChunks, type SourceFile } from './snapshot.ts';

export function createFilesStore(clock: Pick<Clock, 'now'>): Store {
  return {
    place: async (store) => {
      await liveFolder(store);
      const { datastore, directory, settings } = store;
      return { datastore, kind: 'folder', path: resolve(directory, settings.directory ?? '.') };
    },
    backup: async (store, into, waiting) => {
      const { folder, current } = await liveFolder(store);
      const taken = await takeAll(folder, into, waiting, clock);
      const written = store.settings.directory ?? '';
      return { ...taken, source: current === undefined ? written : `${written}/${current}` };
    },
    // Rows were counted from the same bytes as the checksums, which are checked already.
    examine: async ({ manifest }) => {
      const held = new Set(manifest.objects.map(({ path }) => path));
      return manifest.contents.parts
        .filter(({ name }) => !held.has(name))
        .map(({ name }) => `${name} is in the manifest, and no object is a copy of it`);
    },
    restore: async (artefact, folder, waiting) => {
      for (const object of artefact.manifest.objects) {
        if (object.path === undefined) {
          throw new Failure('CheckFailed', `the object ${object.name} says no path to restore to`);
        }
        await writeFile(folder, object.path, artefact.read(object, waiting));
      }
    },
    empty: async () => undefined,
    address: async (folder) => ({ kind: 'files', directory: folder }),
    fingerprint: async (store, waiting) =>
      fingerprintOf((await liveFolder(store)).folder, waiting, clock),
    fingerprintCopy: (folder, waiting) => fingerprintOf(folder, waiting, clock),
    ask: async () => {
      throw new Failure('Unsupported', 'a datastore of kind files answers no queries');
    },
    named: namedFolder,
    canary: {
      write: async (store) =>
        addCanary((await liveFolder(store)).folder, keepOf(store), clock.now()),
      newest: newestCanary,
    },
  };
}

async function liveFolder({ directory, settings }: DatastoreRef) {
  return generationsOf(resolve(directory, settings.directory ?? '.'));
}

async function takeAll(
  folder: string,
  into: Into,
  waiting: Waiting,
  clock: Pick<Clock, 'now'>,
): Promise<Omit<Taken, 'source'>> {
  const began = clock.now();
  const files = await filesIn(folder);
  if (files.length === 0) {
    const message = `${folder} holds no file: an empty backup would look like a good one; is it mounted?`;
    throw new Failure('NotFound', message);
  }
  // Before the data: what was written before the newest record is in what is read after it.
  const records = await takeCanary(folder);
  const objects = [];
  const parts: Part[] = [];
  for (const [index, file] of files.entries()) {
    const name = `files/${String(index + 1).padStart(6, '0')}`;
    const { object, part } =
      (await into.earlier(file.path, file.stamp)) ??
      (await takeFile({ folder, file, name }, into, waiting));
    objects.push(object);
    parts.push(part);
  }
  await checkAtRest(folder, files);
  if (records !== undefined) {
    objects.push(await into.write('canary', Readable.from([records.bytes]), CANARY_FILE));
  }
  return {
    objects,
    contents: contentsOf(parts),
    recoveryPoint: pointOf(began, clock.now()),
    tools: {},
    ...(records?.newest != null && { canary: records.newest }),
  };
}

async function takeFile(
  { folder, file, name }: { folder: string; file: SourceFile; name: string },
  into: Into,
  waiting: Waiting,
): Promise<StoredFile> {
  const { path, stamp } = file;
  const { body, rows } = counted(path, readChunks(join(folder, path), waiting));
  const object = await into.write(name, body, path);
  const taken = { stamp, object, part: partOf(path, object.plain, rows()) };
  await into.stored(taken);
  return taken;
}

async function fingerprintOf(
  folder: string,
  waiting: Waiting,
  clock: Pick<Clock, 'now'>,
): Promise<Fingerprint> {
  const began = clock.now();
  const files = await filesIn(folder);
  const parts: Part[] = [];
  for (const { path } of files) {
    const { body, rows } = counted(path, readChunks(join(folder, path), waiting));
    const measured = measuring(body);
    await drain(measured.body);
    parts.push(partOf(path, measured.result(), rows()));
    waiting.beat({ read: path });
  }
  await checkAtRest(folder, files);
  return { contents: contentsOf(parts), at: pointOf(began, clock.now()) };
}

function counted(path: string, body: Bytes): { body: Bytes; rows: () => number | null } {
  if (!/\.csv$/i.test(path)) return { body, rows: () => null };
  const counter = countRows();
  const passing = async function* (): Bytes {
    for await (const chunk of body) {
      counter.add(chunk);
      yield chunk;
    }
  };
  return { body: passing(), rows: () => counter.rows() };
}

function partOf(name: string, plain: { size: number; sha256: string }, rows: number | null): Part {
  return { name, rows, bytes: plain.size, hash: `sha256:${plain.sha256}` };
}

function contentsOf(parts: Part[]): Contents {
  return { parts, indexes: [], constraints: [], sequences: [] };
}

/** The files were at rest all the while, and their clock is the worker's. */
function pointOf(from: number, to: number): RecoveryPoint {
  return {
    notBefore: new Date(from).toISOString(),
    notAfter: new Date(to).toISOString(),
    clock: 'worker',
    skewMs: 0,
  };
}

/** Below `folder`, which has to be there: of a copy that was discarded meanwhile nothing comes back. */
async function writeFile(folder: string, path: string, body: Bytes): Promise<void> {
  const file = join(folder, path);
  const handle = await openIn(folder, path);
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

async function openIn(folder: string, path: string): Promise<FileHandle> {
  let at = folder;
  try {
    for (const part of dirname(path).split('/')) {
      at = join(at, part);
      if (part !== '.') await mkdir(at).catch(unlessThere);
    }
    return await open(join(folder, path), 'wx');
  } catch (error) {
    throw new Failure('Unavailable', `writing ${join(folder, path)}: ${String(error)}`);
  }
}

function unlessThere(error: unknown): void {
  if (textAt(error, 'code') !== 'EEXIST') throw error;
}
