// What is in a folder of files: which there are, and whether one changed while it was read.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BigIntStats } from 'node:fs';
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { fileChunks } from '../../machine/file-chunks.ts';
import { isHeartbeatFile } from './heartbeat.ts';

/** The character that Node puts in for bytes that are no UTF-8. */
const NOT_UTF8 = '\uFFFD';

export interface SourceFile {
  /** The path below the folder, with `/`. */
  path: string;
  /** Changes when the file does. */
  stamp: string;
}

/** Every file but the heartbeats, sorted by path, with its stamp. */
export async function filesIn(folder: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const path of walkFiles(folder)) {
    files.push({ path, stamp: await stampOf(join(folder, path)) });
  }
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/**
 * The path of every file but the heartbeats, each folder's names in their order. What is neither a file nor a folder is
 * refused: a link's target may be anywhere.
 */
export async function* walkFiles(folder: string, below = ''): AsyncGenerator<string, undefined> {
  for (const entry of await entriesOf(join(folder, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name.includes(NOT_UTF8)) throw unnamed(join(folder, path));
    if (isHeartbeatFile(path)) continue;
    if (entry.isDirectory()) yield* walkFiles(folder, path);
    else if (entry.isFile()) yield path;
    else {
      const message = `${join(folder, path)} is neither a file nor a folder, and is not backed up; put a copy of what it leads to there`;
      throw new Failure('Unsupported', message);
    }
  }
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

export async function* readChunks(file: string, { signal }: Waiting): Bytes {
  try {
    yield* fileChunks(file, signal);
  } catch (error) {
    throw textAt(error, 'syscall') === undefined ? error : unreadable(file, error);
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
  const stats = await stat(file, { bigint: true }).catch((error: unknown) => {
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
