// The object store on a folder: one file an object. A put writes beside the store, syncs, and links the whole file
// to its name: a reader sees all of it or nothing, a crash leaves a file in `.incoming`, and of two that put one key
// the second is refused by the file system itself. Removal is a port of its own, for retention.
import { createHash } from 'node:crypto';
import type { BigIntStats, Dirent } from 'node:fs';
import { link, lstat, readdir, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Bytes, ObjectInfo, ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import type { Waiting } from '../ports/waiting.ts';
import { Failure } from '../domain/failure.ts';
import { textAt } from '../domain/json.ts';
import { fileChunks } from '../machine/file-chunks.ts';
import { syncFolders } from '../machine/keep-file.ts';
import { madeLike, type MadeLike } from '../machine/own-umask.ts';
import { incomingName, isWriterGone } from './incoming-names.ts';

const INCOMING = '.incoming';
const BEAT_EVERY = 16 * 1024 * 1024;
const BEAT_MS = 1_000;
const PART = /^[A-Za-z0-9_%~-][A-Za-z0-9._%~-]{0,219}$/;
const LONGEST_KEY = 1024;

export function createObjectsFolder(root: string): ObjectsPort {
  const known: KnownFolders = new Set();
  return {
    put: (input, waiting) => put({ root, known }, input, waiting),
    get: async (key, waiting) => {
      const file = fileOf(root, key);
      const stats = await lstat(file, { bigint: true }).catch((error: unknown) => {
        throw isGone(error) ? missing(root, key) : unavailable('reading', file, error);
      });
      if (!stats.isFile()) throw missing(root, key);
      return { info: infoOf(key, stats), body: chunksOf(root, key, waiting) };
    },
    list: async (prefix) => {
      const found = await walk(root, folderOfPrefix(prefix));
      return found
        .filter(({ key }) => key.startsWith(prefix))
        .sort((one, other) => (one.key < other.key ? -1 : 1));
    },
  };
}

export function createObjectRemoval(root: string): ObjectRemovalPort {
  return {
    remove: async ({ key, etag }) => {
      const file = fileOf(root, key);
      try {
        const found = infoOf(key, await lstat(file, { bigint: true }));
        if (found.etag !== etag) {
          const details = { expected: etag, found: found.etag };
          const message = `removing ${key}: it is not what was to be removed any more; list again`;
          throw new Failure('WorldChanged', message, details);
        }
        await unlink(file);
        await removeEmpty(root, dirname(file));
      } catch (error) {
        if (error instanceof Failure) throw error;
        if (!isGone(error)) throw unavailable('removing', file, error);
      }
    },
    sweep: async (before) => {
      const left = (await walk(root, INCOMING)).filter(
        ({ key, modifiedAt }) => modifiedAt < before || isWriterGone(basename(key)),
      );
      for (const { key } of left) await unlink(join(root, key)).catch(() => undefined);
      return left.length;
    },
  };
}

/** Folders that this process has brought to disk with all that are above them. */
type KnownFolders = Set<string>;
const MOST_KNOWN = 10_000;

async function put(
  { root, known }: { root: string; known: KnownFolders },
  { key, body }: { key: string; body: Bytes },
  waiting: Waiting,
): Promise<ObjectInfo & { sha256: string }> {
  const file = fileOf(root, key);
  const incoming = join(root, INCOMING, incomingName());
  const made = await madeLike(root);
  const ofBody = new Set<unknown>();
  try {
    if (await isThere(file)) throw taken(key);
    await made.make(dirname(incoming));
    const sha256 = await write(incoming, made.open, noting(body, ofBody), waiting);
    waiting.signal.throwIfAborted();
    const created = await named(incoming, file, made.make);
    const isKnown = created === undefined && known.has(dirname(file));
    await syncFolders(isKnown ? dirname(file) : root, dirname(file));
    if (known.size >= MOST_KNOWN) known.clear();
    known.add(dirname(file));
    // Of the same file: under its name it may have been removed already.
    return { ...infoOf(key, await stat(incoming, { bigint: true })), sha256 };
  } catch (error) {
    // Also of a file: of the caller's, on a disk that is not this store's.
    if (ofBody.has(error)) throw error;
    if (textAt(error, 'code') === 'EEXIST') throw taken(key);
    if (textAt(error, 'syscall') === undefined) throw error;
    throw unavailable('writing', file, error);
  } finally {
    await unlink(incoming).catch(() => undefined);
  }
}

/**
 * Gives a file its name in the store; answers the first folder that had to be made for it. Fails when somebody was first:
 * the one place where two writers meet. A removal may take the empty folder away again before the name is in it.
 */
async function named(
  incoming: string,
  file: string,
  make: MadeLike['make'],
  tries = 10,
): Promise<string | undefined> {
  const created = await make(dirname(file));
  try {
    await link(incoming, file);
    return created;
  } catch (error) {
    if (!isGone(error) || tries <= 1) throw error;
    return named(incoming, file, make, tries - 1);
  }
}

/** Yields the bytes of `body`, and adds an error that `body` throws to `thrown`. */
async function* noting(body: Bytes, thrown: Set<unknown>): Bytes {
  try {
    yield* body;
  } catch (error) {
    thrown.add(error);
    throw error;
  }
}

async function write(
  file: string,
  opened: MadeLike['open'],
  body: Bytes,
  { signal, beat }: Waiting,
): Promise<string> {
  const hash = createHash('sha256');
  const handle = await opened(file);
  const told = progress('written', beat);
  try {
    for await (const chunk of body) {
      signal.throwIfAborted();
      // Hashed while it is written.
      const written = writeAll(handle, chunk);
      hash.update(chunk);
      await written;
      told(chunk.length);
    }
    told(0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** Throws NotFound when the object was removed before its first byte was asked for. */
async function* chunksOf(root: string, key: string, { signal, beat }: Waiting): Bytes {
  const file = join(root, key);
  const told = progress('read', beat);
  try {
    for await (const chunk of fileChunks(file, signal)) {
      told(chunk.length);
      yield chunk;
    }
    told(0);
  } catch (error) {
    if (textAt(error, 'syscall') === undefined) throw error;
    throw isGone(error) ? missing(root, key) : unavailable('reading', file, error);
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    at += (await handle.write(chunk, at, chunk.length - at)).bytesWritten;
  }
}

/**
 * Beats how many bytes there were since the last beat: once in so many bytes or a second, since each chunk would be hundreds of
 * times a second, and at the end, which is 0 bytes.
 */
function progress(what: 'read' | 'written', beat: Waiting['beat']): (bytes: number) => void {
  let [untold, toldAt] = [0, performance.now()];
  return (bytes) => {
    untold += bytes;
    const isLong = bytes === 0 || untold >= BEAT_EVERY || performance.now() - toldAt >= BEAT_MS;
    if (untold === 0 || !isLong) return;
    beat({ [what]: untold });
    [untold, toldAt] = [0, performance.now()];
  };
}

/** Adds every object below a folder of the store to `found`, in no order. */
async function walk(root: string, folder: string, found: ObjectInfo[] = []): Promise<ObjectInfo[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(
    (error: unknown) => {
      if (isGone(error)) return [];
      throw unavailable('listing', join(root, folder), error);
    },
  );
  const keyOf = ({ name }: Dirent): string => (folder === '' ? name : `${folder}/${name}`);
  const named = entries.filter(({ name }) => PART.test(name));
  const files = named.filter((entry) => entry.isFile());
  const infos = await Promise.all(files.map((entry) => infoAt(root, keyOf(entry))));
  found.push(...infos.filter((info) => info !== undefined));
  for (const entry of named) if (entry.isDirectory()) await walk(root, keyOf(entry), found);
  return found;
}

/** Undefined when it was removed since; what cannot be looked at is not missing, or retention would take it for that. */
async function infoAt(root: string, key: string): Promise<ObjectInfo | undefined> {
  const file = join(root, key);
  try {
    return infoOf(key, await lstat(file, { bigint: true }));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw unavailable('looking at', file, error);
  }
}

/** The folder that everything with this prefix lies in. */
function folderOfPrefix(prefix: string): string {
  const folder = prefix.split('/').slice(0, -1).join('/');
  if (folder !== '') checkKey(folder);
  return folder;
}

function fileOf(root: string, key: string): string {
  checkKey(key);
  return join(root, key);
}

function checkKey(key: string): void {
  const fits = key.length <= LONGEST_KEY && key.split('/').every((part) => PART.test(part));
  if (fits) return;
  throw new Failure(
    'BadInput',
    `the object key ${JSON.stringify(key.slice(0, 200))} cannot be used: parts of letters, digits and . _ - % ~ joined by /, none beginning with a dot`,
  );
}

function infoOf(key: string, stats: BigIntStats): ObjectInfo {
  const etag = `${stats.ino}-${stats.mtimeNs}-${stats.size}`;
  return { key, size: Number(stats.size), modifiedAt: Number(stats.mtimeNs / 1_000_000n), etag };
}

export function unavailable(doing: string, file: string, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  return new Failure(
    'Unavailable',
    `${doing} ${file}: ${said}. Check that the folder is there, writable and has space.`,
  );
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(textAt(error, 'code') ?? '');
}

function missing(root: string, key: string): Failure {
  return new Failure('NotFound', `reading ${key}: there is no such object in ${root}`);
}

function taken(key: string): Failure {
  return new Failure(
    'Refused',
    `writing ${key}: there is an object of that name already, and none is ever overwritten; list the store to see it`,
  );
}

async function removeEmpty(root: string, folder: string): Promise<void> {
  for (let at = folder; at.length > root.length; at = dirname(at)) {
    const removed = await rmdir(at).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
