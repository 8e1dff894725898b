// What is in a folder of files: which there are, and whether one changed while it was read.
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BigIntStats, Dirent, Stats } from 'node:fs';
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { handleChunks } from '../../machine/file-chunks.ts';
import { isHeartbeatFile } from './heartbeat.ts';
import { openFile } from './within.ts';

/** The character that Node puts in for bytes that are no UTF-8. */
const NOT_UTF8 = '\uFFFD';

export interface SourceFile {
  /** The path below the folder, with `/`. */
  path: string;
  /** Changes when the file does. */
  stamp: string;
}

/** Every file but the heartbeats, sorted by path, with its stamp; and what else is there, which holds no data. */
export async function lookThrough(
  folder: string,
): Promise<{ files: SourceFile[]; leftOut: string[] }> {
  const files: SourceFile[] = [];
  const leftOut: string[] = [];
  for await (const { path, without } of walk(folder)) {
    if (without === undefined) files.push({ path, stamp: await stampOf(join(folder, path)) });
    else leftOut.push(`${path} (${without})`);
  }
  const sorted = files.sort((one, other) => (one.path < other.path ? -1 : 1));
  return { files: sorted, leftOut: leftOut.sort() };
}

export async function filesIn(folder: string): Promise<SourceFile[]> {
  return (await lookThrough(folder)).files;
}

/** The path of every file but the heartbeats, each folder's names in their order. */
export async function* walkFiles(folder: string): AsyncGenerator<string, undefined> {
  for await (const { path, without } of walk(folder)) if (without === undefined) yield path;
  return undefined;
}

interface Found {
  path: string;
  /** What it is, where that is something that holds no data. */
  without?: string;
}

/** A link is refused: its target may be anywhere. */
async function* walk(folder: string, below = ''): AsyncGenerator<Found, undefined> {
  for (const entry of await entriesOf(join(folder, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name.includes(NOT_UTF8)) throw unnamed(join(folder, path));
    if (isHeartbeatFile(path)) continue;
    const without = withoutData(entry);
    if (entry.isDirectory()) yield* walk(folder, path);
    else if (entry.isFile()) yield { path };
    else if (without !== undefined) yield { path, without };
    else {
      const message = `${join(folder, path)} is neither a file nor a folder, and is not backed up; put a copy of what it leads to there`;
      throw new Failure('Unsupported', message);
    }
  }
  return undefined;
}

/** What passes between processes, or stands for a device: as restic does, it is named and left out. */
function withoutData(entry: Dirent): string | undefined {
  if (entry.isSocket()) return 'a socket';
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isBlockDevice() || entry.isCharacterDevice()) return 'a device';
  return undefined;
}

/** Throws Unavailable when the folder is not what it was: another attempt may find it at rest. */
export async function checkAtRest(folder: string, before: readonly SourceFile[]): Promise<void> {
  const now = new Map((await filesIn(folder)).map(({ path, stamp }) => [path, stamp]));
  const changed = before.filter(({ path, stamp }) => now.get(path) !== stamp);
  const known = new Set(before.map(({ path }) => path));
  const added = [...now.keys()].filter((path) => !known.has(path));
  const all = [...changed.map(({ path }) => path), ...added];
  if (all.length === 0) return;
  throw new Failure(
    'Unavailable',
    `${folder} changed while it was read (${all.slice(0, 5).join(', ')}): a copy would be of two moments. It is tried again; write new generations beside the live one to have none of this.`,
  );
}

/**
 * The bytes of a file below a folder, whoever exchanges what leads there meanwhile: root reads nothing elsewhere for its owner.
 * `opened` is told what it is that is read.
 */
export async function* readChunks(
  folder: string,
  path: string,
  { signal }: Waiting,
  opened: (stats: Stats) => void = () => undefined,
): Bytes {
  try {
    const handle = await openFile(folder, path);
    opened(await handle.stat());
    yield* handleChunks(handle, signal);
  } catch (error) {
    if (textAt(error, 'syscall') === undefined) throw error;
    throw unreadable(join(folder, path), error);
  }
}

async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** Changes when the file does. */
export async function stampOf(file: string): Promise<string> {
  const stats = await lstat(file, { bigint: true }).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  return stampFrom(stats);
}

function stampFrom({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino}-${size}-${mtimeNs}-${ctimeNs}`;
}

function unnamed(path: string): Failure {
  const message = `${path}: the name is no UTF-8 (the odd character stands for what is not), and cannot be kept; rename it`;
  return new Failure('Unsupported', message);
}

function unreadable(file: string, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  return new Failure('Unavailable', `reading ${file}: ${said}. Is it there, and readable for me?`);
}
