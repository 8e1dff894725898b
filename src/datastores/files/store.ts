// Datastores of kind `files`: a folder of CSV (or other) files. A backup is one object a file; the manifest has sizes,
// SHA-256 and rows. A copy is a folder. Used through datastores/registry.ts.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Bytes } from '../../ports/objects.ts';
import type { CopyView, DatastoreRef, Fingerprint } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Contents, Part, RecoveryPoint } from '../../domain/backup/backup.ts';
import { HEARTBEAT_FILE } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import { forOthers } from '../../machine/own-umask.ts';
import { streamed } from '../artefact.ts';
import { keepOf, type Into, type Store, type StoredFile, type Taken } from '../store.ts';
import { addHeartbeat, newestHeartbeat, takeHeartbeat } from './heartbeat.ts';
import { filesByHand } from './by-hand.ts';
import { fileBytes, partOf, readPart } from './contents.ts';
import { copyFilesIn, createFilesExchange } from './exchange.ts';
import { directoryOf, generationsOf } from './generations.ts';
import { lossOf } from './loss.ts';
import { checkAtRest, filesIn, lookThrough, walkFiles, type SourceFile } from './walk.ts';
import { files } from './settings.ts';
import { giveTo, within } from './within.ts';
import { thereAt, type Named } from '../named-dump.ts';

export function createFilesStore(clock: Pick<Clock, 'now'>): Store {
  return {
    capabilities: files.capabilities,
    byHand: filesByHand,
    exchange: createFilesExchange(clock),
    place: async (store) => {
      const { root, folder, current } = await liveFolder(store);
      return { datastore: store.datastore, kind: 'folder', path: current ? root : folder };
    },
    backup: async (store, into, waiting) => {
      const { folder, current } = await liveFolder(store);
      const taken = await takeAll(folder, into, waiting, clock);
      const written = store.settings.directory ?? '';
      return { ...taken, source: current === undefined ? written : `${written}/${current}` };
    },
    // Rows were counted from the same bytes as the checksums, which are checked already.
    examine: async (artefact) => {
      const { manifest } = streamed(artefact);
      const held = new Set(manifest.objects.map(({ path }) => path));
      return manifest.contents.parts
        .filter(({ name }) => !held.has(name))
        .map(({ name }) => `${name} is in the manifest, and no object is a copy of it`);
    },
    restore: async (artefact, folder, waiting) => {
      const { manifest, read } = streamed(artefact);
      const into = await copyFilesIn(folder);
      for (const object of manifest.objects) {
        if (object.path === undefined) {
          throw new Failure('CheckFailed', `the object ${object.name} says no path to restore to`);
        }
        await writeFile(into, object.path, read(object, waiting));
      }
    },
    empty: async () => undefined,
    address: async (folder) => ({
      kind: 'folder',
      of: 'files',
      directory: await copyFilesIn(folder),
    }),
    fingerprint: async (store, waiting) =>
      fingerprintOf((await liveFolder(store)).folder, waiting, clock),
    fingerprintCopy: async (folder, waiting) =>
      fingerprintOf(await copyFilesIn(folder), waiting, clock),
    ask: async () => {
      throw new Failure('Unsupported', 'a datastore of kind files answers no queries');
    },
    named: namedFolder,
    look: LOOK,
    heartbeats: {
      write: async (store) => {
        const { folder, fencedSince } = await liveFolder(store);
        if (fencedSince === undefined) return addHeartbeat(folder, keepOf(store), clock.now());
        const message = `${store.datastore} is fenced against writes since epoch ${fencedSince}: nothing is written to it`;
        throw new Failure('Refused', message);
      },
      newest: async (folder) => newestHeartbeat(await copyFilesIn(folder)),
    },
  };
}

const LOOK: NonNullable<Store['look']> = {
  loss: async (store, folder, waiting) =>
    lossOf((await liveFolder(store)).folder, await copyFilesIn(folder), waiting),
  open: async (store, folder) => openForReading(store, await copyFilesIn(folder)),
};

/** Folders stay as they are: who may write to them may remove the copy, and a janitor has to. */
async function openForReading(store: DatastoreRef, folder: string): Promise<CopyView> {
  for await (const path of walkFiles(folder)) await within(folder, path, false, protect);
  const live = directoryOf(store);
  const there = await generationsOf(live).catch(() => undefined);
  const compare = `diff -rq ${shellWord(there?.folder ?? live)} ${shellWord(folder)}`;
  return { where: folder, look: [`ls -lR ${shellWord(folder)}`, compare] };
}

async function protect(file: string): Promise<void> {
  const handle = await open(file, constants.O_NOFOLLOW | constants.O_NONBLOCK);
  await handle.chmod(0o444).finally(() => handle.close());
}

async function liveFolder(store: DatastoreRef) {
  return generationsOf(directoryOf(store));
}

async function takeAll(
  folder: string,
  into: Into,
  waiting: Waiting,
  clock: Pick<Clock, 'now'>,
): Promise<Omit<Extract<Taken, { artefact: 'streamed' }>, 'source'>> {
  const began = clock.now();
  const { files, leftOut } = await lookThrough(folder);
  if (files.length === 0) {
    const message = `${folder} holds no file: an empty backup would look like a good one; is it mounted?`;
    throw new Failure('NotFound', message);
  }
  // Before the data: what was written before the newest record is in what is read after it.
  const records = await takeHeartbeat(folder);
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
    objects.push(await into.write('canary', Readable.from([records.bytes]), HEARTBEAT_FILE));
  }
  return {
    artefact: 'streamed',
    objects,
    contents: { ...contentsOf(parts), ...(leftOut.length > 0 && { notDumped: leftOut }) },
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
  const { body, rows } = fileBytes(folder, path, waiting);
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
  for (const { path } of files) parts.push(await readPart(folder, path, waiting));
  await checkAtRest(folder, files);
  return { contents: contentsOf(parts), at: pointOf(began, clock.now()) };
}

function contentsOf(parts: Part[]): Contents {
  return { parts, definitions: [], sequences: [] };
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

/** Writes one file below `folder`, which has to be there: a copy that was discarded meanwhile is not made again. */
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
  try {
    return await within(folder, path, true, async (at, top) => {
      const handle = await open(at, 'wx');
      await forOthers(handle, 0o666);
      await giveTo(top, handle);
      return handle;
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('Unavailable', `writing ${join(folder, path)}: ${String(error)}`);
  }
}

/** With generations, the current one. */
async function namedFolder(directory: string): Promise<Named> {
  if (!(await thereAt(directory)).isDirectory()) {
    const message = `${directory} is a file, and a datastore of kind files is a folder; unpack it if it is an archive`;
    throw new Failure('Unsupported', message);
  }
  const { folder } = await generationsOf(directory);
  const files = await filesIn(folder);
  if (files.length === 0) throw new Failure('CheckFailed', `${folder} holds no file`);
  const paths = files.map(({ path }) => path);
  if ((await takeHeartbeat(folder)) !== undefined) paths.push(HEARTBEAT_FILE);
  return {
    objects: paths.map((path) => ({ name: `files/${path}`, file: join(folder, path), path })),
    tools: {},
    holds: `${files.length} files`,
  };
}
