// Room on a disk that is held back: a file of random bytes that is given up once the disk is full, so that a few small files
// which must be written then can be. A promise of chance: whatever else fills the disk may take that room first.
import { randomBytes } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { textAt } from '../domain/json.ts';
import { keepFile } from './keep-file.ts';

/** Bytes: many times what a local host writes at its start. */
const HELD_BACK = 1024 * 1024;
const CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Whether what the file system threw says that a disk, or the share of a user of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return CODES.has(textAt(error, 'code') ?? '');
}

export class DiskReserve {
  readonly #path: string;
  readonly #bytes: number;

  constructor(path: string, bytes = HELD_BACK) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** Holds the room back where it is not, as soon as there is as much again besides. Never throws: without it all goes on as well. */
  async hold(): Promise<void> {
    if (this.#isHeld()) return;
    try {
      const { bavail, bsize } = await statfs(dirname(this.#path));
      if (bavail * bsize < 2 * this.#bytes) return;
      // Random, for a file system that compresses would hold nothing back.
      await keepFile(this.#path, randomBytes(this.#bytes), {
        mode: 0o600,
        draft: `${this.#path}.tmp`,
      });
    } catch {
      // The next call tries again.
    }
  }

  /** `work`, and once more with the room that was held back where the disk is full. */
  async spend<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!this.#giveUp(error)) throw error;
      return await work();
    }
  }

  /** The same for what does not wait. */
  spendSync<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!this.#giveUp(error)) throw error;
      return work();
    }
  }

  /** True when there is room now that was not there when `error` was thrown. */
  #giveUp(error: unknown): boolean {
    if (!isDiskFull(error) || !this.#isHeld()) return false;
    rmSync(this.#path, { force: true });
    return true;
  }

  #isHeld(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false }) !== undefined;
  }
}
