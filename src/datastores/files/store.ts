// Datastores of kind `files`: a folder of CSV (or other) files. A backup is one object a file; the manifest has sizes,
// SHA-256 and rows. A copy is a folder. Used through datastores/registry.ts.
import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { CopyView, DatastoreRef, Fingerprint } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { BackupObject, Contents, Part, RecoveryPoint } from '../../domain/backup/backup.ts';
import { HEARTBEAT_FILE } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import { accountNames, type AccountNames } from '../../machine/account-names.ts';
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
import { folderRights, lacksRights, rightsAt, rightsOf } from './rights.ts';
import { restoreFiles } from './restore-files.ts';
import { within } from './within.ts';
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
    lacks: (artefact) =>
      lacksRights(streamed(artefact).manifest.objects) ? LACKS_RIGHTS : undefined,
    restore: async (artefact, folder, waiting) => {
      const live = await liveFolder(artefact.store).catch(() => undefined);
      await restoreFiles(streamed(artefact), await copyFilesIn(folder), live?.folder, waiting);
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

const LACKS_RIGHTS =
  'it was made before modes were kept: files are restored with those of the live ones, and what is not live any more for its owner alone (600, folders 700)';

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
  try {
    const { mode } = await handle.stat();
    await handle.chmod((mode & 0o444) | 0o400);
  } finally {
    await handle.close();
  }
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
  const names = await accountNames();
  const objects = [];
  const parts: Part[] = [];
  for (const [index, file] of files.entries()) {
    const name = `files/${String(index + 1).padStart(6, '0')}`;
    const { object, part } =
      (await into.earlier(file.path, file.stamp)) ??
      (await takeFile({ folder, file, name, names }, into, waiting));
    objects.push(object);
    parts.push(part);
  }
  await checkAtRest(folder, files);
  if (records !== undefined) {
    const written = await into.write('canary', Readable.from([records.bytes]), HEARTBEAT_FILE);
    objects.push(withRights(written, records.stats, names));
  }
  return {
    artefact: 'streamed',
    objects,
    folders: await folderRights(
      folder,
      files.map(({ path }) => path),
      names,
    ),
    contents: { ...contentsOf(parts), ...(leftOut.length > 0 && { notDumped: leftOut }) },
    recoveryPoint: pointOf(began, clock.now()),
    tools: {},
    ...(records?.newest != null && { canary: records.newest }),
  };
}

async function takeFile(
  {
    folder,
    file,
    name,
    names,
  }: { folder: string; file: SourceFile; name: string; names: AccountNames },
  into: Into,
  waiting: Waiting,
): Promise<StoredFile> {
  const { path, stamp } = file;
  const { body, rows, stats } = fileBytes(folder, path, waiting);
  const object = withRights(await into.write(name, body, path), stats(), names);
  const taken = { stamp, object, part: partOf(path, object.plain, rows()) };
  await into.stored(taken);
  return taken;
}

function withRights(
  object: BackupObject,
  stats: Stats | undefined,
  names: AccountNames,
): BackupObject {
  const rights = stats && rightsOf(stats, names);
  return rights === undefined ? object : { ...object, rights };
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
  const names = await accountNames();
  return {
    objects: await Promise.all(
      paths.map(async (path) => {
        const rights = await rightsAt(folder, path, names);
        return { name: `files/${path}`, file: join(folder, path), path, ...(rights && { rights }) };
      }),
    ),
    folders: await folderRights(folder, paths, names),
    tools: {},
    holds: `${files.length} files`,
  };
}
