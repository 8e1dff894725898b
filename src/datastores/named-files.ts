// The port to dumps that are in no catalogue, over the kinds of datastores: a named file is read as a backup is, with a
// manifest that promises nothing. Made once, by the worker.
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { BindingsPort } from '../ports/bindings.ts';
import type { CopyPlacement, DatastoreRef } from '../ports/backups.ts';
import type { NamedFile, NamedFilesPort } from '../ports/named-files.ts';
import type { Clock } from '../ports/clock.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { StreamedManifest } from '../domain/backup/backup.ts';
import type { BoundPlace } from '../domain/recovery/binding.ts';
import type { Stores } from './store.ts';
import type { Bytes } from '../ports/objects.ts';
import { drain, measuring, type Measured } from './byte-streams.ts';
import { boundStore, placedAt } from './bindings.ts';
import { createCopies, type Copies } from './copies.ts';
import { elsewhereOr } from './exchanges.ts';
import { readChunks } from './files/walk.ts';
import { loadCopy, newCopy, releaseIn } from './load-copy.ts';
import { thereAt, type Named } from './named-dump.ts';
import { besideOr } from './look-into.ts';
import type { Store, StreamedArtefact } from './store.ts';
import { Failure } from '../domain/failure.ts';
import { sizeOf } from '../domain/text/amounts.ts';

const SHOWN = 20;

export interface NamedFilesInput {
  stores: Stores;
  /** Where datastores are today. */
  bindings: BindingsPort;
  /** Absolute folder of copies. */
  copies: string;
  clock: Pick<Clock, 'now'>;
}

export function createNamedFiles(given: NamedFilesInput): NamedFilesPort {
  const { stores, bindings, copies: root, clock } = given;
  const copies = createCopies(root, { release: releaseIn(stores, bindings) });
  return {
    ...adopting({ stores, bindings, clock, copies }),
    examine: async (input, waiting) => {
      const kind = stores[input.store.settings.kind];
      const named = await kind.named(pathOf(input), waiting);
      const sums = tally(named);
      const artefact = artefactOf(input, named, sums);
      for (const object of artefact.manifest.objects) await drain(artefact.read(object, waiting));
      // Before the tool reads them again.
      const told = sums.told();
      const problems = await kind.examine(artefact, waiting);
      waiting.signal.throwIfAborted();
      const [first] = problems;
      if (first === undefined) {
        const reason = `${input.file}: ${told}; ${named.holds}, read to its end`;
        return { rung: 'artefact', verdict: 'pass', reason };
      }
      const differences = problems.slice(0, SHOWN);
      return { rung: 'artefact', verdict: 'fail', reason: `${told}: ${first}`, differences };
    },
    restore: async ({ file, target, into }, waiting) => {
      const store = await boundStore(bindings, target.store, waiting);
      const input = { store, file };
      const kind = stores[store.settings.kind];
      const named = await kind.named(pathOf(input), waiting);
      const sums = tally(named);
      const backup = `file:${file}`;
      const begun = newCopy(target, backup, clock);
      const begin = await beginningOf(kind, store, into);
      const fill = async (folder: string): Promise<void> => {
        await begin?.(folder, await bytesOf(named));
        await kind.restore(artefactOf(input, named, sums), folder, waiting);
      };
      await loadCopy(copies, kind, begun, fill, waiting);
      return { sha256: sums.all() };
    },
    writtenAt: async (input, waiting) => {
      const path = pathOf(input);
      const stats = await thereAt(path);
      // A dump: no tool has to read it for that.
      if (!stats.isDirectory()) return Math.round(stats.mtimeMs);
      const { objects } = await stores[input.store.settings.kind].named(path, waiting);
      const times = await Promise.all(
        objects.map(async ({ file }) => (await thereAt(file)).mtimeMs),
      );
      return Math.round(Math.max(...times));
    },
  };
}

function adopting({
  stores,
  bindings,
  clock,
  copies,
}: Omit<NamedFilesInput, 'copies'> & { copies: Copies }): Pick<
  NamedFilesPort,
  'unadoptable' | 'adopt' | 'left'
> {
  return {
    unadoptable: async ({ store, what }, waiting) => {
      const there = await boundStore(bindings, store, waiting);
      return unadoptable(stores[store.settings.kind], there, what, waiting).catch(said);
    },
    left: async ({ store, into }, waiting) =>
      stores[store.settings.kind].exchange?.adopt?.left?.(placedAt(store, into), waiting),
    adopt: async ({ place, target, into }, waiting) => {
      const store = await boundStore(bindings, target.store, waiting);
      const kind = stores[store.settings.kind];
      const { adopt } = kind.exchange ?? {};
      if (adopt === undefined) throw new Failure('Unsupported', noPlaces(store, place));
      let words = `${place} is a copy of it already`;
      const fill = async (folder: string): Promise<void> => {
        const there = isElsewhere(into) ? placedAt(store, into.elsewhere) : undefined;
        words = await adopt.take(store, folder, place, waiting, there);
      };
      await loadCopy(copies, kind, newCopy(target, `place:${place}`, clock), fill, waiting);
      return words;
    },
  };
}

/** What makes the place of a copy; undefined for one apart from everything live. */
async function beginningOf(
  kind: Store,
  store: DatastoreRef,
  into: CopyPlacement | undefined,
): Promise<((folder: string, bytes: number) => Promise<void>) | undefined> {
  if (isElsewhere(into)) {
    const elsewhere = elsewhereOr(kind, store);
    const there = placedAt(store, into.elsewhere);
    return (folder, bytes) => elsewhere.begin(there, folder, bytes, undefined);
  }
  if (into !== 'beside') return undefined;
  const beside = await besideOr(kind, store);
  return (folder, bytes) => beside.begin(store, folder, bytes);
}

function isElsewhere(into: CopyPlacement | undefined): into is { elsewhere: BoundPlace } {
  return typeof into === 'object';
}

/** What is to be copied is looked at by the tool of its kind; a place is asked for where the live data are. */
async function unadoptable(
  kind: Store,
  store: DatastoreRef,
  what: string,
  waiting: Waiting,
): Promise<string | undefined> {
  if (what.includes('/')) {
    await kind.named(pathOf({ store, file: what }), waiting);
    return undefined;
  }
  const { adopt } = kind.exchange ?? {};
  return adopt === undefined ? noPlaces(store, what) : adopt.unable(store, what, waiting);
}

function said(error: unknown): string {
  if (error instanceof Failure && error.kind !== 'Unavailable') return error.message;
  throw error;
}

function noPlaces({ datastore, settings }: DatastoreRef, place: string): string {
  return `adopting ${place} for ${datastore}: of a datastore of kind ${settings.kind} only a dump is adopted, by its path with a / in it`;
}

async function bytesOf({ objects }: Named): Promise<number> {
  const sizes = await Promise.all(objects.map(async ({ file }) => (await thereAt(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function pathOf({ store, file }: NamedFile): string {
  return resolve(store.directory, file);
}

interface Sums {
  add: (name: string, sum: Measured) => void;
  /** The SHA-256 of the one file, or of the lines that sha256sum prints for all of them; null while one was not read. */
  all: () => string | null;
  told: () => string;
}

/** Keeps the size and SHA-256 of each object that was read. */
function tally({ objects }: Named): Sums {
  const found = new Map<string, Measured>();
  const names = objects.map(({ name, path }) => path ?? name);
  const all = (): string | null => {
    const sums = names.map((name) => found.get(name)?.sha256);
    if (sums.includes(undefined)) return null;
    if (sums.length === 1) return sums[0] ?? null;
    const lines = names.map((name, index) => `${sums[index] ?? ''}  ${name}\n`);
    return createHash('sha256').update(lines.join('')).digest('hex');
  };
  const bytes = (): number => [...found.values()].reduce((sum, { size }) => sum + size, 0);
  return {
    add: (name, sum) => found.set(name, sum),
    all,
    told: () => `${sizeOf(bytes())} with the SHA-256 ${all() ?? 'unknown'}`,
  };
}

function artefactOf({ store, file }: NamedFile, named: Named, sums: Sums): StreamedArtefact {
  const files = new Map(named.objects.map((object) => [object.name, object]));
  return {
    manifest: manifestOf({ store, file }, named),
    store,
    read: async function* ({ name }, waiting: Waiting) {
      const object = files.get(name);
      if (object === undefined) return;
      const { body, result } = measuring(bytesAt(object, waiting));
      yield* body;
      sums.add(object.path ?? name, result());
    },
  };
}

/** The bytes of one named file; of a named folder, those of a file below it, reached through no link. */
async function* bytesAt({ file, path }: Named['objects'][number], waiting: Waiting): Bytes {
  if (path === undefined) {
    const named = await realpath(file);
    yield* readChunks(dirname(named), basename(named), waiting);
    return;
  }
  yield* readChunks(await realpath(file.slice(0, -path.length)), path, waiting);
}

/** Promises nothing: no counts, no hashes, no point of recovery. */
function manifestOf(
  { store, file }: NamedFile,
  { objects, folders, tools, locale }: Named,
): StreamedManifest {
  const unknown = { size: 0, sha256: '' };
  const never = new Date(0).toISOString();
  return {
    schema: 'fairlead/backup/v1',
    id: `file:${file}`,
    system: store.system,
    datastore: store.datastore,
    kind: store.settings.kind,
    source: file,
    systemDigest: '',
    artefact: 'streamed',
    attempt: 'file',
    startedAt: never,
    endedAt: never,
    recoveryPoint: { notBefore: never, notAfter: never, clock: 'worker', skewMs: 0 },
    tools,
    encryption: null,
    compression: 'none',
    objects: objects.map(({ name, path, rights }) => ({
      name,
      ...unknown,
      plain: unknown,
      ...(path !== undefined && { path }),
      ...(rights && { rights }),
    })),
    ...(folders && { folders }),
    contents: { parts: [], definitions: [], sequences: [], ...(locale && { locale }) },
  };
}
