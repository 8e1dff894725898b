// Gets one program into the cache: into a folder of its own first, then moved as a whole, so that two at once
// and one that is killed leave a cache that is right. Says how far it is while it works.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { downloadSettings, type Environment } from '../config/environment.ts';
import { whoMayChange } from '../machine/own-file.ts';
import { sentence } from './start-failure.ts';

export type Say = (line: string) => void;

/** What every download needs to know. */
export interface Getting {
  env: Environment;
  say: Say;
  /** Aborts the download. */
  signal: AbortSignal;
}

const PROGRESS_MS = 2000;

export function cacheFolder(env: Environment): string {
  const folder = cacheOf(env);
  if (folder !== undefined) return folder;
  throw new Error('this user has no home folder; set FAIRLEAD_CACHE to a folder for it');
}

function cacheOf(env: Environment): string | undefined {
  const configured = downloadSettings(env).cache;
  if (configured !== undefined) return resolve(configured);
  try {
    return join(env['HOME'] ?? homedir(), '.cache', 'fairlead');
  } catch {
    return undefined; // a user by number only, as containers have
  }
}

/** Throws for a program in the cache that somebody else can have put there. */
export function refuseForeign(program: string, env: Environment): void {
  const cache = cacheOf(env);
  if (cache === undefined || !program.startsWith(`${cache}/`)) return;
  const distrust = whoMayChange(program, cache);
  if (distrust !== undefined) throw new Error(`${distrust}; what lies there is not run`);
}

/** With a cache in the data folder for a user without a home, or with one that cannot be written to. */
export function withCache(env: Environment, data: string): Environment {
  const folder = cacheOf(env);
  if (downloadSettings(env).cache !== undefined || (folder !== undefined && canBe(folder)))
    return env;
  return { ...env, FAIRLEAD_CACHE: join(data, 'cache') };
}

function canBe(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return true;
  } catch {
    return false;
  }
}

/**
 * Fills the folder `target` by `fetch`, which gets an empty folder and puts `program` into it.
 * Returns the path of the program in the cache.
 */
export async function intoCache(
  target: string,
  program: string,
  say: Say,
  fetch: (folder: string) => Promise<void>,
): Promise<string> {
  mkdirSync(resolve(target, '..'), { recursive: true, mode: 0o755 });
  const folder = mkdtempSync(`${target}.part-`);
  const started = performance.now();
  const progress = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    say(`  ... ${megabytes(sizeOf(folder))} MB after ${seconds} s`);
  }, PROGRESS_MS);
  try {
    await fetch(folder);
    // Throws when the program is not there, and then nothing is moved.
    const { size } = statSync(join(folder, program));
    writeFileSync(join(folder, digestFile(program)), await digestOf(join(folder, program)));
    moveInto(folder, target, program);
    say(`  done: ${megabytes(size)} MB in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return join(target, program);
  } finally {
    clearInterval(progress);
    rmSync(folder, { recursive: true, force: true });
  }
}

function moveInto(folder: string, target: string, program: string): void {
  try {
    renameSync(folder, target);
  } catch (error) {
    // Another download was first, and its program is as good. A folder without the program is a leftover.
    if (isThere(join(target, program))) return;
    rmSync(target, { recursive: true, force: true });
    try {
      renameSync(folder, target);
    } catch {
      if (!isThere(join(target, program))) throw error;
    }
  }
}

export function isThere(path: string): boolean {
  try {
    return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
  } catch {
    return false; // a folder of PATH that this user may not look into
  }
}

/** Whether a program in the cache is the one that was put there: it has one of the `pinned` digests, or, without any, that of its download. */
export async function isIntact(path: string, pinned: readonly string[] = []): Promise<boolean> {
  const known = pinned.length > 0 ? pinned : [recordedDigest(path)];
  return known.includes(await digestOf(path));
}

function recordedDigest(path: string): string {
  try {
    return readFileSync(digestFile(path), 'utf8').trim();
  } catch {
    return 'none';
  }
}

function digestFile(program: string): string {
  return `${program}.sha256`;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function sizeOf(folder: string): number {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return names.reduce(
      (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch {
    return 0; // A file went away while it was counted.
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(0);
}

/** Runs a program to its end; throws with the last lines that it wrote. */
export async function run(
  command: string,
  args: string[],
  options: { env: Environment; timeoutMs: number; signal?: AbortSignal },
): Promise<string> {
  return new Promise((done, fail) => {
    execFile(
      command,
      args,
      {
        env: { ...options.env },
        timeout: options.timeoutMs,
        maxBuffer: 16 * 1024 * 1024,
        ...(options.signal && { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        if (!error) {
          done(stdout);
          return;
        }
        const late = error.killed === true ? `no end after ${options.timeoutMs / 1000} s` : '';
        const said = (stderr.trim() || stdout.trim()).split('\n').slice(-3).join(' ').trim();
        fail(new Error([late, said].filter(Boolean).join(': ') || sentence(error)));
      },
    );
  });
}
