// The data folder of an `up`: made, tried, locked, and the small files that say what runs.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  isAlive,
  ownIdentity,
  processIdentity,
  type ProcessIdentity,
} from '../machine/process-identity.ts';
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

/** Makes the folder and what belongs into it; returns its absolute path. */
export function prepareDataFolder(data: string): string {
  const path = resolve(data);
  try {
    makeFolder(path);
    requireOwnFolder(path);
    for (const folder of FOLDERS) makeFolder(join(path, folder));
    const trial = join(path, `.trial-${process.pid}`);
    writeFileSync(trial, 'x');
    rmSync(trial);
  } catch (error) {
    const reason = REASONS[errorCode(error) ?? ''] ?? sentence(error);
    throw new StartFailure(
      2,
      `cannot write to the data folder ${path}: ${reason}; name another one with --data`,
    );
  }
  return path;
}

/** What lies in the folder says which processes to end: it must be nobody else's. A container's root has others' volumes. */
function requireOwnFolder(path: string): void {
  const { uid, mode } = statSync(path);
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && uid !== own) {
    throw new Error(`it belongs to user ${uid}, and this is user ${own}`);
  }
  if ((mode & 0o022) !== 0) chmodSync(path, mode & 0o7755);
}

/** Makes parents one by one: by `recursive`, Node 20 tries for ever where one refuses with ENOENT (as below /proc). */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(path);
  if (!existsSync(parent) && parent !== path) makeFolder(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** Writes the file whole or not at all, also for somebody who reads it meanwhile. */
export function writeJson(path: string, value: unknown): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(value, null, 2) + '\n', { mode: 0o600 });
  renameSync(temporary, path);
}

/** The parsed file; undefined when it is missing, half written, or not of this schema. */
export function readJson<T>(path: string, schema: z.ZodType<T>): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export interface Lock {
  release(): void;
}

/** Takes `<data>/up.lock`; a lock whose holder is gone is taken over. Throws StartFailure (6). */
export function lockDataFolder(data: string): Lock {
  const lock = join(data, 'up.lock');
  const own = ownIdentity();
  const mine = `${lock}.${own.pid}`;
  writeFileSync(mine, JSON.stringify(own), { mode: 0o600 });
  try {
    for (;;) {
      if (tryLink(mine, lock)) {
        const release = () => {
          releaseLock(lock, own);
        };
        return { release };
      }
      takeAside(lock, data, `${mine}.stale`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Makes a hard link, which one process only can do; false when the link is there already. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function takeAside(lock: string, data: string, aside: string): void {
  refuseIfAlive(readJson(lock, processIdentity), data);
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  // Another `up` may have taken it over between the look and the rename: then it gets it back.
  const taken = readJson(aside, processIdentity);
  if (taken && isAlive(taken)) tryLink(aside, lock);
  rmSync(aside, { force: true });
  refuseIfAlive(taken, data);
}

function refuseIfAlive(holder: ProcessIdentity | undefined, data: string): void {
  if (!holder || !isAlive(holder)) return;
  throw new StartFailure(
    6,
    `another \`fairlead up\` (pid ${holder.pid}) runs on ${data}; use it, stop it with Ctrl-C or kill ${holder.pid}, or name another folder with --data`,
  );
}

function releaseLock(lock: string, own: ProcessIdentity): void {
  const holder = readJson(lock, processIdentity);
  if (holder?.pid === own.pid && holder.startTime === own.startTime) rmSync(lock, { force: true });
}
