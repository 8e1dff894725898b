// The data folder of an `up`: made, tried, locked, and the small files that say what runs.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { isOurs } from '../machine/own-file.ts';
import { lockFile, type Locking } from '../machine/lock-file.ts';
import type { Say } from './download.ts';
import { errorCode, sentence, StartFailure } from './start-failure.ts';

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file',
  ENOSPC: 'the disk is full',
};

const FOLDERS = ['host', 'reports', 'logs'];

/**
 * Makes the folder and what belongs into it; returns its absolute path. `named`: somebody chose it, so it may be a link, and
 * a container's root may keep its data in another user's volume. The default one is whatever lies where `up` was started.
 */
export function prepareDataFolder(
  data: string,
  { named = false, say }: { named?: boolean; say?: Say } = {},
): string {
  let path = resolve(data);
  try {
    makeFolder(path);
    if (named) path = realpathSync(path);
    requireOwnFolder(path, named, say);
    requireOwnPlace(path);
    for (const name of FOLDERS) {
      makeFolder(join(path, name));
      requireOwnFolder(join(path, name), named, say);
    }
    const trial = join(path, `.trial-${process.pid}`);
    writeFileSync(trial, 'x');
    rmSync(trial);
  } catch (error) {
    throw new StartFailure(
      2,
      `cannot write to the data folder ${path}: ${reasonOf(error)}; name another one with --data`,
    );
  }
  return path;
}

function reasonOf(error: unknown): string {
  return REASONS[errorCode(error) ?? ''] ?? sentence(error);
}

/**
 * What lies in the folder says which processes to end, and links in it lead where it is written to: it must be nobody else's. Nor
 * is it for others to read, services that run as somebody else among them: one that is wider is narrowed.
 */
function requireOwnFolder(path: string, named: boolean, say?: Say): void {
  const found = lstatSync(path);
  const { uid, mode } = found;
  if (found.isSymbolicLink()) throw new Error(`${path} is a link, and could lead elsewhere later`);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own && !(named && own === 0)) {
    throw new Error(`${path} belongs to user ${uid}, and this is user ${own}`);
  }
  close(path, mode, say);
  if ((mode & 0o002) === 0 || readdirSync(path).length === 0) return;
  throw new Error(
    `everybody could write to ${path}, and what lies in it may be anybody's; empty it`,
  );
}

function close(path: string, mode: number, say?: Say): void {
  if ((mode & 0o077) === 0) return;
  chmodSync(path, mode & 0o7700);
  const was = (mode & 0o777).toString(8);
  say?.(`closed ${path} to other users (its mode was ${was}): what is in it is this user's alone`);
}

/** Whoever may write to the folder above, where it is not sticky (as /tmp is), could put another one in the place of this one. */
function requireOwnPlace(path: string): void {
  const above = dirname(path);
  const { mode } = statSync(above);
  if ((mode & 0o002) === 0 || (mode & 0o1000) !== 0) return;
  throw new Error(`everybody may write to ${above}, and so exchange ${path}`);
}

/** Makes parents one by one: by `recursive`, Node 20 tries for ever where one refuses with ENOENT (as below /proc). */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(path);
  if (!existsSync(parent) && parent !== path) makeFolder(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** Writes a JSON file as `writeWhole` does. */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, JSON.stringify(value, null, 2) + '\n');
}

/** Writes a file whole or not at all, also for somebody who reads it meanwhile; a link in its place is replaced, not followed. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, path);
}

/**
 * The parsed file; undefined when it is missing, half written, not of this schema, or another user's, who could have
 * processes of his choice adopted or ended.
 */
export function readJson<T>(path: string, schema: z.ZodType<T>): T | undefined {
  if (!isOurs(path)) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Takes `<data>/up.lock`; a lock whose holder is gone is taken over. Throws StartFailure (6). */
export function lockDataFolder(data: string): { release: () => void } {
  const path = join(data, 'up.lock');
  const taken = tryLocking(path);
  if ('release' in taken) return taken;
  const { pid } = taken.holder;
  throw new StartFailure(
    6,
    `another \`fairlead up\` (pid ${pid}) runs on ${data}; use it, stop it with Ctrl-C or kill ${pid}, or name another folder with --data`,
  );
}

function tryLocking(path: string): Locking {
  try {
    return lockFile(path);
  } catch (error) {
    throw new StartFailure(
      2,
      `cannot take the lock ${path}: ${reasonOf(error)}; where it is another user's, run as that user, or name another folder with --data`,
    );
  }
}
