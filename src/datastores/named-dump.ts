// Looks at a dump that somebody named before its tool does: is it there, is it anything, is it of the right format. What
// a file says is never quoted: it may be any file of the machine.
import { open, stat } from 'node:fs/promises';
import type { Locale, Rights } from '../domain/backup/backup.ts';
import { Failure } from '../domain/failure.ts';
import { textAt } from '../domain/json.ts';

/** What a file or folder that somebody named holds. */
export interface Named {
  /** `file` is absolute; `name` and `path` as in a backup's objects. */
  objects: { name: string; file: string; path?: string; rights?: Rights }[];
  folders?: Record<string, Rights>;
  /** Versions, as in a manifest. */
  tools: Record<string, string>;
  locale?: Locale;
  /** For people: `3 tables of data`. */
  holds: string;
}

/** Archives and texts that people take for dumps. */
const KNOWN: readonly [at: number, magic: string, is: string][] = [
  [0, '\x1f\x8b', 'is compressed by gzip; unpack it first'],
  [0, '\x28\xb5\x2f\xfd', 'is compressed by zstd; unpack it first'],
  [0, '\xfd7zXZ', 'is compressed by xz; unpack it first'],
  [0, 'BZh', 'is compressed by bzip2; unpack it first'],
  [0, 'PK\x03\x04', 'is a zip archive; unpack it first'],
  [0, 'age-encryption.org/', 'is encrypted by age; decrypt it first'],
  [257, 'ustar', 'is a tar archive; unpack it, or dump with --format=custom'],
  [0, '--\n-- PostgreSQL database', 'is a dump in plain text; dump with --format=custom'],
];
const HEAD = 512;

/** Checks a dump that is one file, whose first bytes are `magic`. `kind` is what it has to be: `a dump of Redis`. */
export async function checkDump(file: string, magic: string, kind: string): Promise<void> {
  const stats = await thereAt(file);
  if (stats.isDirectory()) {
    throw new Failure('Unsupported', `${file} is a folder, and ${kind} is one file`);
  }
  if (!stats.isFile()) throw new Failure('Unsupported', `${file} is no file`);
  const head = await headOf(file);
  if (head === '') {
    throw new Failure('CheckFailed', `${file} is empty: whatever made it wrote nothing`);
  }
  if (head.startsWith(magic)) return;
  const known = KNOWN.find(([at, start]) => head.startsWith(start, at));
  if (known !== undefined) throw new Failure('Unsupported', `${file} ${known[2]}`);
  throw new Failure('CheckFailed', `${file} does not begin as ${kind} does`);
}

/** Throws NotFound, and Refused where the worker may not look. */
export async function thereAt(file: string) {
  return stat(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
}

async function headOf(file: string): Promise<string> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await handle.close();
  }
}

function unreadable(file: string, error: unknown): Failure {
  const code = textAt(error, 'code') ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const message = `there is no ${file} on the worker's machine; the path is the worker's, absolute or inside the system's folder`;
    return new Failure('NotFound', message);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Failure('Refused', `${file} may not be read by the worker (${code}); let it`);
  }
  const said = error instanceof Error ? error.message : String(error);
  return new Failure('Unavailable', `reading ${file}: ${said}`);
}
